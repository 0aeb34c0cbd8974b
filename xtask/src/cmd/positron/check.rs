//! `positron-check`: what can be told about the shell without a window.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::shell::positron;

/// Check the Positron shell. Requirements against the lock file, lint, format, types, and the tests without a window.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask positron-check\n  cargo xtask positron-check --fix")]
pub(crate) struct Args {
    /// Write Briefcase's requirements anew from the backend's lock file.
    #[arg(long)]
    fix: bool,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let interpreter = crate::cmd::interpreter(ctx)?;
    let plan = positron::check(&ctx.layout, interpreter.as_deref(), &super::requirements(ctx)?, args.fix);
    exec::finish(ctx, &plan).map(drop)
}
