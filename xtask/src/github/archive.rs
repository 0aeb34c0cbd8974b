//! Unpacks an archive that comes from outside: all of it, as it says, below its target, or a fault.

use std::fs::File;
use std::io::{Read, Write};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, ZipArchive};

use crate::base::digests::FileDigest;
use crate::base::fault::{Context, Fault, Result};
use crate::base::files;
use crate::github::plan::archive::{Entry, Limits, objections};

const CHUNK: usize = 64 * 1024;

/// Why something that was fetched could not be put into its place.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It is wrong itself: nothing here can mend that.
    Wrong(Fault),
    /// It may be right: there is no room for it, or you stopped the work.
    Here(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Here(fault)
    }
}

impl Failure {
    pub(crate) fn into_fault(self) -> Fault {
        match self {
            Self::Wrong(fault) | Self::Here(fault) => fault,
        }
    }

    pub(crate) fn map(self, to: impl FnOnce(Fault) -> Fault) -> Self {
        match self {
            Self::Wrong(fault) => Self::Wrong(to(fault)),
            Self::Here(fault) => Self::Here(to(fault)),
        }
    }
}

type Unpacked<T> = std::result::Result<T, Failure>;

/// Unpacks into a folder, which may have other files in it; none of them is replaced. Paths come relative to it. `most_mb` bounds what the
/// archive may become, `go_on` is asked once a piece.
///
/// # Errors
/// Nothing of it stays there.
pub(crate) fn unpack(
    archive: &Utf8Path,
    target: &Utf8Path,
    most_mb: u64,
    go_on: &dyn Fn() -> Result<()>,
) -> Unpacked<Vec<FileDigest>> {
    let what = || format!("cannot unpack {archive}");
    let file = File::open(archive).fault(what)?;
    let limits = Limits::of(file.metadata().fault(what)?.len(), most_mb);
    // The central directory is read at once: a small file can't make that a long list.
    let mut zip = ZipArchive::new(file).fault(what).map_err(Failure::Wrong)?;
    let entries = entries(&mut zip).map_err(|fault| Failure::Wrong(fault.within(what())))?;
    let mut wrong = objections(&entries, limits);
    if zip.has_duplicate_names() {
        wrong.push("it has two entries of one name".to_owned());
    }
    if zip.has_overlapping_entries().fault(what).map_err(Failure::Wrong)? {
        wrong.push("its entries share bytes".to_owned());
    }
    if !wrong.is_empty() {
        return Err(Failure::Wrong(Fault::new(format!("{archive} is not safe to unpack")).because_all(wrong)));
    }
    let mut unpacked = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let path = target.join(&entry.name);
        if entry.folder {
            files::make_folder(&path)?;
            continue;
        }
        match write(&mut zip, index, entry, &path, go_on) {
            Ok(sha256) => unpacked.push(FileDigest { path: entry.name.as_str().into(), size: entry.size, sha256 }),
            Err(failure) => {
                for file in &unpacked {
                    let _ = std::fs::remove_file(target.join(&file.path));
                }
                return Err(failure.map(|fault| fault.within(what())));
            }
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

/// Writes one file; its size and checksum must be those of the list. Nothing of it stays when they are not.
fn write(
    zip: &mut ZipArchive<File>,
    index: usize,
    entry: &Entry,
    path: &Utf8PathBuf,
    go_on: &dyn Fn() -> Result<()>,
) -> Unpacked<String> {
    let broken = || format!("its entry `{}` is broken", entry.name);
    files::make_folder(path.parent().unwrap_or(path))?;
    let mut reader = zip.by_index(index).fault(broken).map_err(Failure::Wrong)?;
    let file = File::create_new(path).map_err(|error| {
        let is_there = error.kind() == std::io::ErrorKind::AlreadyExists;
        let fault = Fault::new(format!("cannot write {path}")).because_of(&error).hint_for(&error);
        if is_there { Failure::Wrong(fault) } else { Failure::Here(fault) }
    })?;
    copy(&mut reader, file, entry.size, go_on)
        .map_err(|failure| match failure {
            Failure::Wrong(fault) => Failure::Wrong(fault.within(broken())),
            Failure::Here(fault) => Failure::Here(fault.within(format!("cannot write {path}"))),
        })
        .inspect_err(|_| drop(std::fs::remove_file(path)))
}

/// Copies an entry of this many bytes, and gives its checksum.
fn copy(reader: &mut impl Read, mut file: File, size: u64, go_on: &dyn Fn() -> Result<()>) -> Unpacked<String> {
    let wrong = |why: &str| Failure::Wrong(Fault::new(why));
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut written = 0_u64;
    loop {
        go_on()?;
        let read = reader.read(&mut chunk).map_err(|error| wrong(&error.to_string()))?;
        if read == 0 {
            break;
        }
        written += read as u64;
        if written > size {
            return Err(wrong("it is longer than the archive says"));
        }
        hasher.update(&chunk[..read]);
        file.write_all(&chunk[..read]).map_err(|error| Fault::new(error.to_string()).hint_for(&error))?;
    }
    if written != size {
        return Err(wrong("it is shorter than the archive says"));
    }
    Ok(hex::encode(hasher.finalize()))
}

#[cfg(test)]
mod tests {
    // Hostile archives, each made on the spot, so that it can be read here what is wrong with it.

    use std::io::{Cursor, Write as _};

    use camino::Utf8Path;
    use proptest::prelude::*;
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use crate::github::archive::unpack;

    /// An archive with these files.
    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
                .unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// The archive with each occurrence of some bytes replaced by others of the same number.
    fn patched(archive: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        assert_eq!(from.len(), to.len());
        let mut archive = archive.to_vec();
        let places: Vec<usize> = memchr::memmem::find_iter(&archive, from).collect();
        assert!(!places.is_empty(), "there is nothing to patch");
        for at in places {
            archive[at..at + to.len()].copy_from_slice(to);
        }
        archive
    }

    /// Sets bytes at an offset of each header: first the local ones, then those of the central directory.
    fn with_headers(archive: &[u8], local: usize, central: usize, bytes: &[u8]) -> Vec<u8> {
        let mut changed = archive.to_vec();
        for (magic, offset) in [(b"PK\x03\x04", local), (b"PK\x01\x02", central)] {
            for at in memchr::memmem::find_iter(archive, magic) {
                changed[at + offset..at + offset + bytes.len()].copy_from_slice(bytes);
            }
        }
        changed
    }

    /// Unpacks into a folder that lies in another, and gives the message; nothing may be outside the inner one.
    fn outcome(bytes: &[u8]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let (path, target) = (root.join("a.zip"), root.join("deep/target"));
        std::fs::write(&path, bytes).unwrap();
        std::fs::create_dir_all(&target).unwrap();
        let outcome = unpack(&path, &target, 100, &|| Ok(()));
        let files = walkdir::WalkDir::new(&target).into_iter().filter(|entry| entry.as_ref().unwrap().path().is_file());
        assert!(outcome.is_ok() || files.count() == 0, "a part of it was left");
        let outside = |folder: &Utf8Path| std::fs::read_dir(folder).unwrap().count();
        assert_eq!((outside(root), outside(&root.join("deep"))), (2, 1), "something was written outside");
        for entry in walkdir::WalkDir::new(&target).into_iter().map(Result::unwrap) {
            assert!(!entry.path_is_symlink(), "a link was written");
        }
        match outcome {
            Ok(files) => Ok(files.into_iter().map(|file| file.path.into_string()).collect()),
            Err(failure) => Err(failure.into_fault().to_string()),
        }
    }

    #[track_caller]
    fn refused(bytes: &[u8], why: &str) {
        let fault = outcome(bytes).unwrap_err();
        assert!(fault.contains(why), "{fault}");
    }

    #[test]
    fn a_good_archive_is_unpacked() {
        let good = archive(&[("a.dmg", b"one"), ("folder/b.txt", b"two")]);
        assert_eq!(outcome(&good).unwrap(), ["a.dmg", "folder/b.txt"]);
    }

    #[test]
    fn names_that_lead_elsewhere() {
        for name in [
            "../x",
            "../../x",
            "a/../../../x",
            "..\\x",
            "/tmp/dds-x",
            "C:\\x",
            "C:x",
            "\\\\host\\share",
            "NUL",
            "aux.txt",
            "x:y",
        ] {
            refused(&archive(&[("good", b"1"), (name, b"2")]), "is not safe to unpack");
        }
    }

    #[test]
    fn links() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.add_symlink("link", "/etc", SimpleFileOptions::default()).unwrap();
        refused(&zip.finish().unwrap().into_inner(), "is a link or a device");
    }

    #[test]
    fn two_entries_of_one_name() {
        refused(&patched(&archive(&[("a1", b"1"), ("a2", b"2")]), b"a2", b"a1"), "two entries of one name");
        refused(&archive(&[("a.dmg", b"1"), ("A.dmg", b"2")]), "have one name");
        refused(&archive(&[("a", b"1"), ("a/b", b"2")]), "is a file and a folder");
    }

    #[test]
    fn bombs() {
        refused(&archive(&[("zeros", &vec![0; 80_000_000])]), "are the most for an archive of its size");
        // The same, and it lies about its size: 10 bytes in both headers.
        let liar = with_headers(&archive(&[("zeros", &vec![0; 80_000_000])]), 22, 24, &10_u32.to_le_bytes());
        refused(&liar, "its entry `zeros` is broken");
        // Two entries over the same bytes.
        let twice = archive(&[("a", b"the same"), ("b", b"the same")]);
        let second = memchr::memmem::rfind(&twice, b"PK\x01\x02").unwrap();
        let mut shared = twice;
        shared[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
        refused(&shared, "its entries share bytes");
    }

    #[test]
    fn broken_ones() {
        let good = archive(&[("a.dmg", &[7; 5000])]);
        for end in [0, 1, 30, good.len() / 2, good.len() - 1] {
            refused(&good[..end], "cannot unpack");
        }
        refused(&with_headers(&good, 14, 16, &[1, 2, 3, 4]), "its entry `a.dmg` is broken");
        refused(&with_headers(&good, 6, 8, &[1, 0]), "is encrypted");
        refused(&with_headers(&good, 8, 10, &[14, 0]), "packed by a method that is not deflate");
        refused(b"<html>no archive</html>", "cannot unpack");
    }

    #[test]
    fn what_is_there_already_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        std::fs::write(root.join("a.zip"), archive(&[("a.dmg", b"new")])).unwrap();
        std::fs::write(root.join("a.dmg"), "old").unwrap();
        unpack(&root.join("a.zip"), root, 100, &|| Ok(())).unwrap_err();
        assert_eq!(std::fs::read_to_string(root.join("a.dmg")).unwrap(), "old");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn no_change_of_a_byte_gets_anything_outside(at in 0_usize..400, value in any::<u8>(), cut in 0_usize..400) {
            let mut bytes = archive(&[("a.dmg", b"some bytes"), ("folder/b.txt", b"more of them")]);
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = outcome(&bytes);
            bytes.truncate(cut);
            let _ = outcome(&bytes);
        }
    }
}
