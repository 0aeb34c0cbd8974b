//! `packaged-smoke`: does the packaged app come up at all?

use clap::Args as ClapArgs;

use crate::cmd::packaged_stage;
use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::electron;
use crate::{exec, probe};

/// Start the packaged app and quit when its page has loaded. Anything else than that page is a failure.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask packaged-smoke")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    packaged_stage::stage(ctx)?;
    exec::finish(ctx, &electron::packaged_start(&ctx.layout, &probe::electron::facts(ctx)?, true)).map(drop)
}
