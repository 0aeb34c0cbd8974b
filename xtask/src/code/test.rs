//! `test`: the tests of the tool, the backend and the shells, with what was skipped told at the end; `test-one`: one of
//! them, whichever language it is written in.

use camino::Utf8Path;
use clap::Args;

use crate::base::act::finish;
use crate::base::checkers::{Bench, Checkers};
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::{Fault, Result};
use crate::base::uv;
use crate::code::parts::Parts;
use crate::code::plan;
use crate::shell;
use crate::shell::model::{Check, TestRun};
use crate::stage::packaged_stage;

/// Run the tests. The backend is staged first; an adopted one is also started, as `packaged-stage --check`. All suites run,
/// whatever fails; the end lists what failed, with the command that runs it alone. What needs a program that is not there is
/// skipped and named.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(after_help = "Examples:\n  cargo xtask test\n  cargo xtask test --all --no-skip")]
pub(crate) struct Test {
    /// Also the long ones: hundreds of kills, races and full disks.
    #[arg(long)]
    all: bool,
    /// Fail when a test was skipped.
    #[arg(long)]
    no_skip: bool,
}

impl Run for Test {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        Parts::all(ctx, |parts| self.parts(ctx, parts))
    }
}

impl Test {
    /// The suites, as parts of a longer command.
    pub(crate) fn parts(&self, ctx: &Ctx, parts: &mut Parts) -> Result<()> {
        let checkers = Checkers::of(ctx)?;
        let uv = uv::ensure(ctx)?.unwrap_or_else(|| "uv".into());
        // The shells' tests run on the staged backend. A project that is not written for a desktop has no test of that.
        let is_proven = checkers.of_project("pytest").is_ok() && !ctx.config.backend.is_adopted();
        let stage = if is_proven { packaged_stage::stage } else { packaged_stage::stage_and_check };
        parts.note(ctx, stage(ctx))?;
        let skip_log = ctx.layout.absolute(ctx.layout.scratch()).join("skipped-tests.txt");
        let run = TestRun { checkers: &checkers, uv: &uv, skip_log: &skip_log, all: self.all };
        let before = shell::check(ctx, &checkers, Check::Prepare)?;
        let shells = shell::check(ctx, &checkers, Check::Test(&run))?;
        let (log, no_skip) = (skip_log.clone(), self.no_skip);
        let plan = plan::test(&ctx.layout, &run, before).and(shells);
        let plan = plan.task("tell    which tests were skipped", move |ctx| tell_skipped(ctx, &log, no_skip));
        parts.run(ctx, &plan)
    }
}

fn tell_skipped(ctx: &Ctx, log: &Utf8Path, no_skip: bool) -> Result<()> {
    let skipped = std::fs::read_to_string(log).unwrap_or_default();
    if skipped.is_empty() {
        return Ok(());
    }
    ctx.ui.notice(format_args!("skipped tests:\n{}", skipped.trim_end()));
    if no_skip {
        return Err(Fault::new("tests were skipped").hint("run the commands named above, or leave out --no-skip"));
    }
    Ok(())
}

/// Run one test: a Python file or node id, a JavaScript test file, or (part of) the name of a Rust test.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask test-one backend/tests/test_items.py::test_create\n  cargo xtask test-one stage_is_whole_after_kills"
)]
pub(crate) struct TestOne {
    /// What to run.
    target: String,
    /// Arguments for pytest, `cargo test` or `node --test`.
    #[arg(last = true)]
    rest: Vec<String>,
}

impl Run for TestOne {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        // Other languages need none.
        let bench = plan::is_python(&ctx.layout, &self.target).then(|| self.bench(ctx)).transpose()?;
        finish(ctx, &plan::test_one(&ctx.layout, bench.as_ref(), &self.target, &self.rest))
    }
}

impl TestOne {
    /// The environment of a test of pytest.
    fn bench(&self, ctx: &Ctx) -> Result<Bench> {
        if plan::is_of_positron(&self.target)
            && let Ok(bench) = Checkers::of(ctx)?.of_shells("toga-dummy")
        {
            return Ok(bench.clone());
        }
        Ok(Bench { home: ctx.layout.backend().to_owned(), python: uv::interpreter(ctx)? })
    }
}
