//! Tauri's update manifest (`latest.json`): written, read, merged; and its signatures, which are minisign's.
//!
//! Tauri's updater reads the whole file or nothing of it, so one bad entry takes the update from everybody.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use minisign_verify::{PublicKey, Signature};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::base::host::{Arch, Os};
use crate::base::text;
use crate::release::artifact;
use crate::release::plan::update::joined::{differs, union};

/// A manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The version that it offers.
    pub(crate) version: String,
    /// What people are told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) notes: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pub_date: Option<String>,
    /// `OS-ARCH`, or `OS-ARCH-INSTALLER`, and what is fetched there.
    pub(crate) platforms: BTreeMap<String, Platform>,
}

/// What a platform fetches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Platform {
    /// The `.sig` file, as it is.
    pub(crate) signature: String,
    pub(crate) url: String,
}

/// Reads a manifest as strictly as the strictest client.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Manifest, String> {
    let manifest: Manifest =
        serde_json::from_str(text).map_err(|error| format!("it is not a manifest of Tauri: {error}"))?;
    match findings(&manifest) {
        wrong if wrong.is_empty() => Ok(manifest),
        wrong => Err(wrong.join("; ")),
    }
}

/// What no client accepts, a sentence each.
fn findings(manifest: &Manifest) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Err(why) = Version::parse(manifest.version.strip_prefix('v').unwrap_or(&manifest.version)) {
        wrong.push(format!("`{}` is not a version: {why}", manifest.version));
    }
    if let Some(date) = manifest.pub_date.as_deref().filter(|date| text::moment(date).is_none()) {
        wrong.push(format!("`{date}` is not a date of RFC 3339"));
    }
    if manifest.platforms.is_empty() {
        wrong.push("it names no platform".to_owned());
    }
    for (key, platform) in &manifest.platforms {
        if !is_key(key) {
            wrong.push(format!("`{key}` is not a platform: it should be like linux-x86_64 or windows-aarch64-nsis"));
        }
        if !platform.url.starts_with("https://") || platform.name().is_empty() {
            wrong.push(format!("{key}: `{}` is not an https address of a file", platform.url));
        }
        if let Err(why) = signature(&platform.signature) {
            wrong.push(format!("{key}: {why}"));
        }
    }
    wrong
}

/// The operating systems, processors and installers that Tauri's updater knows.
fn is_key(key: &str) -> bool {
    let mut parts = key.splitn(3, '-');
    let mut is = |known: &[&str]| parts.next().is_some_and(|part| known.contains(&part));
    is(&["linux", "darwin", "windows"])
        && is(&["x86_64", "aarch64", "i686", "armv7", "riscv64"])
        && parts.next().is_none_or(|installer| ["appimage", "deb", "rpm", "app", "nsis", "msi"].contains(&installer))
}

impl Platform {
    /// The file's own name: the last part of its address, decoded.
    pub(crate) fn name(&self) -> String {
        let last = self.url.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned()
    }
}

/// The text of a manifest.
pub(crate) fn format(manifest: &Manifest) -> String {
    serde_json::to_string_pretty(manifest).unwrap_or_default() + "\n"
}

