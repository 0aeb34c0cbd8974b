//! `tauri-smoke`: does the app come up from the checkout at all?

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::shell::tauri::plan;

/// See whether the Tauri shell comes up on the development backend. It quits when its page has loaded; anything else than that page is a failure.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask tauri-smoke")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        crate::base::uv::interpreter(ctx)?;
        finish(ctx, &plan::start(&ctx.config, &ctx.layout, true)).map(drop)
    }
}
