//! `tauri-start`: the window while one works on the app.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::shell::tauri;

/// Start the Tauri shell on the development backend.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask tauri-start")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    // The shell runs the backend with uv, which this brings where there is none.
    crate::cmd::interpreter(ctx)?;
    exec::finish(ctx, &tauri::start(&ctx.config, &ctx.layout, false)).map(drop)
}
