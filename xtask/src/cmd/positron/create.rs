//! `positron-create`: Briefcase's project for this machine's system.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::positron;
use crate::{exec, probe};

/// Create the Positron app with Briefcase. Its template comes from GitHub.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask positron-create")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let python = super::interpreter(ctx)?;
    let facts = probe::positron::facts(ctx);
    let plan = positron::briefcase(&ctx.layout, python.as_deref(), &facts, &["create"]);
    exec::finish(ctx, &plan).map(drop)
}
