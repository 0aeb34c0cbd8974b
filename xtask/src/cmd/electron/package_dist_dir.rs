//! `package-dist-dir`: the packaged program as a folder.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::electron::Target;

/// Package the Electron shell as a folder. Quick to make and to look into.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask package-dist-dir")]
pub(crate) struct Args {
    /// Arguments for electron-builder.
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    super::package(ctx, Target::Folder, true, &args.rest)
}
