//! `check`: everything that CI runs.

use clap::Args as ClapArgs;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::code::{plan, test};
use crate::shell::electron::observe;

/// Run everything that CI runs: format --check, lint, typecheck, docs-build, test.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask check")]
pub(crate) struct Args {
    #[command(flatten)]
    test: test::Args,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let interpreter = crate::base::uv::interpreter(ctx)?;
        let python = interpreter.as_deref();
        let workflows = crate::base::uv::interpreter_of(ctx, &ctx.layout.workflows_venv())?;
        let shell = observe::facts(ctx)?;
        let parts = [
            plan::format(&ctx.layout, python, true),
            plan::lint(&ctx.layout, python).and(plan::lint_workflows(&ctx.layout, workflows.as_deref())),
            plan::typecheck(&ctx.layout, python, &shell),
        ];
        parts.iter().try_for_each(|plan| finish(ctx, plan).map(drop))?;
        let _built = crate::code::docs_build::build(ctx)?;
        self.test.run(ctx)
    }
}
