//! `packaged-start`: the window on the staged backend, as people will have it.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::shell::electron::{observe, plan};
use crate::stage::packaged_stage;

/// Start the Electron shell on the staged backend. The backend is staged first.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask packaged-start")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        packaged_stage::stage(ctx)?;
        finish(ctx, &plan::packaged_start(&ctx.layout, &observe::facts(ctx)?, false)).map(drop)
    }
}
