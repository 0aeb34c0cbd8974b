//! electron-builder's update manifests (`latest*.yml`), as electron-updater reads them: written, read, merged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use saphyr::{LoadableYamlNode, Yaml};

use crate::base::host::Arch;
use crate::release::artifact;
use crate::release::plan::update::joined::{differs, union};

/// A manifest. Its first file is also written in the form of older clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The version that it offers.
    pub(crate) version: String,
    /// The files, the one that a client without a preference takes first.
    pub(crate) files: Vec<File>,
    /// The file of older clients (`path` and `sha512` at the top).
    pub(crate) old_form: Option<File>,
    /// What the installer itself fetches from the web, for each processor.
    pub(crate) packages: Vec<File>,
    /// RFC 3339 with milliseconds.
    pub(crate) release_date: Option<String>,
    /// How many clients of a hundred take it already.
    pub(crate) staging_percentage: Option<u8>,
    /// Other scalars, as they are: `releaseName`, `releaseNotes`, `minimumSystemVersion`.
    pub(crate) more: BTreeMap<String, String>,
    /// Keys whose meaning is not known here; merging refuses them.
    pub(crate) unknown: BTreeSet<String>,
}

/// A file that clients fetch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct File {
    /// Its name beside the manifest.
    pub(crate) url: String,
    /// SHA-512, in base64.
    pub(crate) sha512: String,
    /// Bytes.
    pub(crate) size: Option<u64>,
    /// Bytes of the blockmap at its end.
    pub(crate) block_map_size: Option<u64>,
    /// Whether its installer asks for an administrator.
    pub(crate) needs_admin: bool,
}

const MORE: [&str; 3] = ["releaseName", "releaseNotes", "minimumSystemVersion"];

/// Reads a manifest. Keys that are not known are noted.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Manifest, String> {
    let documents = Yaml::load_from_str(text).map_err(|error| format!("it is not YAML: {error}"))?;
    let [root] = &documents[..] else { return Err("it is not one YAML document".to_owned()) };
    let mut manifest = Manifest { version: text_of(root, "version")?, ..Manifest::default() };
    let listed = root.as_mapping_get("files").and_then(Yaml::as_sequence).into_iter().flatten();
    manifest.files = listed.map(|node| file(node, "url", &mut manifest.unknown)).collect::<Result<_, String>>()?;
    let mut of_root = BTreeSet::new();
    if manifest.files.is_empty() || root.as_mapping_get("path").is_some() {
        let first = file(root, "path", &mut of_root)?;
        manifest.old_form = Some(first);
    }
    for (arch, package) in root.as_mapping_get("packages").and_then(Yaml::as_mapping).into_iter().flatten() {
        let read = file(package, "path", &mut of_root);
        let within = |why| format!("packages, {}: {why}", arch.as_str().unwrap_or_default());
        manifest.packages.push(read.map_err(within)?);
    }
    manifest.release_date = text_of(root, "releaseDate").ok();
    if let Some(percentage) = root.as_mapping_get("stagingPercentage") {
        let number =
            percentage.as_integer().and_then(|number| u8::try_from(number).ok()).filter(|number| *number <= 100);
        manifest.staging_percentage = Some(number.ok_or("its stagingPercentage is not a number from 0 to 100")?);
    }
    for (key, value) in root.as_mapping().into_iter().flatten() {
        match (key.as_str().unwrap_or_default(), value.as_str()) {
            (key, Some(value)) if MORE.contains(&key) => drop(manifest.more.insert(key.to_owned(), value.to_owned())),
            ("version" | "files" | "path" | "sha512" | "releaseDate" | "stagingPercentage", _) => {}
            (key, _) => drop(manifest.unknown.insert(key.to_owned())),
        }
    }
    Ok(manifest)
}

fn text_of(node: &Yaml<'_>, key: &str) -> Result<String, String> {
    let text = node.as_mapping_get(key).and_then(Yaml::as_str);
    text.map(str::to_owned).ok_or_else(|| format!("it has no text `{key}`"))
}

fn file(node: &Yaml<'_>, name: &str, unknown: &mut BTreeSet<String>) -> Result<File, String> {
    let number =
        |key: &str| node.as_mapping_get(key).and_then(Yaml::as_integer).and_then(|number| u64::try_from(number).ok());
    let known = [name, "sha512", "size", "blockMapSize", "isAdminRightsRequired"];
    let keys = node.as_mapping().into_iter().flatten().filter_map(|(key, _)| key.as_str());
    unknown.extend(keys.filter(|key| !known.contains(key)).map(str::to_owned));
    Ok(File {
        url: text_of(node, name)?,
        sha512: text_of(node, "sha512")?,
        size: number("size"),
        block_map_size: number("blockMapSize"),
        needs_admin: node.as_mapping_get("isAdminRightsRequired").and_then(Yaml::as_bool).unwrap_or(false),
    })
}

