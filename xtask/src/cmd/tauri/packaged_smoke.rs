//! `tauri-packaged-smoke`: does the packaged app come up at all?

use clap::Args as ClapArgs;

use crate::cmd::packaged_stage;
use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::shell::tauri;

/// See whether the Tauri shell comes up on the staged backend. It quits when its page has loaded; anything else than that page is a failure.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask tauri-packaged-smoke")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    packaged_stage::stage(ctx)?;
    exec::finish(ctx, &tauri::packaged_start(&ctx.config, &ctx.layout, true)).map(drop)
}
