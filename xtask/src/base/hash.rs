//! SHA-256 of files and values (FIPS 180-4), as lower-case hex; and SHA-512 of files.

use std::fmt::{self, Display, Formatter};
use std::io::Read;
use std::str::FromStr;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha512};

use crate::base::fault::{Context, Result};

/// Bytes read at a time: large enough that the system call does not count, small enough to stay in the cache.
const CHUNK: usize = 256 * 1024;

/// A SHA-256 in 32 bytes: lists of many files are held in memory. Written as lower-case hex, also in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Digest(#[serde(with = "hex::serde")] [u8; 32]);

impl Digest {
    /// The digest of some bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// As formats that are not texts have it.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Display for Digest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Digest {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest)?;
        Ok(Self(digest))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// The digest of some bytes, as text.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

/// The digest of a list of lines; the end of each line counts, so no two lists share one by accident.
pub(crate) fn lines(lines: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut hasher = Sha256::new();
    for line in lines {
        hasher.update(line.as_ref().as_bytes());
        hasher.update(b"\n");
    }
    hex::encode(hasher.finalize())
}

/// The digest of a file, read in pieces: memory stays flat for any size.
pub(crate) fn file(path: &Utf8Path) -> Result<Digest> {
    file_watched(path, |_| Ok(()))
}

/// The same, and tells after each piece how many bytes it had; a failure of the listener ends the work.
pub(crate) fn file_watched(path: &Utf8Path, tell: impl Fn(u64) -> Result<()>) -> Result<Digest> {
    let mut hasher = Sha256::new();
    pieces(path, |piece| {
        hasher.update(piece);
        tell(piece.len() as u64)
    })?;
    Ok(Digest(hasher.finalize().into()))
}

/// The digest of what is read, to its end.
pub(crate) fn stream(mut reader: impl Read) -> std::io::Result<Digest> {
    let (mut hasher, mut chunk) = (Sha256::new(), vec![0; CHUNK]);
    loop {
        match reader.read(&mut chunk)? {
            0 => return Ok(Digest(hasher.finalize().into())),
            read => hasher.update(&chunk[..read]),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standards_own_example() {
        assert_eq!(bytes(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_ne!(lines(["a", "b"]), lines(["a\nb", ""]));
    }
}
