//! `format`: one layout for all code.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::plan::code;

/// Format the code: rustfmt and ruff.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask format --check")]
pub(crate) struct Args {
    /// Change nothing; fail where something is not formatted.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    exec::finish(ctx, &code::format(&ctx.layout, interpreter.as_deref(), args.check)).map(drop)
}
