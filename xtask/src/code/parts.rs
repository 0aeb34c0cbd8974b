//! Programs that all run, whatever becomes of each: `check` and `test` would else hide behind the first failure what
//! the others have to say.

use std::fmt;

use crate::base::act::{Act, Plan, finish};
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Kind, Result};
use crate::base::interrupt;
use crate::base::text::count;

/// What has failed so far.
#[derive(Default)]
pub(crate) struct Parts(Vec<Fault>);

impl Parts {
    /// Has `run` carry out its plans, and sums up.
    ///
    /// # Errors
    /// Something failed; all of it is told, and the exit code is that of the first.
    pub(crate) fn all(ctx: &Ctx, run: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let mut parts = Self::default();
        let outcome = run(&mut parts);
        parts.note(ctx, outcome)?;
        finish(ctx, &parts)
    }

    /// Carries out each act of a plan, also behind one that failed.
    pub(crate) fn run(&mut self, ctx: &Ctx, plan: &Plan) -> Result<()> {
        plan.acts().try_for_each(|act| {
            interrupt::check()?;
            self.note(ctx, finish(ctx, act))
        })
    }

    /// Keeps a failure for the end; only who stops the work stops all of it.
    pub(crate) fn note(&mut self, ctx: &Ctx, outcome: Result<()>) -> Result<()> {
        match outcome.map_err(interrupt::explain) {
            Err(fault) if fault.kind() == Kind::Interrupted => Err(fault),
            Err(fault) => {
                ctx.ui.notice(format_args!("{}; the other parts still run", fault.what()));
                self.0.push(fault);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

/// The summary.
impl Act for Parts {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        let Some(first) = self.0.first() else {
            ctx.ui.say("all parts passed");
            return Ok(());
        };
        let what = format!("{} failed; all other parts passed", count(self.0.len(), "part"));
        Err(Fault::of(first.kind(), what).because_all(&self.0).hint("run each of them alone with the command above"))
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tell    which parts failed, and the command for each alone")
    }
}
