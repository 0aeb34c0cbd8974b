//! Update manifests (electron-builder's `latest*.yml`): what they say, against the assets of their release.

use crate::release::plan::update::electron;

/// What an update manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UpdateManifest {
    /// The version that it offers.
    pub(crate) version: String,
    /// The files that it names; the first is also there in the form of older clients.
    pub(crate) files: Vec<UpdateFile>,
}

/// A file that clients fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UpdateFile {
    /// The asset's name.
    pub(crate) name: String,
    /// SHA-512, in base64.
    pub(crate) sha512: String,
    /// Bytes.
    pub(crate) size: Option<u64>,
}

/// An asset as far as manifests speak of it.
#[derive(Clone, Debug)]
pub(crate) struct Offered<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Bytes.
    pub(crate) size: u64,
    /// SHA-512 in base64, where the bytes were looked at.
    pub(crate) sha512: Option<&'a str>,
}

/// Reads a manifest.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<UpdateManifest, String> {
    let manifest = electron::parse(text)?;
    Ok(manifest.into())
}

impl From<electron::Manifest> for UpdateManifest {
    fn from(manifest: electron::Manifest) -> Self {
        let files = manifest.files.into_iter().chain(manifest.old_form);
        let files = files.map(|file| UpdateFile { name: file.url, sha512: file.sha512, size: file.size });
        Self { version: manifest.version, files: files.collect() }
    }
}

/// What is wrong with a manifest of this version, given the assets beside it.
pub(crate) fn findings(manifest: &UpdateManifest, version: &str, assets: &[Offered<'_>]) -> Vec<String> {
    let mut wrong = Vec::new();
    if manifest.version != version {
        wrong.push(format!("offers the version {} and not {version}", manifest.version));
    }
    for file in &manifest.files {
        let Some(asset) = assets.iter().find(|asset| asset.name == file.name) else {
            wrong.push(format!("names {}, which is not an asset of the release", file.name));
            continue;
        };
        if let Some(size) = file.size.filter(|size| *size != asset.size) {
            wrong.push(format!("says that {} has {size} bytes; it has {}", file.name, asset.size));
        }
        if asset.sha512.is_some_and(|sha512| sha512 != file.sha512) {
            wrong.push(format!("names another SHA-512 of {} than it has", file.name));
        }
    }
    wrong.dedup();
    wrong
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const GOOD: &str = "version: 1.2.3\nfiles:\n  - url: a.zip\n    sha512: AAAA==\n    size: 5\n  - url: a.dmg\n    sha512: BBBB==\n    size: 6\npath: a.zip\nsha512: AAAA==\nreleaseDate: '2026-11-22T10:00:00.000Z'\n";

    fn check(text: &str, expected: &Expect) {
        let assets = [
            Offered { name: "a.zip", size: 5, sha512: Some("AAAA==") },
            Offered { name: "a.dmg", size: 6, sha512: None },
        ];
        expected.assert_eq(&match parse(text) {
            Ok(manifest) => findings(&manifest, "1.2.3", &assets).join("\n"),
            Err(why) => why,
        });
    }

    #[test]
    fn a_manifest_of_electron_builder_is_right() {
        check(GOOD, &expect![""]);
    }

    #[test]
    fn each_mistake_is_named() {
        check(
            &GOOD
                .replace("1.2.3", "1.2.2")
                .replace("size: 6", "size: 7")
                .replace("AAAA", "CCCC")
                .replace("path: a.zip", "path: b.zip"),
            &expect![[r"
                offers the version 1.2.2 and not 1.2.3
                names another SHA-512 of a.zip than it has
                says that a.dmg has 7 bytes; it has 6
                names b.zip, which is not an asset of the release"]],
        );
        check("version: 1.2.3\n", &expect!["it has no text `path`"]);
        check("", &expect!["it is not one YAML document"]);
        assert!(parse("a: [").unwrap_err().starts_with("it is no YAML"));
    }
}
