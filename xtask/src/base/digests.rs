//! Files and their checksums: what globs match, what lies beside a list, and the digests of many files at once.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::base::checksums::{Entry, why_not_a_name};
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::host::Os;
use crate::base::{globs, hash};

/// More threads than this only wait for the disk, and each holds a buffer.
const MOST_THREADS: usize = 16;

/// A file with its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileSize {
    pub(crate) path: Utf8PathBuf,
    /// Bytes.
    pub(crate) size: u64,
}

/// A file with its size and SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileDigest {
    /// Absolute, or relative to a folder that the context tells.
    pub(crate) path: Utf8PathBuf,
    /// Bytes.
    pub(crate) size: u64,
    /// Lower-case hex.
    pub(crate) sha256: String,
}

impl FileSize {
    /// Its name, without the folder.
    pub(crate) fn name(&self) -> &str {
        self.path.file_name().unwrap_or_default()
    }
}

impl FileDigest {
    /// Its name, without the folder.
    pub(crate) fn name(&self) -> &str {
        self.path.file_name().unwrap_or_default()
    }
}

/// A file as a line of a list of checksums.
impl From<&FileDigest> for Entry {
    fn from(file: &FileDigest) -> Self {
        Self { name: file.name().to_owned(), sha256: file.sha256.clone() }
    }
}

/// The files that the globs match, sorted by name. `output` is not among them.
///
/// # Errors
/// Globs that match nothing (all of them in one message), two files of one name, a name that can't be listed.
pub(crate) fn matched(ctx: &Ctx, globs: &[String], output: &Utf8Path) -> Result<Vec<FileSize>> {
    let output = output.canonicalize_utf8().ok();
    let mut sources: HashMap<String, (Utf8PathBuf, FileSize)> = HashMap::new();
    let mut idle = Vec::new();
    for glob in globs {
        let mut matches = false;
        for path in globs::files(ctx.layout.root(), glob, ctx.host.os != Os::Linux)? {
            let Some((real, source)) = source(&path)?.filter(|(real, _)| Some(real) != output.as_ref()) else {
                continue;
            };
            matches = true;
            match sources.get(source.name()) {
                Some((other, first)) if *other != real => return Err(same_name(first, &source)),
                _ => drop(sources.insert(source.name().to_owned(), (real, source))),
            }
        }
        if !matches {
            idle.push(format!("`{glob}`"));
        }
    }
    if !idle.is_empty() {
        return Err(Fault::new(format!("no file matches {}", idle.join(", ")))
            .hint("globs are relative to the repository root; quote them, so that the shell leaves them alone"));
    }
    let mut sources: Vec<FileSize> = sources.into_values().map(|(_, source)| source).collect();
    sources.sort_unstable_by(|a, b| a.name().cmp(b.name()));
    Ok(sources)
}

/// Files whose paths are known, in their order.
///
/// # Errors
/// A file that can't be read, a name that can't be listed.
pub(crate) fn sources(paths: impl IntoIterator<Item = Utf8PathBuf>) -> Result<Vec<FileSize>> {
    let found = paths.into_iter().map(|path| source(&path));
    found.filter_map(Result::transpose).map(|found| found.map(|(_, source)| source)).collect()
}

fn same_name(first: &FileSize, second: &FileSize) -> Fault {
    Fault::new(format!("two files are named {}", first.name()))
        .because(format!("{} and {}", first.path, second.path))
        .hint("a list of checksums holds plain file names: rename one of them, or write two lists")
}

/// A file with its real path, nothing for a folder.
fn source(path: &Utf8Path) -> Result<Option<(Utf8PathBuf, FileSize)>> {
    let metadata = std::fs::metadata(path).fault(|| format!("cannot read {path}"))?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let name = path.file_name().unwrap_or_default();
    if let Some(why) = why_not_a_name(name) {
        return Err(Fault::new(format!("{} cannot be listed: its name {why}", path.as_str().escape_debug()))
            .hint("rename the file"));
    }
    let real = path.canonicalize_utf8().fault(|| format!("cannot read {path}"))?;
    Ok(Some((real, FileSize { path: path.to_owned(), size: metadata.len() })))
}

/// No line of a list is longer; a file with a longer one is not read into memory.
const LONGEST_LINE: usize = 64 << 10;

/// The bytes of a list, which may be of any length.
pub(crate) fn list(path: &Utf8Path) -> Result<Vec<u8>> {
    let cannot = || format!("cannot read {path}");
    let file = File::open(path).fault(cannot);
    let mut reader =
        BufReader::new(file.map_err(|fault| fault.hint("name a list that `cargo xtask checksums` wrote"))?);
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        let read = reader.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut bytes).fault(cannot)?;
        if read == 0 {
            return Ok(bytes);
        }
        if bytes.len() - before == LONGEST_LINE {
            return Err(Fault::new(format!("{path} is not a list of checksums"))
                .because("it has a line that is longer than any in a list"));
        }
    }
}

/// What is in the place of a listed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A file of this size.
    File(u64),
    /// Nothing.
    Empty,
    /// A folder or a device.
    Other,
}

/// Looks where a listed file should be.
pub(crate) fn place(path: &Utf8Path) -> Result<Place> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Place::File(metadata.len())),
        Ok(_) => Ok(Place::Other),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Place::Empty),
        Err(error) => Err(error).fault(|| format!("cannot read {path}")),
    }
}

/// The names of the files in a folder.
pub(crate) fn names_in(folder: &Utf8Path) -> Result<Vec<String>> {
    let entries = folder.read_dir_utf8().fault(|| format!("cannot read {folder}"))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.fault(|| format!("cannot read {folder}"))?;
        if entry.path().is_file() {
            names.push(entry.file_name().to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Files with their digests, in their order. `tell` hears of each piece and can end the work.
pub(crate) fn hashed(files: Vec<FileSize>, tell: impl Fn(u64) -> Result<()> + Sync) -> Result<Vec<FileDigest>> {
    let sized: Vec<_> = files.iter().map(|file| (file.path.clone(), file.size)).collect();
    let digests = digests(&sized, tell)?.into_iter();
    Ok(files
        .into_iter()
        .zip(digests)
        .map(|(FileSize { path, size }, sha256)| FileDigest { path, size, sha256 })
        .collect())
}

/// The digests of some files, in their order; several files at once, each in small pieces. `tell` hears of each
/// piece and can end the work.
pub(crate) fn digests(files: &[(Utf8PathBuf, u64)], tell: impl Fn(u64) -> Result<()> + Sync) -> Result<Vec<String>> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_THREADS);
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().fault(|| "cannot start threads".to_owned())?;
    // The largest first, so that none of them is left for the end.
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_unstable_by_key(|at| std::cmp::Reverse(files[*at].1));
    let mut hashed: Vec<(usize, String)> = pool.install(|| {
        order
            .into_par_iter()
            .with_max_len(1)
            .map(|at| Ok((at, hash::file_watched(&files[at].0, &tell)?.to_string())))
            .collect::<Result<_>>()
    })?;
    hashed.sort_unstable();
    Ok(hashed.into_iter().map(|(_, digest)| digest).collect())
}
