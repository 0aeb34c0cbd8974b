//! `lint`: what clippy and ruff have to say.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::plan::code;

/// Run the linters: clippy over the tool, ruff over the backend. Any finding fails.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask lint")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    exec::finish(ctx, &code::lint(&ctx.layout, interpreter.as_deref())).map(drop)
}
