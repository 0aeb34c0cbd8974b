//! `typecheck`: types of the Python and Rust code.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::plan::code;

/// Check types: mypy in strict mode over the backend, `cargo check` over the tool.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask typecheck")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    exec::finish(ctx, &code::typecheck(&ctx.layout, interpreter.as_deref())).map(drop)
}