/// The text of a manifest, in electron-builder's order of keys. Files are put in order first.
pub(crate) fn format(manifest: &Manifest) -> String {
    let mut files: Vec<&File> = manifest.files.iter().collect();
    files.sort_by_cached_key(|file| rank(&file.url));
    let mut text = format!("version: {}\nfiles:\n", scalar(&manifest.version));
    for file in &files {
        let _ = write!(text, "  - url: {}\n    sha512: {}\n", scalar(&file.url), scalar(&file.sha512));
        for (key, number) in [("size", file.size), ("blockMapSize", file.block_map_size)] {
            if let Some(number) = number {
                let _ = writeln!(text, "    {key}: {number}");
            }
        }
        if file.needs_admin {
            text.push_str("    isAdminRightsRequired: true\n");
        }
    }
    if let Some(first) = files.first() {
        let _ = write!(text, "path: {}\nsha512: {}\n", scalar(&first.url), scalar(&first.sha512));
    }
    for (key, value) in &manifest.more {
        let _ = writeln!(text, "{key}: {}", quoted(value));
    }
    if let Some(date) = &manifest.release_date {
        let _ = writeln!(text, "releaseDate: '{date}'");
    }
    if let Some(percentage) = manifest.staging_percentage {
        let _ = writeln!(text, "stagingPercentage: {percentage}");
    }
    text
}

/// The order of files: what the updater installs before what only people do (`zip` before `dmg`), universal before
/// x64 before ARM, because older clients take the first; then by name. What can't be installed comes last.
fn rank(url: &str) -> (bool, u8, u8, String) {
    let lower = url.to_ascii_lowercase();
    let updates_itself = ["zip", "exe", "appimage"].iter().any(|end| lower.ends_with(&format!(".{end}")));
    let arch = match artifact::arches(url) {
        [_, _] => 0,
        [Arch::Arm64] => 2,
        _ => 1,
    };
    (artifact::is_portable(url), u8::from(!updates_itself), arch, url.to_owned())
}

/// A scalar that YAML takes for a text, with quotes only where it needs them.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-+/=".contains(c))
        && (text.matches('.').count() > 1
            || text.contains(|c: char| c.is_ascii_alphabetic()) && text.contains(['.', '=']))
        && text.parse::<f64>().is_err();
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes; JSON's escapes are YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Manifest {
    /// All files that it names.
    pub(crate) fn all(&self) -> impl Iterator<Item = &File> {
        self.files.iter().chain(&self.old_form).chain(&self.packages)
    }

    /// The names of all files that it names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.all().map(|file| file.url.as_str())
    }
}

/// Whether it is an archive, which is what the updater installs on macOS.
pub(crate) fn is_zip(name: &str) -> bool {
    camino::Utf8Path::new(name).extension() == Some("zip")
}

/// What electron-updater could not use, whatever the files are.
pub(crate) fn objections(name: &str, manifest: &Manifest) -> Vec<String> {
    let mut wrong = Vec::new();
    if let (Some(old), Some(first)) = (&manifest.old_form, manifest.files.first())
        && (&old.url, &old.sha512) != (&first.url, &first.sha512)
    {
        wrong.push(format!("names {} at its top, and {} first in its list", old.url, first.url));
    }
    if name.contains("-mac") && manifest.names().next().is_some_and(|first| !is_zip(first)) {
        wrong.push("does not name a zip first, which is what the updater installs on macOS".to_owned());
    }
    let portable = manifest.names().next().filter(|first| artifact::is_portable(first));
    wrong
        .extend(portable.map(|first| format!("names {first} first, a portable program, which no updater can install")));
    wrong
}

