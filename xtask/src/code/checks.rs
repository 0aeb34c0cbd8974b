//! What looks after the code: `format`, `lint`, `typecheck`, and `check`, which is everything that CI runs.

use clap::Args;

use crate::base::act::{Plan, finish};
use crate::base::backend::{self, Interpreter};
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::base::uv;
use crate::code::parts::Parts;
use crate::code::test::Test;
use crate::code::{docs, plan};
use crate::shell;
use crate::shell::model::Check as OfShell;

/// Format the code: rustfmt and ruff.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask format --check")]
pub(crate) struct Format {
    /// Change nothing; fail where something is not formatted.
    #[arg(long)]
    check: bool,
}

impl Run for Format {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        finish(ctx, &format(ctx, uv::interpreter(ctx)?.as_deref(), self.check)?)
    }
}

/// Run the linters: clippy over the tool, ruff over the backend, actionlint and zizmor over the workflows. Any finding
/// fails.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask lint")]
pub(crate) struct Lint {}

impl Run for Lint {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        finish(ctx, &lint(ctx, uv::interpreter(ctx)?.as_deref())?)
    }
}

/// Check types. mypy in strict mode over the backend, `cargo check` over the tool, `tsc` over the Electron shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask typecheck")]
pub(crate) struct Typecheck {}

impl Run for Typecheck {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let types = types(ctx, uv::interpreter(ctx)?.as_deref())?;
        finish(ctx, &Plan::new().run(plan::types_of_the_tool()).and(types))
    }
}

/// Run everything that CI runs: format --check, lint, typecheck, docs-build, test. All of it runs, whatever fails; the end
/// tells what failed, and the command for each alone.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask check")]
pub(crate) struct Check {
    #[command(flatten)]
    test: Test,
}

impl Run for Check {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let python = uv::interpreter(ctx)?;
        let python = python.as_deref();
        // Clippy has looked at the tool's types, so its compiler need not once more.
        let quick = format(ctx, python, true)?.and(lint(ctx, python)?).and(types(ctx, python)?);
        let quick = quick.and(docs::build(ctx)?);
        Parts::all(ctx, |parts| {
            parts.run(ctx, &quick)?;
            self.test.parts(ctx, parts)
        })
    }
}

fn format(ctx: &Ctx, python: Interpreter<'_>, only_look: bool) -> Result<Plan> {
    let shells = shell::check(ctx, python, OfShell::Format { only_look })?;
    Ok(plan::format(&ctx.layout, python, only_look).and(shells))
}

fn lint(ctx: &Ctx, python: Interpreter<'_>) -> Result<Plan> {
    let workflows = uv::interpreter_of(ctx, &ctx.layout.workflows_venv())?;
    let shells = shell::check(ctx, python, OfShell::Lint)?;
    Ok(plan::lint(&ctx.layout, python).and(shells).and(plan::lint_workflows(&ctx.layout, workflows.as_deref())))
}

fn types(ctx: &Ctx, python: Interpreter<'_>) -> Result<Plan> {
    let backend = Plan::new().run(backend::run(&ctx.layout, python, &["mypy"]));
    Ok(backend.and(shell::check(ctx, python, OfShell::Types)?))
}
