//! `tauri-test`: the shell's own tests.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::shell::tauri::plan;
use crate::stage::packaged_stage;

/// Test the Tauri shell. The backend is staged first; windows are opened where there is a display server for tests.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask tauri-test")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        packaged_stage::stage(ctx)?;
        finish(ctx, &plan::test(&ctx.config, &ctx.layout, None)).map(drop)
    }
}
