//! `tauri-test`: the shell's own tests.

use clap::Args as ClapArgs;

use crate::cmd::packaged_stage;
use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::shell::tauri;

/// Test the Tauri shell. The backend is staged first; windows are opened where there is a display server for tests.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask tauri-test")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    packaged_stage::stage(ctx)?;
    exec::finish(ctx, &tauri::test(&ctx.config, &ctx.layout, None)).map(drop)
}
