//! `tauri-install`: the Tauri command line and the shell's crates.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::shell::tauri::plan;

/// Install what the Tauri shell needs. Exactly what its lock files say.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask tauri-install")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        finish(ctx, &plan::install()).map(drop)
    }
}
