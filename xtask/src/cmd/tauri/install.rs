//! `tauri-install`: the Tauri command line and the shell's crates.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::shell::tauri;

/// Install what the Tauri shell needs. Exactly what its lock files say.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask tauri-install")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    exec::finish(ctx, &tauri::install()).map(drop)
}
