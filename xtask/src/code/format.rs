//! `format`: one layout for all code.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::code::plan;

/// Format the code: rustfmt and ruff.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask format --check")]
pub(crate) struct Args {
    /// Change nothing; fail where something is not formatted.
    #[arg(long)]
    check: bool,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let interpreter = crate::base::uv::interpreter(ctx)?;
        finish(ctx, &plan::format(&ctx.layout, interpreter.as_deref(), self.check)).map(drop)
    }
}
