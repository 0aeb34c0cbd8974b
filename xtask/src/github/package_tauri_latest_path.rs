//! `github-package-tauri-latest-path`: where the newest download is.

use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::github::commands;

/// Print the folder of the newest download. Of the Tauri shell; works without a network.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask github-package-tauri-latest-path")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        commands::latest_path(ctx, &ctx.config.github.tauri, "github-package-tauri-download-latest")
    }
}
