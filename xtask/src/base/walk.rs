//! Lists the files below a folder with what tells a changed file from an unchanged one.

use camino::Utf8Path;
use rayon::prelude::*;

use crate::base::fault::{Context, Fault, Result};
use crate::base::layout::relative;
use crate::base::stat::Stat;

/// The stat of one file, links followed.
pub(crate) fn stat(path: &Utf8Path) -> Result<Stat> {
    let metadata = std::fs::metadata(path).fault(|| format!("cannot read {path}"))?;
    Ok(Stat::of(&metadata))
}

/// One file in a folder, by its path from there.
pub(crate) fn one(folder: &Utf8Path, path: &str) -> Result<Found> {
    Ok(Found { path: path.to_owned(), stat: stat(&folder.join(path))?, is_link: false })
}

/// A file below a folder.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Relative to the folder, `/`-separated.
    pub(crate) path: String,
    /// Its stat, links followed.
    pub(crate) stat: Stat,
    /// It is reached through a link.
    pub(crate) is_link: bool,
}

/// All files below `folder` for which `keep` is true, sorted by path. `keep` is asked with the relative path of
/// folders too (with a `/` at the end), so that whole folders can be left out. Links are followed.
///
/// # Errors
/// A folder or file that can't be read, a link to nothing, a name that is not Unicode.
pub(crate) fn files(folder: &Utf8Path, keep: impl Fn(&str) -> bool) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let walk = walkdir::WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter().filter_entry(|entry| {
        let Ok(path) = relative(entry.path(), folder) else { return true };
        let path = if entry.file_type().is_dir() { path + "/" } else { path };
        path == "/" || keep(&path)
    });
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error)
                if error.path().and_then(|path| relative(path, folder).ok()).is_some_and(|path| !keep(&path)) =>
            {
                continue;
            }
            Err(error) => return Err(explain(folder, &error)),
        };
        if entry.file_type().is_file() {
            let metadata = entry.metadata().map_err(|error| explain(folder, &error))?;
            let path = relative(entry.path(), folder)?;
            found.push(Found { path, stat: Stat::of(&metadata), is_link: entry.path_is_symlink() });
        }
    }
    found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// All files and links below a folder of ours, sorted by path. Links are not followed: none should be there. Folders are
/// read side by side.
///
/// # Errors
/// A folder that can't be read, a name that is not Unicode.
pub(crate) fn tree(folder: &Utf8Path) -> Result<Vec<Found>> {
    some_of(folder, |_| true)
}

/// Those of them for which `keep` is true; it is asked for each, in any order.
pub(crate) fn some_of(folder: &Utf8Path, keep: impl Fn(&Found) -> bool + Sync) -> Result<Vec<Found>> {
    let mut found = below(folder, "", &keep)?;
    found.par_sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn below(folder: &Utf8Path, prefix: &str, keep: &(impl Fn(&Found) -> bool + Sync)) -> Result<Vec<Found>> {
    let (mut found, mut folders) = (Vec::new(), Vec::new());
    let cannot_read = || format!("cannot read {folder}");
    for entry in std::fs::read_dir(folder).fault(cannot_read)? {
        let entry = entry.fault(cannot_read)?;
        // Exactly as long as it is: there are tens of thousands.
        let path = [prefix, &relative(&entry.path(), folder)?].concat();
        let kind = entry.file_type().fault(cannot_read)?;
        if kind.is_dir() {
            folders.push((entry.path(), path + "/"));
        } else {
            let stat = Stat::of(&entry.metadata().fault(cannot_read)?);
            let file = Found { path, stat, is_link: kind.is_symlink() };
            found.extend(keep(&file).then_some(file));
        }
    }
    let inner = |(folder, prefix): (std::path::PathBuf, String)| {
        Utf8Path::from_path(&folder).map_or_else(|| Ok(Vec::new()), |folder| below(folder, &prefix, keep))
    };
    let inner: Vec<Vec<Found>> = folders.into_par_iter().map(inner).collect::<Result<_>>()?;
    found.extend(inner.into_iter().flatten());
    Ok(found)
}

fn explain(folder: &Utf8Path, error: &walkdir::Error) -> Fault {
    let path = error.path().unwrap_or(folder.as_std_path());
    let fault = Fault::new(format!("cannot read {}", path.display()));
    let target = std::fs::read_link(path).map(|target| target.display().to_string());
    let remedy =
        || format!("mend or remove the link {}, or leave it out, then run the same command again", path.display());
    match (error.loop_ancestor(), target) {
        (Some(_), Ok(target)) => {
            fault.because(format!("it is a link to {target}, in which it lies itself")).hint(remedy())
        }
        (None, Ok(target)) if !path.exists() => {
            fault.because(format!("it is a link to {target}, which is not there")).hint(remedy())
        }
        _ => match error.io_error() {
            Some(io) => fault.because_of(io).hint_for(io),
            None => fault.because_of(error),
        },
    }
}
