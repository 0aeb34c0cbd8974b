//! `tauri-smoke`: does the app come up from the checkout at all?

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::shell::tauri;

/// See whether the Tauri shell comes up on the development backend. It quits when its page has loaded; anything else than that page is a failure.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask tauri-smoke")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    crate::cmd::interpreter(ctx)?;
    exec::finish(ctx, &tauri::start(&ctx.config, &ctx.layout, true)).map(drop)
}
