//! `positron-check`: what can be told about the shell without a window.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::shell::positron::plan;

/// Check the Positron shell. Requirements against the lock file, lint, format, types, and the tests without a window.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask positron-check\n  cargo xtask positron-check --fix")]
pub(crate) struct Args {
    /// Write Briefcase's requirements anew from the backend's lock file.
    #[arg(long)]
    fix: bool,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let interpreter = crate::base::uv::interpreter(ctx)?;
        let plan =
            plan::check(&ctx.layout, interpreter.as_deref(), &crate::shell::positron::requirements(ctx)?, self.fix);
        finish(ctx, &plan).map(drop)
    }
}
