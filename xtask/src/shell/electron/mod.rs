//! The Electron shell's commands.

pub(crate) mod icons;
pub(crate) mod install;
pub(crate) mod observe;
pub(crate) mod package_dist;
pub(crate) mod package_dist_dir;
pub(crate) mod package_dmg;
pub(crate) mod package_dmg_fast;
pub(crate) mod packaged_smoke;
pub(crate) mod packaged_start;
pub(crate) mod plan;
pub(crate) mod start;
pub(crate) mod test;

use crate::base::act::{Done, finish};
use crate::base::ctx::Ctx;

use crate::base::fault::{Fault, Result};
use crate::shell::electron::plan::Target;
use crate::shell::packages;
use crate::stage::packaged_stage;

/// Stages, packages, and tells what came out, with a list of checksums beside it.
fn package(ctx: &Ctx, target: Target, allow_host_python: bool, rest: &[String]) -> Result<()> {
    packaged_stage::stage(ctx)?;
    packages::refuse_host_python_in_ci(ctx, allow_host_python)?;
    package_staged(ctx, target, rest)
}

/// The same without staging.
fn package_staged(ctx: &Ctx, target: Target, rest: &[String]) -> Result<()> {
    let facts = observe::facts(ctx)?;
    let plan = plan::package(&ctx.layout, ctx.host, &facts, target, rest);
    if finish(ctx, &plan)? == Done::Printed || target == Target::Folder {
        return Ok(());
    }
    let packages = observe::packages(ctx)?;
    if packages.is_empty() {
        return Err(Fault::new(format!("electron-builder left no package in {}", plan::output(&ctx.layout)))
            .hint("look at what it says above; arguments after `--` may have sent it elsewhere"));
    }
    packages::tell(ctx, &packages, &plan::checksums(&ctx.layout, &ctx.config.project.name, ctx.host.os))
}
