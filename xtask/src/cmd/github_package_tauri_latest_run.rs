//! `github-package-tauri-latest-run`: the newest successful run.

use clap::Args as ClapArgs;

use super::github::{self, LatestArgs};
use crate::ctx::Ctx;
use crate::fault::Result;

/// Print the id of the newest successful run. Of the workflow of the Tauri shell, for a branch or a commit.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cargo xtask github-package-tauri-latest-run\n  run=$(cargo xtask github-package-tauri-latest-run main)"
)]
pub(crate) struct Args {
    #[command(flatten)]
    latest: LatestArgs,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    github::latest_run(ctx, &ctx.config.github.tauri, &args.latest)
}
