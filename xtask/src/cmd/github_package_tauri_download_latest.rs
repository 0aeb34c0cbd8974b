//! `github-package-tauri-download-latest`: the packages of the newest successful run.

use clap::Args as ClapArgs;

use super::github::{self, DownloadLatestArgs};
use crate::ctx::Ctx;
use crate::fault::Result;

/// Download the packages of the newest run. Those of the Tauri shell, of the newest success on a branch or commit.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask github-package-tauri-download-latest main")]
pub(crate) struct Args {
    #[command(flatten)]
    download: DownloadLatestArgs,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    github::download_latest(ctx, &ctx.config.github.tauri, &args.download)
}
