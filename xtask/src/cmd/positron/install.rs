//! `positron-install`: the shell's own environment.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::positron;
use crate::{exec, probe};

/// Install what the Positron shell needs. Exactly what the backend's lock file says.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask positron-install")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let python = super::interpreter(ctx)?;
    let facts = probe::positron::facts(ctx);
    let plan = positron::install(&ctx.layout, python.as_deref(), &facts);
    exec::finish(ctx, &plan).map(drop)
}
