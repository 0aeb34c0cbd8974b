//! uv: the one of this machine, or one that is installed into the store; and the interpreters that it makes
//! environments with.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::act::{Act, finish};
use crate::base::cmd::{Cmd, Sees};
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::tools::{self, UV_VERSION};
use crate::base::{backend, files, process, python};

/// uv, brought first where the machine has none. Nothing only under `--dry-run` on such a machine.
pub(crate) fn ensure(ctx: &Ctx) -> Result<Option<Utf8PathBuf>> {
    if tools::uv(ctx)?.is_none() {
        finish(ctx, &InstallUv)?;
    }
    tools::uv(ctx)
}

/// The interpreter for the backend's `.venv`, where it is still to be made and uv would not find one by itself.
pub(crate) fn interpreter(ctx: &Ctx) -> Result<Option<Utf8PathBuf>> {
    backend::is_developed_here(ctx)?;
    interpreter_of(ctx, &ctx.layout.backend_venv())
}

/// The same for another environment.
pub(crate) fn interpreter_of(ctx: &Ctx, venv: &Utf8Path) -> Result<Option<Utf8PathBuf>> {
    let Some(uv) = ensure(ctx)? else { return Ok(None) };
    Ok(python::for_environment(ctx, &uv, venv))
}

/// Puts the pinned uv into the store, whole or not at all.
struct InstallUv;

impl fmt::Display for InstallUv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "install uv into the store (python -m pip install uv)")
    }
}

impl Act for InstallUv {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        install_uv(ctx)
    }
}

fn install_uv(ctx: &Ctx) -> Result<()> {
    let Some(python) = tools::find_python() else {
        return Err(Fault::new("there is no uv on PATH, and no Python with pip to install it with")
            .hint("install uv (https://docs.astral.sh/uv/getting-started/installation/), or set UV to its path"));
    };
    // An index may be slow.
    let _section = ctx.ui.section(&format!("install uv {UV_VERSION} into {}", ctx.layout.store()));
    let _spinner = ctx.ui.spinner("uv");
    let home = ctx.layout.absolute(tools::stored_uv_home(ctx));
    let temporary = ctx.layout.absolute(ctx.layout.store()).join(format!("uv-{}", std::process::id()));
    // pip's words for a folder that may not be written to are a traceback.
    files::make_folder(&temporary)
        .map_err(|fault| fault.hint("make it writable for your user, or name another folder in DDSTASK_CACHE_DIR"))?;
    let pip = Cmd::new(python.as_str())
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"])
        .args(["--target", temporary.as_str(), &format!("uv=={UV_VERSION}")])
        .sees(Sees::Network)
        .remedy("install uv yourself (https://docs.astral.sh/uv/getting-started/installation/), or set UV to its path");
    let installed = process::quiet(ctx, &pip).and_then(|_| {
        files::make_folder(home.parent().unwrap_or(&home))?;
        // Another process may have been faster; then its uv is as good as ours.
        files::rename(&temporary, &home).or_else(|fault| if home.is_dir() { Ok(()) } else { Err(fault) })
    });
    files::remove(&temporary)?;
    installed.map_err(|fault| fault.within("there is no uv on PATH, and pip could not install it"))
}
