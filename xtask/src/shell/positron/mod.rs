//! The Positron shell's commands.

pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod icons;
pub(crate) mod install;
pub(crate) mod observe;
pub(crate) mod package_dmg;
pub(crate) mod plan;
pub(crate) mod smoke;
pub(crate) mod start;

use camino::Utf8PathBuf;

use crate::base::ctx::Ctx;
use crate::base::fault::Result;
use crate::shell::positron::plan::Requirements;

/// The interpreter for the shell's environment, where that is still to be made.
fn interpreter(ctx: &Ctx) -> Result<Option<Utf8PathBuf>> {
    Ok(crate::base::uv::ensure(ctx)?.and_then(|uv| observe::interpreter(ctx, &uv)))
}

/// What the lock file and Briefcase's configuration say.
pub(crate) fn requirements(ctx: &Ctx) -> Result<Requirements> {
    let locked = crate::base::uv::ensure(ctx)?.map(|uv| observe::locked(ctx, &uv)).transpose()?.unwrap_or_default();
    Ok(Requirements { locked, pyproject: observe::pyproject(ctx)? })
}
