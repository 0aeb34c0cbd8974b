//! Unpacks an archive that comes from outside: all of it, as it says, below its target, or a fault.

use std::fs::File;
use std::io::{Read, Write};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, ZipArchive};

use crate::fault::{Context, Fault, Result};
use crate::hash;
use crate::plan::github::archive::{Entry, Limits, objections};

const CHUNK: usize = 64 * 1024;

/// A file that was unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unpacked {
    /// Relative to the target, `/`-separated.
    pub(crate) path: String,
    /// Lower-case hex.
    pub(crate) sha256: String,
}

/// Unpacks into a folder, which may have other files in it; none of them is replaced. `most_mb` bounds what the
/// archive may become, `go_on` is asked once a piece.
///
/// # Errors
/// Nothing is written when the list of entries speaks against it. Otherwise what was written is left there.
pub(crate) fn unpack(
    archive: &Utf8Path,
    target: &Utf8Path,
    most_mb: u64,
    go_on: &dyn Fn() -> Result<()>,
) -> Result<Vec<Unpacked>> {
    let what = || format!("cannot unpack {archive}");
    let file = File::open(archive).fault(what)?;
    let limits = Limits::of(file.metadata().fault(what)?.len(), most_mb);
    // The central directory is read at once: a small file can't make that a long list.
    let mut zip = ZipArchive::new(file).fault(what)?;
    let entries = entries(&mut zip).map_err(|fault| fault.within(what()))?;
    let mut wrong = objections(&entries, limits);
    if zip.has_duplicate_names() {
        wrong.push("it has two entries of one name".to_owned());
    }
    if zip.has_overlapping_entries().fault(what)? {
        wrong.push("its entries share bytes".to_owned());
    }
    if !wrong.is_empty() {
        return Err(wrong.iter().fold(Fault::new(format!("{archive} is not safe to unpack")), Fault::because));
    }
    let mut unpacked = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let path = target.join(&entry.name);
        if entry.folder {
            super::files::make_folder(&path)?;
        } else {
            let sha256 = write(&mut zip, index, entry, &path, go_on).map_err(|fault| fault.within(what()))?;
            unpacked.push(Unpacked { path: entry.name.clone(), sha256 });
        }
    }
    Ok(unpacked)
}

fn entries(zip: &mut ZipArchive<File>) -> Result<Vec<Entry>> {
    (0..zip.len())
        .map(|index| {
            let file = zip.by_index_raw(index).fault(|| "its list of entries is broken".to_owned())?;
            let name = String::from_utf8_lossy(file.name_raw()).into_owned();
            Ok(Entry {
                folder: name.ends_with('/'),
                name,
                mode: file.unix_mode(),
                encrypted: file.encrypted(),
                readable: matches!(file.compression(), CompressionMethod::Stored | CompressionMethod::Deflated),
                size: file.size(),
            })
        })
        .collect()
}

/// Writes one file; its size and checksum must be those of the list.
fn write(
    zip: &mut ZipArchive<File>,
    index: usize,
    entry: &Entry,
    path: &Utf8PathBuf,
    go_on: &dyn Fn() -> Result<()>,
) -> Result<String> {
    let broken = || format!("its entry `{}` is broken", entry.name);
    super::files::make_folder(path.parent().unwrap_or(path))?;
    let mut reader = zip.by_index(index).fault(broken)?;
    let mut file = File::create_new(path).fault(|| format!("cannot write {path}"))?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut written = 0_u64;
    loop {
        go_on()?;
        let read = reader.read(&mut chunk).fault(broken)?;
        if read == 0 {
            break;
        }
        written += read as u64;
        if written > entry.size {
            return Err(Fault::new(broken()).because("it is longer than the archive says"));
        }
        hasher.update(&chunk[..read]);
        file.write_all(&chunk[..read]).fault(|| format!("cannot write {path}"))?;
    }
    if written != entry.size {
        return Err(Fault::new(broken()).because("it is shorter than the archive says"));
    }
    Ok(hash::hex(&hasher.finalize()))
}

#[cfg(test)]
mod tests;
