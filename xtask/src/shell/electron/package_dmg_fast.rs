//! `electron-package-dmg-fast`: a disk image of what is staged, for a look at the packaging alone.

use clap::Args as ClapArgs;

use crate::base::ctx::{Ctx, Run};

use crate::base::fault::{Fault, Result};
use crate::shell::electron::plan::Target;
use crate::stage::staged;

/// Package what is staged as an unsigned macOS disk image. Nothing is staged; a stage that is not whole is refused.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask electron-package-dmg-fast")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        refuse_incomplete_stage(ctx)?;
        crate::shell::electron::package_dmg::only_on_macos(ctx)?;
        crate::shell::electron::package_staged(ctx, Target::UnsignedDmg, &[])
    }
}

fn refuse_incomplete_stage(ctx: &Ctx) -> Result<()> {
    let findings = staged::verify(ctx)?;
    if findings.wrong.is_empty() {
        return Ok(());
    }
    let fault = Fault::new(format!("{} is not whole", ctx.layout.staged_backend()));
    Err(findings.wrong.iter().fold(fault, Fault::because).hint("run `cargo xtask packaged-stage`"))
}
