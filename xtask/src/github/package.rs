//! `github-package`: packages on GitHub Actions.

use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::github::commands::{self, BranchArgs, Start};

/// Package the Electron shell on GitHub Actions. The branch is taken as it is there; the run's id is printed.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cargo xtask github-package main --publish --watch\n  cargo xtask github-package --watch --run 19876543210"
)]
pub(crate) struct Args {
    #[command(flatten)]
    branch: BranchArgs,
    /// Let the workflow publish a release.
    #[arg(long)]
    publish: bool,
    /// Follow the run to its end; its result is the command's.
    #[arg(long)]
    watch: bool,
    /// Watch this run instead of starting one.
    #[arg(long, value_name = "RUN_ID", requires = "watch", conflicts_with_all = ["branch", "publish"])]
    run: Option<u64>,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        commands::package(
            ctx,
            &Start {
                workflow: &ctx.config.github.electron,
                command: "github-package",
                branch: &self.branch,
                publish: self.publish,
                watch: self.watch,
                run: self.run,
            },
        )
    }
}
