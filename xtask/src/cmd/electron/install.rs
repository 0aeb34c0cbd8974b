//! `electron-install`: the shell's packages and Electron itself.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::electron;
use crate::{exec, probe};

/// Install what the Electron shell needs. Exactly what its lock file says.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask electron-install")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    exec::finish(ctx, &electron::install(&probe::electron::facts(ctx)?)).map(drop)
}
