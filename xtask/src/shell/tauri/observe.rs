//! What is there of the Tauri shell.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::ctx::Ctx;
use crate::base::env;

use crate::base::fault::{Context, Result};
use crate::shell::tauri::plan::{self, Facts};

/// Looks at the shell's modules, at the keys, and at what earlier runs left.
pub(crate) fn facts(ctx: &Ctx) -> Result<Facts> {
    let is_set = |name: &str| ctx.env.get(name).is_some();
    let mut stale: Vec<_> = files(ctx, &plan::output(&ctx.layout))?
        .into_iter()
        .filter(|path| plan::is_package(path, &ctx.config.project.name, ctx.host.os))
        .collect();
    stale.extend(bundle_folders(ctx)?);
    Ok(Facts {
        installed: is_installed(ctx),
        has_update_key: is_set(env::TAURI_KEY),
        has_certificate: is_set(env::APPLE_IDENTITY) || is_set(env::APPLE_CERTIFICATE),
        stale,
    })
}

/// What the bundler left, and the names that it gets in the output folder.
pub(crate) fn bundles(ctx: &Ctx) -> Result<Vec<(Utf8PathBuf, Utf8PathBuf)>> {
    let output = plan::output(&ctx.layout);
    let mut found = Vec::new();
    for folder in bundle_folders(ctx)? {
        for kind in entries(ctx, &folder)? {
            for path in files(ctx, &kind)? {
                let name = plan::package_name(path.file_name().unwrap_or_default(), &ctx.config, ctx.host.os);
                found.extend(name.map(|name| (path, output.join(name))));
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// A text of the repository.
pub(crate) fn text(ctx: &Ctx, path: &Utf8Path) -> Result<String> {
    std::fs::read_to_string(ctx.layout.absolute(path)).fault(|| format!("cannot read {path}"))
}

/// `target/release/bundle`, and the same below the folders of other targets.
fn bundle_folders(ctx: &Ctx) -> Result<Vec<Utf8PathBuf>> {
    let target = Utf8PathBuf::from(plan::TARGET);
    let candidates =
        entries(ctx, &target)?.into_iter().map(|folder| folder.join("release")).chain([target.join("release")]);
    let folders = candidates.map(|release| release.join("bundle"));
    Ok(folders.filter(|folder| ctx.layout.absolute(folder).is_dir()).collect())
}

fn files(ctx: &Ctx, folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let mut files = entries(ctx, folder)?;
    files.retain(|path| ctx.layout.absolute(path).is_file());
    Ok(files)
}

/// Everything in a folder, sorted, relative to the root. A folder that is not there is empty.
fn entries(ctx: &Ctx, folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let absolute = ctx.layout.absolute(folder);
    if !absolute.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in absolute.read_dir_utf8().fault(|| format!("cannot read {folder}"))? {
        found.push(folder.join(entry.fault(|| format!("cannot read {folder}"))?.file_name()));
    }
    found.sort_unstable();
    Ok(found)
}

/// npm keeps a copy of the lock file in `node_modules`, which it writes last.
fn is_installed(ctx: &Ctx) -> bool {
    let folder = ctx.layout.absolute(plan::FOLDER);
    let time = |name: &str| std::fs::metadata(folder.join(name)).and_then(|metadata| metadata.modified()).ok();
    let installed = time("node_modules/.package-lock.json");
    installed.is_some() && installed >= time("package-lock.json")
}
