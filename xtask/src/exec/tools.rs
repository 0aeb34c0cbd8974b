//! Finds the programs that plans name, and brings uv itself when the machine has none.

use camino::Utf8PathBuf;

use crate::ctx::Ctx;
use crate::exec::{files, process};
use crate::fault::{Fault, Result};
use crate::probe;
use crate::probe::tools::UV_VERSION;
use crate::step::Cmd;

/// The file behind a program's plain name. A name with a separator is a path and stays as it is.
pub(crate) fn resolve(ctx: &Ctx, program: &str) -> Result<Utf8PathBuf> {
    if program == "uv" {
        return probe::tools::uv(ctx)?.map_or_else(|| install_uv(ctx).and_then(|()| resolve(ctx, program)), Ok);
    }
    if program.contains(['/', '\\']) {
        return Ok(ctx.layout.absolute(program));
    }
    probe::tools::find(program).ok_or_else(|| {
        Fault::new(format!("the program `{program}` is not on PATH")).hint(format!(
            "{}; `cargo xtask doctor` names everything that is missing",
            probe::tools::how_to_get(program)
        ))
    })
}

/// Puts the pinned uv into the store, whole or not at all.
pub(crate) fn install_uv(ctx: &Ctx) -> Result<()> {
    let Some(python) = probe::tools::find_python() else {
        return Err(Fault::new("there is no uv on PATH, and no Python with pip to install it with")
            .hint("install uv (https://docs.astral.sh/uv/getting-started/installation/), or set UV to its path"));
    };
    ctx.ui.say(format_args!("installing uv {UV_VERSION} into {}", ctx.layout.store()));
    let home = ctx.layout.absolute(probe::tools::stored_uv_home(ctx));
    let temporary = ctx.layout.absolute(ctx.layout.store()).join(format!("uv-{}", std::process::id()));
    let pip = Cmd::new(python.as_str())
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"])
        .args(["--target", temporary.as_str(), &format!("uv=={UV_VERSION}")])
        .remedy("install uv yourself (https://docs.astral.sh/uv/getting-started/installation/), or set UV to its path");
    let installed = process::quiet(ctx, &pip).and_then(|_| {
        files::make_folder(home.parent().unwrap_or(&home))?;
        // Another process may have been faster; then its uv is as good as ours.
        files::rename(&temporary, &home).or_else(|fault| if home.is_dir() { Ok(()) } else { Err(fault) })
    });
    files::remove(&temporary)?;
    installed.map_err(|fault| fault.within("there is no uv on PATH, and pip could not install it"))
}
