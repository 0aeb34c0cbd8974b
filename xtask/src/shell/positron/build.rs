//! `positron-build`: the program that Briefcase makes of it.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::shell::positron::{observe, plan};

/// Build the Positron app with Briefcase. Creates it first where that was not done yet.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask positron-build")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let python = crate::shell::positron::interpreter(ctx)?;
        let facts = observe::facts(ctx);
        let plan = plan::briefcase(&ctx.layout, python.as_deref(), &facts, &["build", "--update"]);
        finish(ctx, &plan).map(drop)
    }
}
