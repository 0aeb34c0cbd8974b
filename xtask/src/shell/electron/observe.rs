//! What is there of the Electron shell.

use camino::Utf8PathBuf;

use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Fault, Result};
use crate::base::{env, tools};
use crate::shell::electron::plan::{self, Facts};

/// Looks at the shell's modules and at packages that earlier runs left.
pub(crate) fn facts(ctx: &Ctx) -> Result<Facts> {
    Ok(Facts {
        installed: tools::has_modules(ctx, plan::FOLDER),
        has_program: has_program(ctx),
        other: other_electron(ctx)?,
        stale: packages(ctx)?,
    })
}

/// Packages of this machine's system in the output folder, sorted, relative to the root.
pub(crate) fn packages(ctx: &Ctx) -> Result<Vec<Utf8PathBuf>> {
    let output = plan::output(&ctx.layout);
    let folder = ctx.layout.absolute(&output);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = folder.read_dir_utf8().fault(|| format!("cannot read {folder}"))?;
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.fault(|| format!("cannot read {folder}"))?;
        let path = output.join(entry.file_name());
        if entry.path().is_file() && plan::is_package(&path, &ctx.config.project.name, ctx.host.os) {
            found.push(path);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The Electron that is named instead of npm's. A relative path is seen from the root.
fn other_electron(ctx: &Ctx) -> Result<Option<Utf8PathBuf>> {
    let Some(folder) = ctx.env.get(env::ELECTRON_DIST).map(|folder| ctx.layout.absolute(folder)) else {
        return Ok(None);
    };
    if folder.is_dir() {
        return Ok(Some(folder));
    }
    Err(Fault::new(format!("{}: {folder} is no folder", env::ELECTRON_DIST))
        .hint("name a folder with an unpacked Electron, or unset the variable and run `cargo xtask electron-install`"))
}

/// Electron's package notes the path of its program when it has fetched it.
fn has_program(ctx: &Ctx) -> bool {
    let note = ctx.layout.absolute(plan::FOLDER).join("node_modules/electron/path.txt");
    note.is_file()
}
