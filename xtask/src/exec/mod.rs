//! Applies plans: the only writer and the only spawner of long-running children.

pub(crate) mod archive;
mod bench;
mod build_kit;
pub(crate) mod downloads;
pub(crate) mod files;
pub(crate) mod interrupt;
mod kit;
pub(crate) mod process;
pub(crate) mod stage;
pub(crate) mod tools;

use crate::ctx::Ctx;
use crate::fault::{Fault, Result};
use crate::step::{Plan, Step};

/// What has become of a plan.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was printed, and nothing was changed.
    Printed,
    /// It was done.
    Applied,
}

/// Prints the plan under `--dry-run`; otherwise does it, up to the first failure.
pub(crate) fn finish(ctx: &Ctx, plan: &Plan) -> Result<Done> {
    if ctx.dry_run {
        ctx.ui.data(plan.to_string().trim_end());
        return Ok(Done::Printed);
    }
    plan.steps.iter().try_for_each(|step| apply(ctx, step))?;
    Ok(Done::Applied)
}

fn apply(ctx: &Ctx, step: &Step) -> Result<()> {
    interrupt::check()?;
    match step {
        Step::Run(cmd) => process::foreground(ctx, cmd),
        Step::Remove(path) => files::remove(&ctx.layout.absolute(path)),
        Step::Write { path, contents } => files::write_atomically(&ctx.layout.absolute(path), contents.as_bytes()),
        Step::Stop { what, because, hint } => Err(Fault::new(what).because(because).hint(hint)),
        Step::Copy { from, to } => files::copy(&ctx.layout.absolute(from), &ctx.layout.absolute(to)),
        Step::InstallUv => tools::install_uv(ctx),
        Step::Stage(plan) => stage::apply(ctx, plan),
        Step::Dispatch(plan) => crate::github::dispatch(ctx, plan),
        Step::Release(plan) => crate::github::release(ctx, plan),
        Step::Download(plan) => crate::github::download(ctx, plan),
        Step::Fetch(plan) => crate::github::fetch_release(ctx, plan),
        Step::Kit(plan) => kit::apply(ctx, plan),
        Step::Export(plan) => build_kit::apply(ctx, plan),
        Step::Bench(plan) => bench::apply(ctx, plan),
    }
}
