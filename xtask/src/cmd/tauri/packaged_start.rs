//! `tauri-packaged-start`: the window on the staged backend, as people will have it.

use clap::Args as ClapArgs;

use crate::cmd::packaged_stage;
use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::shell::tauri;

/// Start the Tauri shell on the staged backend. The backend is staged first.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask tauri-packaged-start")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    packaged_stage::stage(ctx)?;
    exec::finish(ctx, &tauri::packaged_start(&ctx.config, &ctx.layout, false)).map(drop)
}
