//! What looks after the code: `format`, `lint`, `typecheck`, and `check`, which is everything that CI runs.

use clap::Args;

use crate::base::act::{Plan, finish};
use crate::base::checkers::Checkers;
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
        finish(ctx, &format(ctx, &Checkers::of(ctx)?, self.check)?)
    }
}

/// Run the linters: clippy over the tool, ruff over the backend, actionlint and zizmor over the workflows. Any finding
/// fails.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask lint")]
pub(crate) struct Lint {}

impl Run for Lint {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        finish(ctx, &lint(ctx, &Checkers::of(ctx)?)?)
    }
}

/// Check types. mypy in strict mode over the backend, `cargo check` over the tool, `tsc` over the Electron shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask typecheck")]
pub(crate) struct Typecheck {}

impl Run for Typecheck {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let types = types(ctx, &Checkers::of(ctx)?)?;
        finish(ctx, &Plan::new().run(plan::types_of_the_tool()).and(types))
    }
}

/// Run everything that CI runs: format --check, lint, typecheck, docs-build, test. All of it runs, whatever fails; the end
/// lists what failed, with the command that runs it alone. Of a project that lies elsewhere, its own tools run where its `uv.lock` has
/// them; it says what it leaves out.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask check")]
pub(crate) struct Check {
    #[command(flatten)]
    test: Test,
}

impl Run for Check {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let checkers = Checkers::of(ctx)?;
        // Clippy has looked at the tool's types, so its compiler need not once more.
        let quick = format(ctx, &checkers, true)?.and(lint(ctx, &checkers)?).and(types(ctx, &checkers)?);
        let quick = quick.and(docs::build(ctx)?);
        Parts::all(ctx, |parts| {
            parts.run(ctx, &quick)?;
            self.test.parts(ctx, parts)
        })
    }
}

fn format(ctx: &Ctx, checkers: &Checkers, only_look: bool) -> Result<Plan> {
    let shells = shell::check(ctx, checkers, OfShell::Format { only_look })?;
    Ok(plan::format(&ctx.layout, checkers, only_look).and(shells))
}

fn lint(ctx: &Ctx, checkers: &Checkers) -> Result<Plan> {
    let workflows = uv::interpreter_of(ctx, &ctx.layout.workflows_venv())?;
    let shells = shell::check(ctx, checkers, OfShell::Lint)?;
    Ok(plan::lint(&ctx.layout, checkers).and(shells).and(plan::lint_workflows(&ctx.layout, workflows.as_deref())))
}

fn types(ctx: &Ctx, checkers: &Checkers) -> Result<Plan> {
    Ok(plan::types(&ctx.layout, checkers).and(shell::check(ctx, checkers, OfShell::Types)?))
}
