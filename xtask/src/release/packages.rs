//! Finished packages: where they lie, and what update manifests say of their bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use minisign_verify::PublicKey;

use crate::base::fault::{Context, Fault, Result};
use crate::base::{hash, walk};
use crate::release::plan::names::{Kind, kind};
use crate::release::plan::update::{blockmap, tauri};
use crate::release::repository::Settings;

/// A file that people or updaters fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// Where it is.
    pub(crate) path: Utf8PathBuf,
    /// Its name, unique among its like.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: u64,
}

/// How the assets of a release are fetched. `github` does it.
#[derive(Clone, Debug)]
pub(crate) struct FetchPlan {
    pub(crate) settings: Settings,
    pub(crate) tag: String,
    /// The folder that they go into, relative to the repository.
    pub(crate) folder: Utf8PathBuf,
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
pub(crate) fn below(folder: &Utf8Path) -> Result<Vec<Package>> {
    if !folder.is_dir() {
        return Err(Fault::new(format!("there is no folder {folder}"))
            .hint("name the folder with the packages, for example the one that `cargo xtask github-package-latest-path` prints"));
    }
    let mut found: BTreeMap<String, Package> = BTreeMap::new();
    let counts = |path: &str| {
        let is_hidden = path.starts_with('.') || path.contains("/.");
        let is_unpacked = path.contains("-unpacked/") || path.contains(".app/");
        !is_hidden && !is_unpacked && path.trim_end_matches('/').matches('/').count() <= 1
    };
    for file in walk::files(folder, counts)? {
        let name = file.path.rsplit('/').next().unwrap_or_default().to_owned();
        let package = Package { path: folder.join(&file.path), name: name.clone(), size: file.stat.size };
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

/// SHA-512 in base64, as electron-updater compares it.
pub(crate) fn sha512(path: &Utf8Path, tell: impl Fn(u64) -> Result<()>) -> Result<String> {
    Ok(BASE64_STANDARD.encode(hash::file_sha512(path, tell)?))
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
    let len = blockmap::embedded_len(trailer);
    let Some(start) = (size - 4).checked_sub(len).filter(|_| len > 0) else { return Ok(None) };
    let mut map = Vec::new();
    file.seek(SeekFrom::Start(start)).fault(cannot)?;
    file.take(len).read_to_end(&mut map).fault(cannot)?;
    Ok((blockmap::described_embedded(&map) == Ok(start)).then_some(len))
}

/// What is wrong with the `.blockmap` beside a package; nothing when there is none.
pub(crate) fn stale_block_map(package: &Package) -> Result<Option<String>> {
    let path = Utf8PathBuf::from(format!("{}.blockmap", package.path));
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(&path).fault(|| format!("cannot read {path}"))?;
    let name = format!("{}.blockmap", package.name);
    Ok(match blockmap::described(&bytes) {
        Ok(size) if size == package.size => None,
        Ok(size) => Some(format!(
            "{name} describes a file of {size} bytes, {} has {}: it was changed after the blockmap was made",
            package.name, package.size
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
