//! `github-release-publish`: makes a complete draft public.

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;

use super::github::{self, RepositoryArgs};
use crate::ctx::Ctx;
use crate::fault::{Context, Result};

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

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let read =
        |path: &Utf8PathBuf| std::fs::read_to_string(ctx.layout.absolute(path)).fault(|| format!("cannot read {path}"));
    let notes = args.notes.as_ref().map(read).transpose()?;
    github::release(ctx, &args.repository, &args.tag, args.against.clone(), github::Release::Publish { notes })
}
