//! The folders of downloaded runs: put together beside their place, checked, swapped in whole.

use std::collections::HashMap;
use std::fs::File;

use camino::Utf8Path;

use crate::base::checksums::{self, is_of_a_listed_kind};
use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Fault, Result};
use crate::base::files;
use crate::base::lock::hold_file;
use crate::github::archive::Unpacked;

use crate::github::folders::{Folders, RECORD_FILE};
use crate::github::local;
use crate::github::plan::held::Record;

/// Waits until no other download writes here, and tidies up what a killed one left.
pub(crate) fn enter(ctx: &Ctx, folders: &Folders) -> Result<File> {
    for folder in [folders.base(), &folders.bodies()] {
        files::make_folder(&ctx.layout.absolute(folder))?;
    }
    let lock = hold_file(ctx, &ctx.layout.absolute(folders.lock()), "download of these packages")?;
    let aside = ctx.layout.absolute(folders.aside());
    for run in local::names(&aside) {
        let target = ctx.layout.absolute(folders.base()).join(&run);
        if !target.exists() {
            files::rename(&aside.join(&run), &target)?;
        }
    }
    files::remove(&aside)?;
    files::remove(&ctx.layout.absolute(folders.assembly()))?;
    Ok(lock)
}

/// Checks one platform's files against their manifest: all that it lists, and nothing like it besides.
pub(crate) fn verify(folder: &Utf8Path, manifest: &str, unpacked: &[Unpacked]) -> Result<()> {
    let path = folder.join(manifest);
    let wrong = |path: &Utf8Path, sentences: Vec<String>| {
        let fault = Fault::new(format!("the packages are not those that {path} lists"));
        Err(sentences
            .into_iter()
            .fold(fault, Fault::because)
            .hint("nothing was replaced; package anew, or take another run"))
    };
    let Ok(bytes) = std::fs::read(&path) else {
        return wrong(&path, vec![format!("there is no {manifest} in the artifacts of this platform")]);
    };
    let entries = match checksums::parse(&bytes) {
        Ok(entries) => entries,
        Err(sentences) => return wrong(&path, sentences),
    };
    let here: HashMap<&str, &str> = unpacked.iter().map(|file| (file.path.as_str(), file.sha256.as_str())).collect();
    let mut sentences: Vec<String> = entries
        .iter()
        .filter_map(|entry| match here.get(entry.name.as_str()) {
            None => Some(format!("{} is listed and not there", entry.name)),
            Some(sha256) if *sha256 != entry.sha256 => {
                Some(format!("{} has another SHA-256 than is listed", entry.name))
            }
            Some(_) => None,
        })
        .collect();
    let listed = |name: &str| entries.iter().any(|entry| entry.name == name);
    let mut unlisted: Vec<&str> = here
        .keys()
        .copied()
        .filter(|name| *name != manifest && !listed(name) && is_of_a_listed_kind(name, &entries))
        .collect();
    unlisted.sort_unstable();
    sentences.extend(unlisted.into_iter().map(|name| format!("{name} is there and not listed")));
    if sentences.is_empty() { Ok(()) } else { wrong(&path, sentences) }
}

/// Makes programs executable again: archives of artifacts don't keep that.
pub(crate) fn make_executable(path: &Utf8Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
            .fault(|| format!("cannot make {path} executable"))?;
    }
    let _ = path;
    Ok(())
}

/// Swaps a run's folder in and records it as the newest where it is.
pub(crate) fn swap_in(ctx: &Ctx, folders: &Folders, run: u64, record: &Record, latest: u64) -> Result<()> {
    let new = ctx.layout.absolute(folders.assembly()).join(run.to_string());
    let target = ctx.layout.absolute(folders.run(run));
    let text = serde_json::to_vec(record).fault(|| format!("cannot write the record of {target}"))?;
    files::write_atomically(&new.join(RECORD_FILE), &text)?;
    if !target.exists() {
        files::rename(&new, &target)?;
    } else if !files::exchange(&new, &target) {
        let aside = ctx.layout.absolute(folders.aside());
        files::make_folder(&aside)?;
        files::rename(&target, &aside.join(run.to_string()))?;
        files::rename(&new, &target)?;
        files::remove(&aside)?;
    }
    files::remove(&ctx.layout.absolute(folders.assembly()))?;
    point_at(ctx, folders, latest)
}

/// Writes `latest-run.txt`, and the link where the platform has links.
pub(crate) fn point_at(ctx: &Ctx, folders: &Folders, run: u64) -> Result<()> {
    let link = ctx.layout.absolute(folders.latest_link());
    files::write_atomically(&ctx.layout.absolute(folders.latest_file()), format!("{run}\n").as_bytes())?;
    if let Err(error) = link_to(&run.to_string(), &link) {
        ctx.ui.detail(format_args!("no link {link}: {error}"));
    }
    Ok(())
}

#[cfg(unix)]
fn link_to(name: &str, link: &Utf8Path) -> std::io::Result<()> {
    if std::fs::read_link(link).is_ok_and(|old| old.as_os_str() == name) {
        return Ok(());
    }
    let beside = link.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    std::os::unix::fs::symlink(name, &beside)?;
    std::fs::rename(&beside, link)
}

#[cfg(not(unix))]
fn link_to(_: &str, _: &Utf8Path) -> std::io::Result<()> {
    Err(std::io::Error::from(std::io::ErrorKind::Unsupported))
}
