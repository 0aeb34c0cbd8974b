//! `docs-serve`: the documentation while it is being written.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::code::docs_plan;

/// Serve the documentation, rebuilt on each change: on <http://127.0.0.1:8002>; Ctrl-C ends it.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask docs-serve --port 8010")]
pub(crate) struct Args {
    /// The port.
    #[arg(long, default_value_t = 8002)]
    port: u16,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let python = crate::base::uv::interpreter_of(ctx, &ctx.layout.docs_venv())?;
        finish(ctx, &docs_plan::serve(&ctx.layout, crate::code::docs::facts(ctx, python.as_deref()), self.port))
            .map(drop)
    }
}
