//! `positron-build`: the program that Briefcase makes of it.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::positron;
use crate::{exec, probe};

/// Build the Positron app with Briefcase. Creates it first where that was not done yet.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask positron-build")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let python = super::interpreter(ctx)?;
    let facts = probe::positron::facts(ctx);
    let plan = positron::briefcase(&ctx.layout, python.as_deref(), &facts, &["build", "--update"]);
    exec::finish(ctx, &plan).map(drop)
}
