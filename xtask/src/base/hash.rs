//! SHA-256 of files and values (FIPS 180-4), as lower-case hex; and SHA-512 of files.

use std::io::Read;

use camino::Utf8Path;
use sha2::{Digest, Sha256, Sha512};

use crate::base::fault::{Context, Result};

/// Bytes read at a time: large enough that the system call does not count, small enough to stay in the cache.
const CHUNK: usize = 256 * 1024;

/// The digest of some bytes.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The digest of a list of lines; the end of each line counts, so no two lists share one by accident.
pub(crate) fn lines(lines: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut hasher = Sha256::new();
    for line in lines {
        hasher.update(line.as_ref().as_bytes());
        hasher.update(b"\n");
    }
    hex(&hasher.finalize())
}

/// The digest of a file, read in pieces: memory stays flat for any size.
pub(crate) fn file(path: &Utf8Path) -> Result<String> {
    file_watched(path, |_| Ok(()))
}

/// The same, and tells after each piece how many bytes it had; a failure of the listener ends the work.
pub(crate) fn file_watched(path: &Utf8Path, tell: impl Fn(u64) -> Result<()>) -> Result<String> {
    let mut hasher = Sha256::new();
    pieces(path, |piece| {
        hasher.update(piece);
        tell(piece.len() as u64)
    })?;
    Ok(hex(&hasher.finalize()))
}

/// The SHA-512 of a file, as it is: 64 bytes.
pub(crate) fn file_sha512(path: &Utf8Path, tell: impl Fn(u64) -> Result<()>) -> Result<Vec<u8>> {
    let mut hasher = Sha512::new();
    pieces(path, |piece| {
        hasher.update(piece);
        tell(piece.len() as u64)
    })?;
    Ok(hasher.finalize().to_vec())
}

/// Gives a file to `take`, piece by piece; a failure of it ends the reading.
pub(crate) fn pieces(path: &Utf8Path, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut file = std::fs::File::open(path).fault(|| format!("cannot read {path}"))?;
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk).fault(|| format!("cannot read {path}"))? {
            0 => return Ok(()),
            read => take(&chunk[..read])?,
        }
    }
}

/// A digest as lower-case hex.
pub(crate) fn hex(digest: &[u8]) -> String {
    use std::fmt::Write;

    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standards_own_example() {
        assert_eq!(bytes(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_ne!(lines(["a", "b"]), lines(["a\nb", ""]));
    }
}
