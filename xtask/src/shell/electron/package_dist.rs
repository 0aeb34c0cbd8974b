//! `package-dist`: installers for people.

use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::shell::electron::plan::Target;

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

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        crate::shell::electron::package(ctx, Target::Installers, self.allow_host_python, &self.rest)
    }
}
