//! `positron-package-dmg`: a macOS disk image.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::{Fault, Result};
use crate::shell::positron;
use crate::{exec, probe};

/// Package the Positron app as a macOS disk image. Signed with the certificate that `CSC_NAME` names, else for this Mac only.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask positron-package-dmg")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    if !positron::can_package_dmg(ctx.host) {
        return Err(Fault::new(format!("a macOS disk image can't be made on {}", ctx.host))
            .hint("run the same command on a Mac; `cargo xtask positron-build` builds the app for this machine"));
    }
    let python = super::interpreter(ctx)?;
    let facts = probe::positron::facts(ctx);
    exec::finish(ctx, &positron::package_dmg(&ctx.layout, python.as_deref(), &facts)).map(drop)
}
