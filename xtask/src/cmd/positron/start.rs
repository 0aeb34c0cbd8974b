//! `positron-start`: the window, with the packaged settings.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::positron;
use crate::{exec, probe};

/// Start the Positron shell. It runs the app in its own process, always with the packaged settings.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask positron-start")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let python = super::interpreter(ctx)?;
    let facts = probe::positron::facts(ctx);
    let plan = positron::start(&ctx.config, &ctx.layout, python.as_deref(), &facts, false);
    exec::finish(ctx, &plan).map(drop)
}
