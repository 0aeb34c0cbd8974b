//! Finished packages: where they lie, and what update manifests say of their bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use flate2::read::{DeflateDecoder, GzDecoder};
use minisign_verify::PublicKey;
use serde::Deserialize;

use crate::base::ctx::Ctx;
use crate::base::digests::{self, FileDigest, FileSize};
use crate::base::fault::{Context, Fault, Result};
use crate::base::{hash, interrupt, walk};
use crate::release::artifact::{Kind, kind};
use crate::release::plan::update::tauri;
use crate::release::repository::{self, Settings};

/// How the assets of a release are fetched. `github` does it.
#[derive(Clone, Debug)]
pub(crate) struct FetchPlan {
    pub(crate) settings: Settings,
    pub(crate) tag: String,
    /// The folder that they go into, relative to the repository.
    pub(crate) folder: Utf8PathBuf,
    /// Whether all of a complete release must be there.
    pub(crate) is_whole: bool,
}

impl FetchPlan {
    /// The assets of a tag, into a folder that nobody keeps. `repo` is what `--repo` says.
    pub(crate) fn new(ctx: &Ctx, tag: &str, repo: Option<&str>) -> Result<Self> {
        let settings = repository::settings(ctx, repo)?;
        let folder = ctx.layout.scratch().join("release-assets").join(tag);
        Ok(Self { settings, tag: tag.to_owned(), folder, is_whole: false })
    }
}

impl fmt::Display for FetchPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fetch   the assets of release {} of {} into {}", self.tag, self.settings.repository, self.folder)
    }
}

/// The files in a folder and in the folders in it, sorted by name: a download has one for each system. Hidden ones,
/// deeper ones, and programs that a packager left unpacked don't count.
///
/// # Errors
/// There is no such folder, or two different files have one name.
pub(crate) fn below(folder: &Utf8Path) -> Result<Vec<FileSize>> {
    if !folder.is_dir() {
        return Err(Fault::new(format!("there is no folder {folder}"))
            .hint("name the folder with the packages, for example the one that `cargo xtask github-package-latest-path` prints"));
    }
    let mut found: BTreeMap<String, FileSize> = BTreeMap::new();
    let counts = |path: &str| {
        let is_hidden = path.starts_with('.') || path.contains("/.");
        let is_unpacked = path.contains("-unpacked/") || path.contains(".app/");
        !is_hidden && !is_unpacked && path.trim_end_matches('/').matches('/').count() <= 1
    };
    for file in walk::files(folder, counts)? {
        let name = file.path.rsplit('/').next().unwrap_or_default().to_owned();
        let package = FileSize { path: folder.join(&file.path), size: file.stat.size };
        if let Some(first) = found.get(&name) {
            if kind(&name) != Kind::Other && hash::file(&first.path)? != hash::file(&package.path)? {
                return Err(Fault::new(format!("two different files are named {name}"))
                    .because(format!("{} and {}", first.path, package.path))
                    .hint("name a folder that has the packages of one release only"));
            }
            continue;
        }
        found.insert(name, package);
    }
    Ok(found.into_values().collect())
}

/// Files with their digests, in their order; a bar tells how far it is.
pub(crate) fn hashed(ctx: &Ctx, files: Vec<FileSize>) -> Result<Vec<FileDigest>> {
    let progress = ctx.ui.bytes("checksums", files.iter().map(|file| file.size).sum());
    digests::hashed(files, |bytes| {
        progress.add(bytes);
        interrupt::check()
    })
}

/// SHA-512 in base64, as electron-updater compares it.
pub(crate) fn sha512(path: &Utf8Path, tell: impl Fn(u64) -> Result<()>) -> Result<String> {
    Ok(BASE64_STANDARD.encode(hash::file_sha512(path, tell)?))
}

/// A blockmap of a gigabyte has some megabytes; more is none.
const LARGEST: u64 = 64 << 20;

#[derive(Deserialize)]
struct Blockmap {
    files: Vec<Blocks>,
}

#[derive(Deserialize)]
struct Blocks {
    sizes: Vec<u64>,
    checksums: Vec<String>,
}

