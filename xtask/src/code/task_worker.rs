//! `task-worker`: runs queued tasks of the development database.

use clap::Args as ClapArgs;

use crate::base::act::{Plan, finish};
use crate::base::backend;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

/// Run the tasks that the development backend queues; Ctrl-C ends it.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask task-worker")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let interpreter = crate::base::uv::interpreter(ctx)?;
        let worker = backend::manage(&ctx.config, &ctx.layout, interpreter.as_deref(), &["db_worker"]);
        finish(ctx, &Plan::new().run(worker)).map(drop)
    }
}
