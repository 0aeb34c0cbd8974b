//! `install`: sets up everything that development needs.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::plan::backend;
use crate::step::Plan;

/// Set up the development environment of the backend.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask install")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    exec::finish(ctx, &Plan::new().run(backend::sync(&ctx.layout, interpreter.as_deref()))).map(drop)
}
