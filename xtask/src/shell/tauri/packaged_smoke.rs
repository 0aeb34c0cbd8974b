//! `tauri-packaged-smoke`: does the packaged app come up at all?

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::shell::tauri::plan;
use crate::stage::packaged_stage;

/// See whether the Tauri shell comes up on the staged backend. It quits when its page has loaded; anything else than that page is a failure.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask tauri-packaged-smoke")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        packaged_stage::stage(ctx)?;
        finish(ctx, &plan::packaged_start(&ctx.config, &ctx.layout, true)).map(drop)
    }
}
