//! The Positron shell's commands.

pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod install;
pub(crate) mod package_dmg;
pub(crate) mod smoke;
pub(crate) mod start;

use camino::Utf8PathBuf;

use crate::ctx::Ctx;
use crate::fault::Result;
use crate::probe;
use crate::shell::positron::Requirements;

/// The interpreter for the shell's environment, where that is still to be made.
fn interpreter(ctx: &Ctx) -> Result<Option<Utf8PathBuf>> {
    Ok(super::uv(ctx)?.and_then(|uv| probe::positron::interpreter(ctx, &uv)))
}

/// What the lock file and Briefcase's configuration say.
pub(crate) fn requirements(ctx: &Ctx) -> Result<Requirements> {
    let locked = super::uv(ctx)?.map(|uv| probe::positron::locked(ctx, &uv)).transpose()?.unwrap_or_default();
    Ok(Requirements { locked, pyproject: probe::positron::pyproject(ctx)? })
}
