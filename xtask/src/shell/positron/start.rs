//! `positron-start`: the window, with the packaged settings.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::shell::positron::{observe, plan};

/// Start the Positron shell. It runs the app in its own process, always with the packaged settings.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask positron-start")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let python = crate::shell::positron::interpreter(ctx)?;
        let facts = observe::facts(ctx);
        let plan = plan::start(&ctx.config, &ctx.layout, python.as_deref(), &facts, false);
        finish(ctx, &plan).map(drop)
    }
}
