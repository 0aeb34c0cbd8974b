//! `task-worker`: runs queued tasks of the development database.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::plan::backend;
use crate::step::Plan;

/// Run the tasks that the development backend queues; Ctrl-C ends it.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask task-worker")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    let worker = backend::manage(&ctx.config, &ctx.layout, interpreter.as_deref(), &["db_worker"]);
    exec::finish(ctx, &Plan::new().run(worker)).map(drop)
}