/// Joins manifests of one version. The result has the platforms of all and the latest date.
pub(crate) fn merge(mut manifests: Vec<(String, Manifest)>) -> Result<Manifest, Vec<String>> {
    manifests.sort_by(|(one, _), (other, _)| one.cmp(other));
    let each = || manifests.iter().map(|(name, manifest)| (name.as_str(), manifest));
    let mut wrong: Vec<String> = [
        differs("version", each().map(|(name, manifest)| (name, Some(manifest.version.clone())))),
        differs("notes", each().filter_map(|(name, manifest)| Some((name, Some(manifest.notes.clone()?))))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let platforms =
        each().flat_map(|(name, manifest)| manifest.platforms.iter().map(move |(key, one)| (name, key, one)));
    let (platforms, other) = union(platforms);
    wrong.extend(other);
    let notes = each().find_map(|(_, manifest)| manifest.notes.clone());
    let pub_date = each().filter_map(|(_, manifest)| manifest.pub_date.clone()).max();
    match manifests.first() {
        Some((_, first)) if wrong.is_empty() => {
            Ok(Manifest { version: first.version.clone(), notes, pub_date, platforms })
        }
        _ => Err(wrong),
    }
}

/// What a package of this name is for: `linux-x86_64` and its installer. A universal macOS program is for both
/// processors. Nothing when the name does not tell.
pub(crate) fn targets(name: &str) -> Option<(Vec<String>, &'static str)> {
    let (os, installer) = artifact::tauri_installer(name)?;
    let os = if os == Os::MacOs { "darwin" } else { os.name() };
    let keys = artifact::arches(name).iter().map(|arch| match arch {
        Arch::Arm64 => format!("{os}-aarch64"),
        Arch::X64 => format!("{os}-x86_64"),
    });
    let keys: Vec<String> = keys.collect();
    (!keys.is_empty()).then_some((keys, installer))
}

/// Whether an installer is the one that clients of its system take when they don't say which they are.
pub(crate) fn is_usual(installer: &str) -> bool {
    ["appimage", "app", "nsis"].contains(&installer)
}

/// A public key as Tauri's configuration has it: minisign's file in base64; also minisign's file itself.
pub(crate) fn public_key(text: &str) -> Result<PublicKey, String> {
    let text = text.trim();
    let decoded = decoded(text);
    let key = decoded.as_deref().unwrap_or(text);
    PublicKey::decode(key)
        .or_else(|_| PublicKey::from_base64(key))
        .map_err(|error| format!("it is not a public key: {error}"))
}

fn signature(text: &str) -> Result<Signature, String> {
    let decoded = decoded(text).ok_or("its signature is not in base64: take the `.sig` file as it is")?;
    Signature::decode(&decoded).map_err(|error| format!("it has no signature of minisign: {error}"))
}

fn decoded(base64: &str) -> Option<String> {
    String::from_utf8(BASE64_STANDARD.decode(base64.trim()).ok()?).ok()
}

/// Checks a package, given piece by piece, against its signature.
pub(crate) struct Check<'a>(minisign_verify::StreamVerifier<'a>);

impl<'a> Check<'a> {
    /// # Errors
    /// The signature is none, or is of another key.
    pub(crate) fn begin(key: &'a PublicKey, parsed: &'a Parsed) -> Result<Self, String> {
        key.verify_stream(&parsed.0).map(Self).map_err(|error| match error {
            minisign_verify::Error::UnexpectedKeyId => "it is signed with another key".to_owned(),
            error => error.to_string(),
        })
    }

    pub(crate) fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// Whether all pieces together are what was signed.
    pub(crate) fn finish(mut self) -> Result<(), String> {
        self.0.finalize().map_err(|_| "its signature is not of these bytes".to_owned())
    }
}

/// A signature that was read.
pub(crate) struct Parsed(Signature);

impl Parsed {
    /// Reads the text of a `.sig` file.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        signature(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_platform() {
        let told = |name: &str| targets(name).map(|(keys, installer)| format!("{} {installer}", keys.join("+")));
        assert_eq!(told("Ponies_1.2.3_amd64.AppImage").as_deref(), Some("linux-x86_64 appimage"));
        assert_eq!(told("Ponies_1.2.3_arm64-setup.exe").as_deref(), Some("windows-aarch64 nsis"));
        assert_eq!(told("Ponies_universal.app.tar.gz").as_deref(), Some("darwin-aarch64+darwin-x86_64 app"));
        assert_eq!(told("Ponies.app.tar.gz"), None);
        assert_eq!(told("Ponies_x64.dmg"), None);
    }

    #[test]
    fn dates_and_keys() {
        let said = |date: &str| {
            let text = format!(r#"{{"version": "1.2.3", "pub_date": "{date}", "platforms": {{}}}}"#);
            parse(&text).unwrap_err()
        };
        for good in ["2026-11-22T10:00:00Z", "2026-11-22T10:00:00.123Z", "2026-11-22T10:00:00+01:00"] {
            assert_eq!(said(good), "it names no platform", "{good}");
        }
        for bad in [
            "2026-11-22",
            "2026-11-22 10:00:00Z",
            "2026-11-22T10:00:00",
            "Sun, 22 Nov 2026",
            "2026-99-22T10:00:00Z",
            "2026-02-30T10:00:00Z",
        ] {
            assert!(said(bad).contains("is not a date of RFC 3339"), "{bad}");
        }
        assert!(is_key("linux-x86_64") && is_key("windows-x86_64-nsis"));
        assert!(!is_key("macos-arm64") && !is_key("linux") && !is_key("linux-x86_64-zip"));
    }

    #[test]
    fn the_name_is_the_last_part_of_the_address() {
        let platform = |url: &str| Platform { signature: String::new(), url: url.to_owned() };
        assert_eq!(platform("https://h/a/b%20c.exe?x=/y").name(), "b c.exe");
    }
}
