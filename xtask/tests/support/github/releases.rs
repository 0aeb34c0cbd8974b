//! A release as it should be.

use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sha2::{Digest, Sha512};

use super::checkout::PREFIX;
use super::packages::noise;
use super::{Asset, Content, Release};

/// An update manifest over some files, as electron-builder writes it.
fn update_manifest(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let sha512 = |bytes: &[u8]| BASE64_STANDARD.encode(Sha512::digest(bytes));
    let entry = |(name, bytes): &(String, Vec<u8>)| {
        format!("  - url: {name}\n    sha512: {}\n    size: {}\n", sha512(bytes), bytes.len())
    };
    let entries: Vec<String> = files.iter().map(entry).collect();
    let (name, bytes) = &files[0];
    let old_form = format!("path: {name}\nsha512: {}\nreleaseDate: '2026-11-22T10:00:00.000Z'\n", sha512(bytes));
    format!("version: 1.2.3\nfiles:\n{}{old_form}", entries.concat()).into_bytes()
}

/// What electron-builder writes beside a package of this many bytes.
pub(crate) fn block_map(len: usize) -> Vec<u8> {
    let map = json!({ "version": "2", "files": [{ "name": "file", "offset": 0, "checksums": ["x"], "sizes": [len] }] });
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(map.to_string().as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A complete draft of v1.2.3.
pub(crate) fn complete_draft(len: usize) -> Release {
    let file = |ending: &str, seed: u64| (format!("{PREFIX}-{ending}"), noise(seed, len));
    let mac = [file("macos-1.2.3-arm64.zip", 1), file("macos-1.2.3-arm64.dmg", 2)];
    let windows = [file("windows-1.2.3-x64.exe", 3)];
    let linux = [file("linux-1.2.3-x86_64.AppImage", 4)];
    let maps = mac.iter().chain(&windows).map(|(name, bytes)| (format!("{name}.blockmap"), block_map(bytes.len())));
    let maps: Vec<_> = maps.collect();
    let mut files = vec![
        ("latest-mac.yml".to_owned(), update_manifest(&mac)),
        ("latest.yml".to_owned(), update_manifest(&windows)),
        ("latest-linux.yml".to_owned(), update_manifest(&linux)),
    ];
    files.extend(mac.into_iter().chain(windows).chain(linux));
    files.extend(maps);
    let assets = files.into_iter().zip(50..).map(|((name, bytes), id)| {
        let content = Content::bytes(bytes);
        Asset { id, name, state: "uploaded".to_owned(), digest: Some(format!("sha256:{}", content.sha256())), content }
    });
    Release::draft(40, "v1.2.3", assets.collect())
}
