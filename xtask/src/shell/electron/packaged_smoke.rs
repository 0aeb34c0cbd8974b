//! `packaged-smoke`: does the packaged app come up at all?

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::shell::electron::{observe, plan};
use crate::stage::packaged_stage;

/// Start the packaged app and quit when its page has loaded. Anything else than that page is a failure.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask packaged-smoke")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        packaged_stage::stage(ctx)?;
        finish(ctx, &plan::packaged_start(&ctx.layout, &observe::facts(ctx)?, true)).map(drop)
    }
}
