//! `github-package-download-latest`: the packages of the newest successful run.

use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::github::commands::{self, DownloadLatestArgs};

/// Download the packages of the newest run. Those of the Electron shell, of the newest success on a branch or commit.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask github-package-download-latest main")]
pub(crate) struct Args {
    #[command(flatten)]
    download: DownloadLatestArgs,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        commands::download_latest(ctx, &ctx.config.github.electron, &self.download)
    }
}
