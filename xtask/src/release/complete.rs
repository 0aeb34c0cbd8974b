//! Whether the files of a folder are those of one version, whole. What goes to others is looked at here first.

use camino::Utf8Path;

use crate::base::ctx::Ctx;
use crate::base::digests::FileSize;
use crate::base::fault::{Fault, Result};
use crate::base::interrupt;
use crate::release::artifact::{Kind, kind, versions};
use crate::release::plan::update::tauri::Platform;
use crate::release::plan::update::{Manifest, parse};
use crate::release::update_check::{Offered, findings};

/// # Errors
/// Everything that speaks against it: empty files, packages of another version, update manifests that are none or that name
/// other files.
pub(crate) fn check(ctx: &Ctx, folder: &Utf8Path, version: &str, files: &[FileSize]) -> Result<()> {
    let empty = files.iter().filter(|file| file.size == 0).map(|file| format!("{} is empty", file.name()));
    let mut wrong: Vec<String> = empty.collect();
    for file in files {
        let told = versions(&ctx.config.project.name, [file.name()]).pop_first();
        wrong.extend(told.filter(|told| told != version).map(|told| format!("{} is of version {told}", file.name())));
    }
    let is_manifest = |file: &&FileSize| file.size > 0 && kind(file.name()) == Kind::UpdateManifest;
    for file in files.iter().filter(is_manifest) {
        let sentences = of_manifest(ctx, file, version, files)?;
        wrong.extend(sentences.into_iter().map(|sentence| format!("{}: {sentence}", file.name())));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Fault::new(format!("{folder} has not all of version {version}, and nothing else"))
        .because_all(wrong)
        .hint("name a folder that has the whole packages of one release only; `cargo xtask update-manifest` writes manifests anew"))
}

/// What is wrong with an update manifest among the files.
fn of_manifest(ctx: &Ctx, file: &FileSize, version: &str, files: &[FileSize]) -> Result<Vec<String>> {
    let there: Vec<Offered<'_>> = files.iter().map(Offered::from).collect();
    match parse(&ctx.read(&file.path)?) {
        Err(why) => Ok(vec![why]),
        Ok(Manifest::Electron(manifest)) => findings(file.name(), &manifest, version, &there, |_| interrupt::check()),
        Ok(Manifest::Tauri(manifest)) => {
            let other = manifest.version.trim_start_matches('v') != version;
            let other = other.then(|| format!("offers the version {} and not {version}", manifest.version));
            let names = manifest.platforms.values().map(Platform::name);
            let gone = names.filter(|name| !files.iter().any(|file| file.name() == name));
            Ok(other.into_iter().chain(gone.map(|name| format!("names {name}, which is not there"))).collect())
        }
    }
}
