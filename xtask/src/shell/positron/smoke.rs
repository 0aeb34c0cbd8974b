//! `positron-smoke`: does the shell come up at all?

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::shell::positron::{observe, plan};

/// Start the Positron shell and quit when its page has loaded. Anything else than that page is a failure.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  xvfb-run -a cargo xtask positron-smoke")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let python = crate::shell::positron::interpreter(ctx)?;
        let facts = observe::facts(ctx);
        let plan = plan::start(&ctx.config, &ctx.layout, python.as_deref(), &facts, true);
        finish(ctx, &plan).map(drop)
    }
}
