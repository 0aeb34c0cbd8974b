//! Brings files into layers and trees: copied or moved, with the modes that they have on every machine.

use std::collections::{BTreeSet, HashMap};

use camino::Utf8Path;
use rayon::prelude::*;

use crate::base::fault::{Context, Result};
use crate::base::walk::{self, Found};
use crate::base::{files, interrupt};

/// The files below `from` for which `keep` is true. Bytecode that lies there is left: it depends on who compiled it when,
/// and for which level of optimisation.
fn chosen(from: &Utf8Path, keep: impl Fn(&str) -> bool) -> Result<Vec<Found>> {
    walk::files(from, |path| !path.ends_with("__pycache__/") && keep(path))
}

/// Copies what is [`chosen`], links replaced by what they name.
pub(crate) fn copy_tree(from: &Utf8Path, to: &Utf8Path, keep: impl Fn(&str) -> bool) -> Result<()> {
    let found = chosen(from, keep)?;
    copy_files(from, to, found.iter().map(|file| file.path.as_str()))
}

/// Copies files to the same relative places. Modes become 755 or 644, whatever the umask of the machine.
pub(crate) fn copy_files<'a>(from: &Utf8Path, to: &Utf8Path, paths: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let paths: Vec<&str> = paths.into_iter().collect();
    make_folders_for(to, paths.iter().copied())?;
    paths.par_iter().try_for_each(|path| {
        interrupt::check()?;
        copy_file(&from.join(path), &to.join(path))
    })
}

/// Moves what is [`chosen`] of a folder that was made for this. What has more than one name there is copied, by links or
/// because the system does not tell: each file of a layer is its own.
pub(crate) fn move_tree(from: &Utf8Path, to: &Utf8Path, keep: impl Fn(&str) -> bool) -> Result<()> {
    let found = chosen(from, keep)?;
    let mut names = HashMap::<u64, usize>::new();
    for file in &found {
        *names.entry(file.stat.inode).or_default() += 1;
    }
    let (moved, copied): (Vec<_>, Vec<_>) =
        found.iter().partition(|file| !file.is_link && names[&file.stat.inode] == 1);
    copy_files(from, to, copied.iter().map(|file| file.path.as_str()))?;
    make_folders_for(to, moved.iter().map(|file| file.path.as_str()))?;
    moved.par_iter().try_for_each(|file| {
        interrupt::check()?;
        let to = to.join(&file.path);
        files::rename(&from.join(&file.path), &to)?;
        settle_mode(&to)
    })
}

/// Makes the folders that some files need, each once.
pub(crate) fn make_folders_for<'a>(to: &Utf8Path, paths: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let folders: BTreeSet<&str> =
        paths.into_iter().map(|path| path.rsplit_once('/').map_or("", |(folder, _)| folder)).collect();
    folders.into_iter().try_for_each(|folder| files::make_folder(&to.join(folder)))
}

/// Copies one file, as a clone where the file system can.
pub(crate) fn copy_file(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    files::patiently(|| std::fs::copy(from, to)).fault(|| format!("cannot copy {from} to {to}"))?;
    settle_mode(to)
}

/// 755 for programs, 644 for the rest.
#[cfg(unix)]
pub(crate) fn settle_mode(path: &Utf8Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let set = || {
        let mode = std::fs::metadata(path)?.permissions().mode() & 0o7777;
        let wanted = if mode & 0o111 == 0 { 0o644 } else { 0o755 };
        if mode == wanted { Ok(()) } else { std::fs::set_permissions(path, std::fs::Permissions::from_mode(wanted)) }
    };
    set().fault(|| format!("cannot set the mode of {path}"))
}

/// Windows has no mode that says what is a program, so a tree for it has none either.
#[cfg(unix)]
pub(crate) fn forget_modes(tree: &Utf8Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    walk::tree(tree)?.into_par_iter().filter(|file| file.stat.executable).try_for_each(|file| {
        let path = tree.join(&file.path);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644))
            .fault(|| format!("cannot set the mode of {path}"))
    })
}

#[cfg(not(unix))]
pub(crate) fn forget_modes(_: &Utf8Path) -> Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn settle_mode(_: &Utf8Path) -> Result<()> {
    Ok(())
}
