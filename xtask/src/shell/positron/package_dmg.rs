//! `positron-package-dmg`: a macOS disk image.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};

use crate::base::fault::{Fault, Result};
use crate::shell::positron::{observe, plan};

/// Package the Positron app as a macOS disk image. Signed with the certificate that `CSC_NAME` names, else for this Mac only.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask positron-package-dmg")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        if !plan::can_package_dmg(ctx.host) {
            return Err(Fault::new(format!("a macOS disk image can't be made on {}", ctx.host))
                .hint("run the same command on a Mac; `cargo xtask positron-build` builds the app for this machine"));
        }
        let python = crate::shell::positron::interpreter(ctx)?;
        let facts = observe::facts(ctx);
        finish(ctx, &plan::package_dmg(&ctx.layout, python.as_deref(), &facts)).map(drop)
    }
}
