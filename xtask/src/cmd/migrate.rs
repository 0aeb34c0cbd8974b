//! `migrate`: brings the development database up to date.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::plan::backend;
use crate::step::Plan;

/// Apply the migrations to the development database.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask migrate\n  cargo xtask migrate -- example_app zero")]
pub(crate) struct Args {
    /// Arguments for `manage.py migrate`.
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    let migrate = backend::manage(&ctx.config, &ctx.layout, interpreter.as_deref(), &["migrate"]);
    exec::finish(ctx, &Plan::new().run(migrate.args(args.rest.iter().cloned()))).map(drop)
}
