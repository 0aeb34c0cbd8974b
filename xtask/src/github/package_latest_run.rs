//! `github-package-latest-run`: the newest successful run.

use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::github::commands::{self, LatestArgs};

/// Print the id of the newest successful run. Of the workflow of the Electron shell, for a branch or a commit.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cargo xtask github-package-latest-run\n  run=$(cargo xtask github-package-latest-run main)"
)]
pub(crate) struct Args {
    #[command(flatten)]
    latest: LatestArgs,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        commands::latest_run(ctx, &ctx.config.github.electron, &self.latest)
    }
}
