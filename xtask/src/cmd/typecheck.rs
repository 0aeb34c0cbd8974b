//! `typecheck`: types of the Python, Rust and JavaScript code.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::plan::code;
use crate::{exec, probe};

/// Check types. mypy in strict mode over the backend, `cargo check` over the tool, `tsc` over the Electron shell.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask typecheck")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    let shell = probe::electron::facts(ctx)?;
    exec::finish(ctx, &code::typecheck(&ctx.layout, interpreter.as_deref(), &shell)).map(drop)
}
