//! The Electron shell's commands.

pub(crate) mod install;
pub(crate) mod package_dist;
pub(crate) mod package_dist_dir;
pub(crate) mod package_dmg;
pub(crate) mod package_dmg_fast;
pub(crate) mod packaged_smoke;
pub(crate) mod packaged_start;
pub(crate) mod start;
pub(crate) mod test;

use crate::cmd::{checksums, packaged_stage};
use crate::ctx::Ctx;
use crate::env;
use crate::exec::{self, Done};
use crate::fault::{Fault, Result};
use crate::probe;
use crate::shell::electron::{self, Target};

/// Stages, packages, and tells what came out, with a list of checksums beside it.
fn package(ctx: &Ctx, target: Target, allow_host_python: bool, rest: &[String]) -> Result<()> {
    packaged_stage::stage(ctx)?;
    refuse_host_python_in_ci(ctx, allow_host_python)?;
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
    let list = electron::checksums(&ctx.layout, &ctx.config.project.name, ctx.host.os);
    checksums::tell_packages(ctx, &packages, &list)
}

/// A copied interpreter uses libraries of the machine that built it: fine to try, not to hand out.
fn refuse_host_python_in_ci(ctx: &Ctx, allowed: bool) -> Result<()> {
    let is_host = probe::stage::record(ctx).is_some_and(|record| record.source.kind() == "host");
    if is_host && ctx.env.flag(env::CI) && !allowed {
        return Err(Fault::new("the staged Python was copied from this machine, which is no way to make a release")
            .because("it needs this machine's own libraries, and CI is set")
            .hint("stage with `--python-source uv` or `archive:PATH`, or allow it with --allow-host-python"));
    }
    Ok(())
}
