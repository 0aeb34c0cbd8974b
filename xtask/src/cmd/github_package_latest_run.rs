//! `github-package-latest-run`: the newest successful run.

use clap::Args as ClapArgs;

use super::github::{self, BranchArgs};
use crate::ctx::Ctx;
use crate::fault::Result;

/// Print the id of the newest successful run. Of the workflow of the Electron shell, for a branch or a commit.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cargo xtask github-package-latest-run\n  run=$(cargo xtask github-package-latest-run main)"
)]
pub(crate) struct Args {
    #[command(flatten)]
    branch: BranchArgs,
    /// Exactly this commit, whatever its branch.
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    github::latest_run(ctx, &ctx.config.github.electron, &args.branch, args.commit.as_deref())
}
