//! `packaged-start`: the window on the staged backend, as people will have it.

use clap::Args as ClapArgs;

use crate::cmd::packaged_stage;
use crate::ctx::Ctx;
use crate::fault::Result;
use crate::shell::electron;
use crate::{exec, probe};

/// Start the Electron shell on the staged backend. The backend is staged first.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask packaged-start")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    packaged_stage::stage(ctx)?;
    exec::finish(ctx, &electron::packaged_start(&ctx.layout, &probe::electron::facts(ctx)?, false)).map(drop)
}
