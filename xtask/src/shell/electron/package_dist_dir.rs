//! `package-dist-dir`: the packaged program as a folder.

use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::shell::electron::plan::Target;

/// Package the Electron shell as a folder. Quick to make and to look into.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask package-dist-dir")]
pub(crate) struct Args {
    /// Arguments for electron-builder.
    #[arg(last = true)]
    rest: Vec<String>,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        crate::shell::electron::package(ctx, Target::Folder, true, &self.rest)
    }
}
