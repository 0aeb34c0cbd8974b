//! `backend-dev`: the backend alone, for work in a browser.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::plan::backend;
use crate::step::Plan;

/// Serve the backend on <http://127.0.0.1:8000> with the development settings; Ctrl-C ends it.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask migrate && cargo xtask backend-dev")]
pub(crate) struct Args {
    /// The port.
    #[arg(long, default_value_t = 8000)]
    port: u16,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    let address = format!("127.0.0.1:{}", args.port);
    let serve = backend::manage(&ctx.config, &ctx.layout, interpreter.as_deref(), &["runserver", &address]);
    exec::finish(ctx, &Plan::new().run(serve)).map(drop)
}
