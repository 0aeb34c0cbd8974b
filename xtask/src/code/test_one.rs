//! `test-one`: one test, whichever language it is written in.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::code::plan;

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

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let interpreter = crate::base::uv::interpreter(ctx)?;
        finish(ctx, &plan::test_one(&ctx.layout, interpreter.as_deref(), &self.target, &self.rest)).map(drop)
    }
}