/// Bytes that the blocks of a blockmap have together: the size of the package that it was made from. The blockmap is a
/// file beside the package, gzipped, or at the end of an `AppImage`, deflated and followed by its length.
fn described(reader: impl Read) -> std::result::Result<u64, String> {
    let mut text = Vec::new();
    reader.take(LARGEST).read_to_end(&mut text).map_err(|error| format!("it is not a blockmap: {error}"))?;
    let map: Blockmap = serde_json::from_slice(&text).map_err(|error| format!("it is not a blockmap: {error}"))?;
    if map.files.iter().any(|blocks| blocks.sizes.len() != blocks.checksums.len()) {
        return Err("it has not one checksum for each block".to_owned());
    }
    Ok(map.files.iter().flat_map(|blocks| &blocks.sizes).sum())
}

/// Bytes of the blockmap at the end of a file; nothing when there is none that describes the bytes before it.
pub(crate) fn embedded_block_map(path: &Utf8Path) -> Result<Option<u64>> {
    let cannot = || format!("cannot read {path}");
    let mut file = File::open(path).fault(cannot)?;
    let size = file.metadata().fault(cannot)?.len();
    if size < 4 {
        return Ok(None);
    }
    let mut trailer = [0; 4];
    file.seek(SeekFrom::End(-4)).fault(cannot)?;
    file.read_exact(&mut trailer).fault(cannot)?;
    let len = u64::from(u32::from_be_bytes(trailer));
    let Some(start) = (size - 4).checked_sub(len).filter(|_| len > 0) else { return Ok(None) };
    let mut map = Vec::new();
    file.seek(SeekFrom::Start(start)).fault(cannot)?;
    file.take(len).read_to_end(&mut map).fault(cannot)?;
    Ok((described(DeflateDecoder::new(&*map)) == Ok(start)).then_some(len))
}

/// What is wrong with the `.blockmap` of a package of this name and size; nothing when it describes these bytes.
pub(crate) fn stale_block_map(package: &str, bytes: u64, path: &Utf8Path) -> Result<Option<String>> {
    let map = std::fs::read(path).fault(|| format!("cannot read {path}"))?;
    let name = format!("{package}.blockmap");
    Ok(match described(GzDecoder::new(&*map)) {
        Ok(size) if size == bytes => None,
        Ok(size) => Some(format!(
            "{name} describes a file of {size} bytes, {package} has {bytes}: it was changed after the blockmap was made"
        )),
        // The two bytes of gzip; electron-builder 27 has another form, which electron-updater 7 reads.
        Err(_) if !map.starts_with(&[0x1f, 0x8b]) => Some(format!(
            "{name}: it is not a blockmap that electron-updater 6 reads; electron-builder 27 writes those only where `electronUpdaterCompatibility` allows version 6"
        )),
        Err(why) => Some(format!("{name}: {why}")),
    })
}

/// Whether a package's signature is of its bytes, and of the key; a sentence when not.
pub(crate) fn check_signature(
    path: &Utf8Path,
    signature: &str,
    key: &PublicKey,
) -> Result<std::result::Result<(), String>> {
    let parsed = match tauri::Parsed::new(signature) {
        Ok(parsed) => parsed,
        Err(why) => return Ok(Err(why)),
    };
    let mut check = match tauri::Check::begin(key, &parsed) {
        Ok(check) => check,
        Err(why) => return Ok(Err(why)),
    };
    hash::pieces(path, |piece| {
        check.update(piece);
        Ok(())
    })?;
    Ok(check.finish())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn only_blockmaps_are_blockmaps() {
        let gzipped = |text: &str| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        let map = r#"{"version":"2","files":[{"name":"file","offset":0,"checksums":["a","b"],"sizes":[5,7]}]}"#;
        let described = |bytes: &[u8]| super::described(GzDecoder::new(bytes));
        assert_eq!(described(&gzipped(map)), Ok(12));
        assert!(described(&gzipped(&map.replace(",\"b\"", ""))).is_err());
        assert!(described(&gzipped("{}")).is_err());
        assert!(described(b"no gzip").is_err());
        assert!(super::described(DeflateDecoder::new(&[][..])).is_err());
    }
}
