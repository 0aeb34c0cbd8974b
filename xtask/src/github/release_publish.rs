//! `github-release-publish`: makes a complete draft public.

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};

use crate::base::fault::{Context, Result};
use crate::github::commands::{self, RepositoryArgs};

/// Publish a complete draft release. Every byte is verified first; published already: says so.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cargo xtask github-release-publish v1.2.3\n  cargo xtask github-release-publish v1.2.3 --notes notes.md"
)]
pub(crate) struct Args {
    /// The release's tag.
    #[arg(value_name = "TAG")]
    tag: String,
    /// A folder with packages that the assets of the same names must be.
    #[arg(long, value_name = "FOLDER")]
    against: Option<Utf8PathBuf>,
    /// A text that the release is published with, for example what `release-notes` wrote.
    #[arg(long, value_name = "FILE")]
    notes: Option<Utf8PathBuf>,
    #[command(flatten)]
    repository: RepositoryArgs,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let read = |path: &Utf8PathBuf| {
            std::fs::read_to_string(ctx.layout.absolute(path)).fault(|| format!("cannot read {path}"))
        };
        let notes = self.notes.as_ref().map(read).transpose()?;
        commands::release(ctx, &self.repository, &self.tag, self.against.clone(), commands::Release::Publish { notes })
    }
}
