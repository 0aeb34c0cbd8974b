//! `github-package-tauri-download`: the packages of one run.

use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::github::commands::{self, DownloadArgs};

/// Download the packages of a run. They are those of the Tauri shell, checked; their folder is printed.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask github-package-tauri-download 19876543210")]
pub(crate) struct Args {
    #[command(flatten)]
    download: DownloadArgs,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        commands::download(ctx, &ctx.config.github.tauri, &self.download)
    }
}
