//! `positron-smoke`: does the shell come up at all?

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::positron;
use crate::{exec, probe};

/// Start the Positron shell and quit when its page has loaded. Anything else than that page is a failure.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  xvfb-run -a cargo xtask positron-smoke")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let python = super::interpreter(ctx)?;
    let facts = probe::positron::facts(ctx);
    let plan = positron::start(&ctx.config, &ctx.layout, python.as_deref(), &facts, true);
    exec::finish(ctx, &plan).map(drop)
}
