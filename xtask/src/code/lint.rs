//! `lint`: what clippy, ruff, actionlint and zizmor have to say.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::code::plan;

/// Run the linters: clippy over the tool, ruff over the backend, actionlint and zizmor over the workflows. Any finding
/// fails.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask lint")]
pub(crate) struct Args {}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let interpreter = crate::base::uv::interpreter(ctx)?;
        let workflows = crate::base::uv::interpreter_of(ctx, &ctx.layout.workflows_venv())?;
        let plan = plan::lint(&ctx.layout, interpreter.as_deref());
        finish(ctx, &plan.and(plan::lint_workflows(&ctx.layout, workflows.as_deref()))).map(drop)
    }
}
