//! `electron-install`: the shell's packages and Electron itself.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::shell::electron::{observe, plan};

/// Install what the Electron shell needs. Exactly what its lock file says.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask electron-install")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        finish(ctx, &plan::install(&observe::facts(ctx)?)).map(drop)
    }
}
