//! `positron-install`: the shell's own environment.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::shell::positron::{observe, plan};

/// Install what the Positron shell needs. Exactly what the backend's lock file says.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask positron-install")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let python = crate::shell::positron::interpreter(ctx)?;
        let facts = observe::facts(ctx);
        let plan = plan::install(&ctx.layout, python.as_deref(), &facts);
        finish(ctx, &plan).map(drop)
    }
}
