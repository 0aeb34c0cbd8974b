//! `github-package-tauri-latest-path`: where the newest download is.

use clap::Args as ClapArgs;

use super::github;
use crate::ctx::Ctx;
use crate::fault::Result;

/// Print the folder of the newest download. Of the Tauri shell; works without a network.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask github-package-tauri-latest-path")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    github::latest_path(ctx, &ctx.config.github.tauri, "github-package-tauri-download-latest")
}
