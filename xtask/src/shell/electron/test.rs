//! `electron-test`: the shell's own tests.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::shell::electron::{observe, plan};

/// Test the Electron shell. Electron's own program is not needed.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask electron-test")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let facts = observe::facts(ctx)?;
        finish(ctx, &plan::with_modules(&facts).run(plan::test())).map(drop)
    }
}
