//! `typecheck`: types of the Python, Rust and JavaScript code.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::code::plan;
use crate::shell::electron::observe;

/// Check types. mypy in strict mode over the backend, `cargo check` over the tool, `tsc` over the Electron shell.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask typecheck")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let interpreter = crate::base::uv::interpreter(ctx)?;
        let shell = observe::facts(ctx)?;
        finish(ctx, &plan::typecheck(&ctx.layout, interpreter.as_deref(), &shell)).map(drop)
    }
}
