//! `github-package-tauri`: packages on GitHub Actions.

use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::github::commands::{self, BranchArgs, Start};

/// Package the Tauri shell on GitHub Actions. The branch is taken as it is there; the run's id is printed.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cargo xtask github-package-tauri main --watch\n  cargo xtask github-package-tauri --watch --run 19876543210"
)]
pub(crate) struct Args {
    #[command(flatten)]
    branch: BranchArgs,
    /// Follow the run to its end; its result is the command's.
    #[arg(long)]
    watch: bool,
    /// Watch this run instead of starting one.
    #[arg(long, value_name = "RUN_ID", requires = "watch", conflicts_with = "branch")]
    run: Option<u64>,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        commands::package(
            ctx,
            &Start {
                workflow: &ctx.config.github.tauri,
                command: "github-package-tauri",
                branch: &self.branch,
                publish: false,
                watch: self.watch,
                run: self.run,
            },
        )
    }
}
