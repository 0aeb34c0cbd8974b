//! `docs-serve`: the documentation while it is being written.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::plan::docs;

/// Serve the documentation, rebuilt on each change: on <http://127.0.0.1:8002>; Ctrl-C ends it.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask docs-serve --port 8010")]
pub(crate) struct Args {
    /// The port.
    #[arg(long, default_value_t = 8002)]
    port: u16,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let python = super::interpreter_of(ctx, &ctx.layout.docs_venv())?;
    exec::finish(ctx, &docs::serve(&ctx.layout, super::docs::facts(ctx, python.as_deref()), args.port)).map(drop)
}
