//! `check`: everything that CI runs.

use clap::Args as ClapArgs;

use crate::cmd::test;
use crate::ctx::Ctx;
use crate::fault::Result;
use crate::plan::code;
use crate::{exec, probe};

/// Run everything that CI runs: format --check, lint, typecheck, docs-build, test.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask check")]
pub(crate) struct Args {
    #[command(flatten)]
    test: test::Args,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    let python = interpreter.as_deref();
    let workflows = super::interpreter_of(ctx, &ctx.layout.workflows_venv())?;
    let shell = probe::electron::facts(ctx)?;
    let parts = [
        code::format(&ctx.layout, python, true),
        code::lint(&ctx.layout, python).and(code::lint_workflows(&ctx.layout, workflows.as_deref())),
        code::typecheck(&ctx.layout, python, &shell),
    ];
    parts.iter().try_for_each(|plan| exec::finish(ctx, plan).map(drop))?;
    let _built = super::docs_build::build(ctx)?;
    test::run(ctx, &args.test)
}
