//! `backend-dev`: the backend alone, for work in a browser.

use clap::Args as ClapArgs;

use crate::base::act::{Plan, finish};
use crate::base::backend;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

/// Serve the backend on <http://127.0.0.1:8000> with the development settings; Ctrl-C ends it.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask migrate && cargo xtask backend-dev")]
pub(crate) struct Args {
    /// The port.
    #[arg(long, default_value_t = 8000)]
    port: u16,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let interpreter = crate::base::uv::interpreter(ctx)?;
        let address = format!("127.0.0.1:{}", self.port);
        let serve = backend::manage(&ctx.config, &ctx.layout, interpreter.as_deref(), &["runserver", &address]);
        finish(ctx, &Plan::new().run(serve)).map(drop)
    }
}