/// Joins manifests of one version. The result has the files of all and the latest date.
pub(crate) fn merge(mut manifests: Vec<(String, Manifest)>) -> Result<Manifest, Vec<String>> {
    manifests.sort_by(|(one, _), (other, _)| one.cmp(other));
    let each = || manifests.iter().map(|(name, manifest)| (name.as_str(), manifest));
    let mut wrong: Vec<String> = [
        differs("version", each().map(|(name, manifest)| (name, Some(manifest.version.clone())))),
        differs(
            "stagingPercentage",
            each().map(|(name, manifest)| (name, manifest.staging_percentage.map(|percent| percent.to_string()))),
        ),
    ]
    .into_iter()
    .chain(MORE.map(|key| differs(key, each().map(|(name, manifest)| (name, manifest.more.get(key).cloned())))))
    .flatten()
    .collect();
    let (files, other) = union(each().flat_map(|(name, manifest)| {
        // A manifest of old has its one file at the top only.
        let old = manifest.old_form.iter().filter(|_| manifest.files.is_empty());
        manifest.files.iter().chain(old).map(move |file| (name, &file.url, file))
    }));
    wrong.extend(other);
    for (name, manifest) in each() {
        wrong.extend(manifest.unknown.iter().map(|key| format!("{name} has a key `{key}`, which can't be merged")));
    }
    let dates = each().filter_map(|(_, manifest)| manifest.release_date.clone());
    let release_date = dates.max();
    let Some((_, first)) = manifests.first() else { return Err(vec!["there is none".to_owned()]) };
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(Manifest {
        version: first.version.clone(),
        files: files.into_values().collect(),
        old_form: None,
        release_date,
        staging_percentage: first.staging_percentage,
        more: first.more.clone(),
        ..Manifest::default()
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn file(url: &str, size: u64) -> File {
        File { url: url.to_owned(), sha512: "AAAA==".to_owned(), size: Some(size), ..File::default() }
    }

    fn manifest(files: &[File]) -> Manifest {
        Manifest {
            version: "1.2.3".to_owned(),
            files: files.to_vec(),
            release_date: Some("2026-11-22T10:00:00.000Z".to_owned()),
            ..Manifest::default()
        }
    }

    #[test]
    fn what_the_updater_takes_stands_first() {
        let files = [file("app-arm64.dmg", 1), file("app-arm64.zip", 2), file("app-x64.zip", 3)];
        let text = format(&Manifest { staging_percentage: Some(20), ..manifest(&files) });
        expect![[r#"
            version: 1.2.3
            files:
              - url: app-x64.zip
                sha512: AAAA==
                size: 3
              - url: app-arm64.zip
                sha512: AAAA==
                size: 2
              - url: app-arm64.dmg
                sha512: AAAA==
                size: 1
            path: app-x64.zip
            sha512: AAAA==
            releaseDate: '2026-11-22T10:00:00.000Z'
            stagingPercentage: 20
        "#]]
        .assert_eq(&text);
        let again = parse(&text).unwrap();
        assert_eq!(format(&again), text);
        assert_eq!(again.old_form.unwrap().url, "app-x64.zip");
    }

    #[test]
    fn odd_texts_stay_texts() {
        for text in [
            "1.2.3",
            "a b.zip",
            "it's: a.zip",
            "# a.zip",
            "1.5",
            "0x1F",
            "true",
            "\"q\".zip",
            "ä.zip",
            "1e3",
            "- a",
            "~",
        ] {
            let written = format(&Manifest { version: text.to_owned(), ..manifest(&[file(text, 1)]) });
            let read = parse(&written).unwrap();
            assert_eq!((read.version.as_str(), read.files[0].url.as_str()), (text, text), "{written}");
        }
    }

    fn check(texts: &[&str], expected: &Expect) {
        let named = texts.iter().zip(["a.yml", "b.yml", "c.yml"]);
        let manifests = named.map(|(text, name)| (name.to_owned(), parse(text).unwrap())).collect();
        expected.assert_eq(&merge(manifests).map_or_else(|wrong| wrong.join("\n"), |manifest| format(&manifest)));
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let one = format(&manifest(&[file("a.zip", 1)]));
        check(
            &[
                &one,
                &one.replace("size: 1", "size: 2").replace("1.2.3", "1.2.4"),
                &(one.clone() + "packages: {}\nstagingPercentage: 5\n"),
            ],
            &expect![[r#"
                a.yml and b.yml have another version: `1.2.3` and `1.2.4`
                a.yml and c.yml have another stagingPercentage: none and `5`
                b.yml says something else of a.zip than a.yml
                c.yml has a key `packages`, which can't be merged"#]],
        );
        assert!(parse("version: 1.2.3\npath: a\nsha512: b\nstagingPercentage: 101\n").is_err());
    }

    #[test]
    fn what_only_people_can_start_comes_last() {
        let files = [file("app-1.2.3-portable.exe", 1), file("app-1.2.3-x64.exe", 2)];
        let text = format(&manifest(&files));
        assert_eq!(parse(&text).unwrap().files[0].url, "app-1.2.3-x64.exe");
        let first = manifest(&files);
        let said = objections("latest.yml", &first).join("\n");
        assert!(said.contains("app-1.2.3-portable.exe first, a portable program"), "{said}");
    }

    #[test]
    fn what_a_web_installer_fetches_is_read() {
        let text = "version: 1.2.3\npath: a.exe\nsha512: AA==\npackages:\n  x64:\n    size: 7\n    sha512: BB==\n    blockMapSize: 2\n    path: a-x64.nsis.7z\n";
        let read = parse(text).unwrap();
        assert_eq!(read.names().collect::<Vec<_>>(), ["a.exe", "a-x64.nsis.7z"]);
        assert_eq!((read.packages[0].size, read.packages[0].block_map_size), (Some(7), Some(2)));
        let said = parse(&text.replace("    sha512: BB==\n", "")).unwrap_err();
        assert_eq!(said, "packages, x64: it has no text `sha512`");
    }

    #[test]
    fn the_latest_date_counts() {
        let one = format(&manifest(&[file("b.exe", 1)]));
        let old = "version: 1.2.3\npath: a.exe\nsha512: AAAA==\nreleaseDate: '2027-01-01T00:00:00.000Z'\n";
        check(
            &[&one, old],
            &expect![[r#"
                version: 1.2.3
                files:
                  - url: a.exe
                    sha512: AAAA==
                  - url: b.exe
                    sha512: AAAA==
                    size: 1
                path: a.exe
                sha512: AAAA==
                releaseDate: '2027-01-01T00:00:00.000Z'
            "#]],
        );
    }
}
