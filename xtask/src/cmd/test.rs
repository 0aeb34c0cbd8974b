//! `test`: the tests of the tool, the backend and the shell, with what was skipped told at the end.

use clap::Args as ClapArgs;

use crate::cmd::packaged_stage;
use crate::ctx::Ctx;
use crate::exec::{self, Done};
use crate::fault::{Fault, Result};
use crate::plan::code::{self, TestRun};
use crate::probe;

/// Run the tests. The backend is staged first. What needs a program that is not there is skipped and named at the end.
#[derive(Debug, Clone, ClapArgs)]
#[group(skip)]
#[command(after_help = "Examples:\n  cargo xtask test\n  cargo xtask test --all --no-skip")]
pub(crate) struct Args {
    /// Also the long ones: kills, races, full disks by the hundred.
    #[arg(long)]
    all: bool,
    /// Fail when a test was skipped.
    #[arg(long)]
    no_skip: bool,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let interpreter = super::interpreter(ctx)?;
    let uv = super::uv(ctx)?.unwrap_or_else(|| "uv".into());
    // The shell's tests run on the staged backend.
    packaged_stage::stage(ctx)?;
    let log = ctx.layout.absolute(ctx.layout.scratch()).join("skipped-tests.txt");
    let tests = TestRun {
        python: interpreter.as_deref(),
        uv: &uv,
        skip_log: &log,
        all: args.all,
        shell: probe::electron::facts(ctx)?,
    };
    let plan = code::test(&ctx.config, &ctx.layout, &tests);
    if exec::finish(ctx, &plan)? == Done::Printed {
        return Ok(());
    }
    let skipped = std::fs::read_to_string(&log).unwrap_or_default();
    if skipped.is_empty() {
        return Ok(());
    }
    ctx.ui.notice(format_args!("skipped tests:\n{}", skipped.trim_end()));
    if args.no_skip {
        return Err(Fault::new("tests were skipped").hint("run the commands named above, or leave out --no-skip"));
    }
    Ok(())
}
