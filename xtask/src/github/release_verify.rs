//! `github-release-verify`: whether a release is complete and right.

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::github::commands::{self, RepositoryArgs};

/// Check that a release is complete and right. Every asset is there and whole, and the update manifests fit.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cargo xtask github-release-verify v1.2.3\n  cargo xtask github-release-verify v1.2.3 --download\n  cargo xtask github-release-verify v1.2.3 --against $(cargo xtask github-package-latest-path)"
)]
pub(crate) struct Args {
    /// The release's tag.
    #[arg(value_name = "TAG")]
    tag: String,
    /// Fetch the assets and hash every byte, also for the SHA-512 of the update manifests.
    #[arg(long)]
    download: bool,
    /// A folder with packages that the assets of the same names must be.
    #[arg(long, value_name = "FOLDER")]
    against: Option<Utf8PathBuf>,
    #[command(flatten)]
    repository: RepositoryArgs,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        commands::release(
            ctx,
            &self.repository,
            &self.tag,
            self.against.clone(),
            commands::Release::Verify { download: self.download },
        )
    }
}
