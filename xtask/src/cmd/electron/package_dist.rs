//! `package-dist`: installers for people.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::electron::Target;

/// Package the Electron shell for this machine's system. Stages first, prints the packages, writes their checksums.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask package-dist\n  cargo xtask package-dist -- --linux tar.gz")]
pub(crate) struct Args {
    /// Allow a Python that was copied from this machine although CI is set.
    #[arg(long)]
    allow_host_python: bool,
    /// Arguments for electron-builder; a target among them replaces the usual ones.
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    super::package(ctx, Target::Installers, args.allow_host_python, &args.rest)
}
