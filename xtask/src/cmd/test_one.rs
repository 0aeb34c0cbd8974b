//! `test-one`: one test, whichever language it is written in.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::plan::code;

/// Run one test: a Python file or node id, a JavaScript test file, or (part of) the name of a Rust test.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cargo xtask test-one backend/tests/test_items.py::test_create\n  cargo xtask test-one stage_is_whole_after_kills"
)]
pub(crate) struct Args {
    /// What to run.
    target: String,
    /// Arguments for pytest, `cargo test` or `node --test`.
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    exec::finish(ctx, &code::test_one(&ctx.layout, interpreter.as_deref(), &args.target, &args.rest)).map(drop)
}
