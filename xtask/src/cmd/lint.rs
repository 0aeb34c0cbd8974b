//! `lint`: what clippy, ruff, actionlint and zizmor have to say.

use clap::Args as ClapArgs;

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::plan::code;

/// Run the linters: clippy over the tool, ruff over the backend, actionlint and zizmor over the workflows. Any finding
/// fails.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask lint")]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Ctx, _: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    let workflows = super::interpreter_of(ctx, &ctx.layout.workflows_venv())?;
    let plan = code::lint(&ctx.layout, interpreter.as_deref());
    exec::finish(ctx, &plan.and(code::lint_workflows(&ctx.layout, workflows.as_deref()))).map(drop)
}
