//! `install`: sets up everything that development needs.

use clap::Args as ClapArgs;

use crate::base::act::{Plan, finish};
use crate::base::backend;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

/// Set up the development environment of the backend.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask install")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let interpreter = crate::base::uv::interpreter(ctx)?;
        finish(ctx, &Plan::new().run(backend::sync(&ctx.layout, interpreter.as_deref()))).map(drop)
    }
}
