//! `tauri-start`: the window while one works on the app.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::shell::tauri::plan;

/// Start the Tauri shell on the development backend.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask tauri-start")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        // The shell runs the backend with uv, which this brings where there is none.
        crate::base::uv::interpreter(ctx)?;
        finish(ctx, &plan::start(&ctx.config, &ctx.layout, false)).map(drop)
    }
}
