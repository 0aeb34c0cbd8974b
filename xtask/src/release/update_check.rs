//! What electron-builder's `latest*.yml` say, against the bytes of the files that they name. Every command that looks at a
//! manifest looks here, so that none of them takes what another refuses.

use camino::Utf8Path;

use crate::base::digests::FileSize;
use crate::base::fault::Result;
use crate::release::packages::{embedded_block_map, sha512, stale_block_map};
use crate::release::plan::update::electron::Manifest;
use crate::release::plan::update::offered;

/// A file that a manifest may name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offered<'a> {
    pub(crate) name: &'a str,
    /// Bytes.
    pub(crate) size: u64,
    /// Where its bytes are, if they are here.
    pub(crate) path: Option<&'a Utf8Path>,
}

impl<'a> From<&'a FileSize> for Offered<'a> {
    fn from(file: &'a FileSize) -> Self {
        Self { name: file.name(), size: file.size, path: Some(&file.path) }
    }
}

/// Everything that is wrong with the manifest of this name, which should offer a version. `tell` hears of each piece
/// that is read and can end the work.
pub(crate) fn findings(
    name: &str,
    manifest: &Manifest,
    version: &str,
    there: &[Offered<'_>],
    tell: impl Fn(u64) -> Result<()>,
) -> Result<Vec<String>> {
    let find = |name: &str| there.iter().find(|file| file.name == name);
    let named = || manifest.names().filter_map(find).filter_map(|file| Some((file, file.path?)));
    let mut digests = std::collections::BTreeMap::new();
    for (file, path) in named() {
        if !digests.contains_key(file.name) {
            digests.insert(file.name, sha512(path, &tell)?);
        }
    }
    let bytes = |name: &str| Some((find(name)?.size, digests.get(name).map(String::as_str)));
    let mut wrong = offered::findings(name, manifest, version, bytes);
    for (file, path) in named() {
        let block_map = find(&format!("{}.blockmap", file.name)).and_then(|map| map.path);
        if let Some(block_map) = block_map {
            wrong.extend(stale_block_map(file.name, file.size, block_map)?);
        }
        let told = manifest.all().filter(|entry| entry.url == file.name).find_map(|entry| entry.block_map_size);
        if told.is_some() && told != embedded_block_map(path)? {
            wrong.push(format!("names a blockmap at the end of {} that is not there", file.name));
        }
    }
    let mut told = std::collections::BTreeSet::new();
    wrong.retain(|sentence| told.insert(sentence.clone()));
    Ok(wrong)
}
