//! `electron-package-dmg`: a macOS disk image.

use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};

use crate::base::fault::{Fault, Result};
use crate::base::host::Os;
use crate::shell::electron::plan::Target;

/// Package the Electron shell as a macOS disk image. Stages first; signs where signing inputs are set.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask electron-package-dmg")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        only_on_macos(ctx)?;
        crate::shell::electron::package(ctx, Target::Dmg, true, &[])
    }
}

/// Disk images are made with macOS's own hdiutil.
pub(crate) fn only_on_macos(ctx: &Ctx) -> Result<()> {
    if ctx.host.os == Os::MacOs {
        return Ok(());
    }
    Err(Fault::new(format!("a macOS disk image can't be made on {}", ctx.host))
        .hint("run the same command on a Mac, or package for this machine with `cargo xtask package-dist`"))
}
