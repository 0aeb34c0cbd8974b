//! `github-package-tauri-download`: the packages of one run.

use clap::Args as ClapArgs;

use super::github::{self, DownloadArgs};
use crate::ctx::Ctx;
use crate::fault::Result;

/// Download the packages of a run. They are those of the Tauri shell, checked; their folder is printed.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask github-package-tauri-download 19876543210")]
pub(crate) struct Args {
    #[command(flatten)]
    download: DownloadArgs,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    github::download(ctx, &ctx.config.github.tauri, &args.download)
}
