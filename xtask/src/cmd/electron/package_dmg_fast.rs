//! `electron-package-dmg-fast`: a disk image of what is staged, for a look at the packaging alone.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::{Fault, Result};
use crate::probe;
use crate::shell::electron::Target;

/// Package what is staged as an unsigned macOS disk image. Nothing is staged; a stage that is not whole is refused.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask electron-package-dmg-fast")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    refuse_incomplete_stage(ctx)?;
    super::package_dmg::only_on_macos(ctx)?;
    super::package_staged(ctx, Target::UnsignedDmg, &[])
}

fn refuse_incomplete_stage(ctx: &Ctx) -> Result<()> {
    let findings = probe::stage::verify(ctx)?;
    if findings.wrong.is_empty() {
        return Ok(());
    }
    let fault = Fault::new(format!("{} is not whole", ctx.layout.staged_backend()));
    Err(findings.wrong.iter().fold(fault, Fault::because).hint("run `cargo xtask packaged-stage`"))
}
