//! What the stand-in serves: bytes in memory or in a file, and archives like those of a run.

use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::GitHub;

/// A body.
#[derive(Clone)]
pub(crate) enum Content {
    Bytes(Arc<Vec<u8>>),
    File { path: PathBuf, len: u64, sha256: String },
}

impl Default for Content {
    fn default() -> Self {
        Self::bytes(Vec::new())
    }
}

impl Content {
    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Bytes(Arc::new(bytes.into()))
    }

    /// A file as it is now.
    pub(crate) fn file(path: PathBuf) -> Self {
        let mut file = std::fs::File::open(&path).unwrap();
        let (mut hasher, mut piece, mut len) = (Sha256::new(), vec![0; 1_000_000], 0);
        loop {
            match file.read(&mut piece).unwrap() {
                0 => return Self::File { path, len, sha256: hex(&hasher.finalize()) },
                read => hasher.update(&piece[..read]),
            }
            len = file.stream_position().unwrap();
        }
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { len, .. } => *len,
        }
    }

    pub(crate) fn sha256(&self) -> String {
        match self {
            Self::Bytes(bytes) => digest(bytes),
            Self::File { sha256, .. } => sha256.clone(),
        }
    }

    pub(crate) fn read(&self, from: u64, len: u64) -> Vec<u8> {
        let (start, len) = (usize::try_from(from).unwrap(), usize::try_from(len).unwrap());
        match self {
            Self::Bytes(bytes) => bytes[start..start + len].to_vec(),
            Self::File { path, .. } => {
                let mut file = std::fs::File::open(path).unwrap();
                file.seek(SeekFrom::Start(from)).unwrap();
                let mut bytes = vec![0; len];
                file.read_exact(&mut bytes).unwrap();
                bytes
            }
        }
    }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(digest: &[u8]) -> String {
    let digits: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

/// Bytes that don't shrink, the same for one seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| random.u8(..)).take(len).collect()
}

/// An archive of these files.
pub(crate) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The package of a platform: its name and bytes.
pub(crate) fn package(prefix: &str, platform: &str, seed: u64, len: usize) -> (String, Vec<u8>) {
    let ending = match platform {
        "macos" => "1.2.3-arm64.dmg",
        "windows" => "1.2.3-x64.exe",
        _ => "1.2.3-x86_64.AppImage",
    };
    (format!("{prefix}-{platform}-{ending}"), noise(seed, len))
}

/// A list of checksums of these files.
pub(crate) fn manifest(files: &[(&str, &[u8])]) -> String {
    let lines: Vec<String> = files.iter().map(|(name, bytes)| format!("{}  {name}\n", digest(bytes))).collect();
    lines.concat()
}

/// An archive with one stored file of noise, written piece by piece, and the digest of that file.
pub(crate) fn large_archive(folder: &std::path::Path, name: &str, megabytes: u64) -> (Content, String) {
    let path = folder.join(name).with_extension("zip");
    let mut zip = ZipWriter::new(std::fs::File::create(&path).unwrap());
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
    zip.start_file(name, options).unwrap();
    let (piece, mut hasher) = (noise(megabytes, 1_000_000), Sha256::new());
    for _ in 0..megabytes {
        zip.write_all(&piece).unwrap();
        hasher.update(&piece);
    }
    zip.finish().unwrap();
    (Content::file(path), hex(&hasher.finalize()))
}

impl GitHub {
    /// The six artifacts of a run with large packages, on the disk.
    pub(crate) fn add_large_packages(&self, run: u64, prefix: &str, folder: &std::path::Path, megabytes: u64) {
        for platform in ["macos", "windows", "linux"] {
            let (name, _) = package(prefix, platform, 0, 0);
            let (content, sha256) = large_archive(folder, &name, megabytes);
            self.add_artifact(run, &format!("{prefix}-{platform}"), content);
            let list = format!("{sha256}  {name}\n");
            let list = archive(&[(&format!("{prefix}-{platform}-sha256.txt"), list.as_bytes())]);
            self.add_artifact(run, &format!("{prefix}-{platform}-checksums"), Content::bytes(list));
        }
    }

    /// The six artifacts of a run, each package with so many bytes. Returns what must lie in the run's folder.
    pub(crate) fn add_packages(&self, run: u64, prefix: &str, len: usize) -> Vec<(String, Vec<u8>)> {
        self.add_packages_of_seed(run, prefix, len, run)
    }

    /// The same with other bytes for each seed.
    pub(crate) fn add_packages_of_seed(&self, run: u64, prefix: &str, len: usize, seed: u64) -> Vec<(String, Vec<u8>)> {
        let mut expected = Vec::new();
        for (number, platform) in ["macos", "windows", "linux"].into_iter().enumerate() {
            let (name, bytes) = package(prefix, platform, seed * 10 + number as u64, len);
            let list = manifest(&[(&name, &bytes)]);
            let list_name = format!("{prefix}-{platform}-sha256.txt");
            self.add_artifact(run, &format!("{prefix}-{platform}"), Content::bytes(archive(&[(&name, &bytes)])));
            let lists = archive(&[(&list_name, list.as_bytes())]);
            self.add_artifact(run, &format!("{prefix}-{platform}-checksums"), Content::bytes(lists));
            expected.push((format!("{platform}/{name}"), bytes));
            expected.push((format!("{platform}/{list_name}"), list.into_bytes()));
        }
        expected.sort();
        expected
    }
}
