//! `migrate`: brings the development database up to date.

use clap::Args as ClapArgs;

use crate::base::act::{Plan, finish};
use crate::base::backend;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

/// Apply the migrations to the development database.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask migrate\n  cargo xtask migrate -- example_app zero")]
pub(crate) struct Args {
    /// Arguments for `manage.py migrate`.
    #[arg(last = true)]
    rest: Vec<String>,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let interpreter = crate::base::uv::interpreter(ctx)?;
        let migrate = backend::manage(&ctx.config, &ctx.layout, interpreter.as_deref(), &["migrate"]);
        finish(ctx, &Plan::new().run(migrate.args(self.rest.iter().cloned()))).map(drop)
    }
}
