//! The Electron shell's commands.

pub(crate) mod icons;
pub(crate) mod install;
pub(crate) mod package_dist;
pub(crate) mod package_dist_dir;
pub(crate) mod package_dmg;
pub(crate) mod package_dmg_fast;
pub(crate) mod packaged_smoke;
pub(crate) mod packaged_start;
pub(crate) mod start;
pub(crate) mod test;

use crate::cmd::{packaged_stage, packages};
use crate::ctx::Ctx;
use crate::exec::{self, Done};
use crate::fault::{Fault, Result};
use crate::probe;
use crate::shell::electron::{self, Target};

/// Stages, packages, and tells what came out, with a list of checksums beside it.
fn package(ctx: &Ctx, target: Target, allow_host_python: bool, rest: &[String]) -> Result<()> {
    packaged_stage::stage(ctx)?;
    packages::refuse_host_python_in_ci(ctx, allow_host_python)?;
    package_staged(ctx, target, rest)
}

/// The same without staging.
fn package_staged(ctx: &Ctx, target: Target, rest: &[String]) -> Result<()> {
    let facts = probe::electron::facts(ctx)?;
    let plan = electron::package(&ctx.layout, ctx.host, &facts, target, rest);
    if exec::finish(ctx, &plan)? == Done::Printed || target == Target::Folder {
        return Ok(());
    }
    let packages = probe::electron::packages(ctx)?;
    if packages.is_empty() {
        return Err(Fault::new(format!("electron-builder left no package in {}", electron::output(&ctx.layout)))
            .hint("look at what it says above; arguments after `--` may have sent it elsewhere"));
    }
    packages::tell(ctx, &packages, &electron::checksums(&ctx.layout, &ctx.config.project.name, ctx.host.os))
}
