//! Update manifests (electron-builder's `latest*.yml`): what they say, against the assets of their release.

use saphyr::{LoadableYamlNode, Yaml};

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
    let documents = Yaml::load_from_str(text).map_err(|error| format!("it is no YAML: {error}"))?;
    let [root] = &documents[..] else { return Err("it is not one YAML document".to_owned()) };
    let text_of = |node: &Yaml<'_>, key: &str| node.as_mapping_get(key).and_then(Yaml::as_str).map(str::to_owned);
    let missing = |key: &str| format!("it has no text `{key}`");
    let file = |node: &Yaml<'_>, name: &str| {
        Ok(UpdateFile {
            name: text_of(node, name).ok_or_else(|| missing(name))?,
            sha512: text_of(node, "sha512").ok_or_else(|| missing("sha512"))?,
            size: node.as_mapping_get("size").and_then(Yaml::as_integer).and_then(|size| u64::try_from(size).ok()),
        })
    };
    let listed = root.as_mapping_get("files").and_then(Yaml::as_sequence).into_iter().flatten();
    let mut files = listed.map(|node| file(node, "url")).collect::<Result<Vec<_>, String>>()?;
    if files.is_empty() || root.as_mapping_get("path").is_some() {
        files.push(file(root, "path")?);
    }
    Ok(UpdateManifest { version: text_of(root, "version").ok_or_else(|| missing("version"))?, files })
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
