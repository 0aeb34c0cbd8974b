//! `test`: the tests of the tool, the backend and the shell, with what was skipped told at the end.

use clap::Args as ClapArgs;

use crate::base::act::{Done, finish};
use crate::base::ctx::{Ctx, Run};

use crate::base::fault::{Fault, Result};
use crate::code::plan::{self, TestRun};
use crate::shell::electron::observe;
use crate::stage::packaged_stage;

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

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let interpreter = crate::base::uv::interpreter(ctx)?;
        let uv = crate::base::uv::ensure(ctx)?.unwrap_or_else(|| "uv".into());
        // The shell's tests run on the staged backend.
        packaged_stage::stage(ctx)?;
        let log = ctx.layout.absolute(ctx.layout.scratch()).join("skipped-tests.txt");
        let tests = TestRun {
            python: interpreter.as_deref(),
            uv: &uv,
            skip_log: &log,
            all: self.all,
            shell: observe::facts(ctx)?,
        };
        let plan = plan::test(&ctx.config, &ctx.layout, &tests);
        if finish(ctx, &plan)? == Done::Printed {
            return Ok(());
        }
        let skipped = std::fs::read_to_string(&log).unwrap_or_default();
        if skipped.is_empty() {
            return Ok(());
        }
        ctx.ui.notice(format_args!("skipped tests:\n{}", skipped.trim_end()));
        if self.no_skip {
            return Err(Fault::new("tests were skipped").hint("run the commands named above, or leave out --no-skip"));
        }
        Ok(())
    }
}
