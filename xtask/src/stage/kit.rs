//! What staging needs on a machine without a network, as a folder: an interpreter's archive, the locked wheels, uv.
//! `build-kit.json` says which of the files is what.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::base::env;
use crate::base::fault::{Context, Fault, Result};
use crate::base::host::Host;
use crate::base::text::file_url;
use crate::stage::listing;
use crate::stage::model::RuntimeSource;

/// The file that says what is what.
pub(crate) const FILE_NAME: &str = "build-kit.json";

/// Raised when the form changes.
pub(crate) const SCHEMA: u32 = 1;

/// What a kit has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuildKit {
    /// [`SCHEMA`]
    pub(crate) schema: u32,
    /// The machine that it is for: `linux-x64`.
    pub(crate) host: String,
    /// The interpreter.
    pub(crate) python: Python,
    /// The program's file.
    pub(crate) uv: String,
    /// Wheels that were built.
    #[serde(default)]
    pub(crate) built: Vec<Built>,
    /// The digest of the tree that staging from it gives.
    pub(crate) digest: String,
}

/// A wheel of a kit that the store keeps, because no index has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Built {
    /// Its file.
    pub(crate) file: String,
    /// The wheel's SHA-256.
    pub(crate) sha256: String,
    /// The name of its folder in the store.
    pub(crate) key: String,
}

/// An interpreter of a kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Python {
    /// Its full version.
    pub(crate) version: String,
    /// Its archive's file.
    pub(crate) file: String,
    /// The archive's SHA-256.
    pub(crate) sha256: String,
    /// uv's name of it, where uv brought it.
    pub(crate) key: Option<String>,
}

impl BuildKit {
    /// The value of `--python-source`.
    pub(crate) fn python_source(&self, folder: &str) -> String {
        match &self.python.key {
            Some(_) => "uv".to_owned(),
            None => format!("archive:{folder}/{}#sha256={}", self.python.file, self.python.sha256),
        }
    }

    /// The variables with which uv takes everything from the kit and nothing from elsewhere. `list` is a file with
    /// what [`Self::downloads`] says.
    pub(crate) fn environment(&self, folder: &str, list: &str, host: Host) -> BTreeMap<&'static str, String> {
        let mut variables = BTreeMap::from([
            (env::UV, format!("{folder}/{}", self.uv)),
            (env::BUNDLED_PYTHON, self.python.version.clone()),
            (env::UV_OFFLINE, "1".to_owned()),
            // As an address, in which a comma or a blank does not end it.
            ("UV_FIND_LINKS", file_url(folder, "", host)),
            ("UV_NO_INDEX", "1".to_owned()),
        ]);
        if self.python.key.is_some() {
            variables.insert(env::UV_PYTHON_DOWNLOADS_JSON_URL, list.to_owned());
        }
        variables
    }

    /// uv's list of interpreters with the one of the kit in it; nothing where uv did not bring it.
    pub(crate) fn downloads(&self, folder: &str, host: Host) -> Option<Value> {
        let key = self.python.key.as_ref()?;
        let [name, version, system, arch, libc] = key.split('-').collect::<Vec<_>>()[..] else { return None };
        let mut parts = version.split('.');
        let mut number = || parts.next().and_then(|part| part.parse::<u32>().ok());
        let (major, minor) = (number()?, number()?);
        let patch = version.splitn(3, '.').nth(2)?;
        let digits: String = patch.chars().take_while(char::is_ascii_digit).collect();
        let entry = json!({
            "name": name, "arch": { "family": arch, "variant": null }, "libc": libc,
            "os": if system == "macos" { "darwin" } else { system },
            "major": major, "minor": minor, "patch": digits.parse::<u32>().ok()?, "prerelease": &patch[digits.len()..],
            "url": file_url(folder, &self.python.file, host), "sha256": self.python.sha256, "variant": null, "build": null,
        });
        Some(json!({ key: entry }))
    }
}

/// The name of the archive behind an address.
pub(crate) fn archive_name(url: &str) -> String {
    let last = url.rsplit('/').next().unwrap_or(url);
    percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned()
}

/// Why an interpreter can't be exported; nothing when it can.
pub(crate) fn objection(source: &RuntimeSource) -> Option<&'static str> {
    matches!(source, RuntimeSource::Host(_))
        .then_some("the staged Python was copied from this machine, and has no archive that another could unpack")
}

/// What a kit for staging has, after every byte of it was compared with its list.
///
/// # Errors
/// It is none, was changed, or is for another machine.
pub(crate) fn read(folder: &Utf8Path, host: &str) -> Result<BuildKit> {
    let checked = listing::verify(folder, None)?;
    if !checked.wrong.is_empty() {
        let fault = Fault::new(format!("{folder} is not as it was made"));
        return Err(checked.wrong.iter().fold(fault, Fault::because).hint("bring it over again"));
    }
    let path = folder.join(FILE_NAME);
    let text = std::fs::read(&path).fault(|| format!("{folder} is no kit for staging")).map_err(|fault| {
        fault.hint("`cargo xtask airgap-kit export-build` makes one; this may be one of installers")
    })?;
    let kit: BuildKit = serde_json::from_slice(&text).fault(|| format!("{path} can't be read"))?;
    if kit.schema != SCHEMA || kit.host != host {
        return Err(Fault::new(format!("{folder} is not for this machine"))
            .because(format!("it is for {} (form {}), this is {host} (form {SCHEMA})", kit.host, kit.schema))
            .hint("export it on a machine like this one"));
    }
    Ok(kit)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::base::host::{Arch, Os};

    fn kit(key: &str) -> BuildKit {
        BuildKit {
            schema: SCHEMA,
            host: "windows-x64".to_owned(),
            python: Python {
                version: "3.14.2".to_owned(),
                file: "cpython-3.14.2+20260101.tar.gz".to_owned(),
                sha256: "ab".to_owned(),
                key: Some(key.to_owned()),
            },
            uv: "uv.exe".to_owned(),
            built: Vec::new(),
            digest: String::new(),
        }
    }

    #[test]
    fn uv_is_told_of_one_interpreter_on_this_machine() {
        let windows = Host { os: Os::Windows, arch: Arch::X64 };
        let list = kit("cpython-3.14.2-windows-x86_64-none").downloads("C:\\kit of mine", windows).unwrap();
        expect![[r#"{"cpython-3.14.2-windows-x86_64-none":{"arch":{"family":"x86_64","variant":null},"build":null,"libc":"none","major":3,"minor":14,"name":"cpython","os":"windows","patch":2,"prerelease":"","sha256":"ab","url":"file:///C:/kit%20of%20mine/cpython-3.14.2%2B20260101.tar.gz","variant":null}}"#]]
        .assert_eq(&list.to_string());
        let mac =
            kit("cpython-3.15.0b1-macos-aarch64-none").downloads("/kit", Host { os: Os::MacOs, arch: Arch::Arm64 });
        let entry = &mac.unwrap()["cpython-3.15.0b1-macos-aarch64-none"];
        assert_eq!(
            (entry["os"].as_str(), entry["patch"].as_u64(), entry["prerelease"].as_str()),
            (Some("darwin"), Some(0), Some("b1"))
        );
        assert!(kit("nonsense").downloads("/kit", windows).is_none());
    }

    #[test]
    fn names_are_decoded_and_encoded_alike() {
        let url = "https://h/20260101/cpython-3.14.2%2B20260101-install_only.tar.gz";
        assert_eq!(archive_name(url), "cpython-3.14.2+20260101-install_only.tar.gz");
        let again = file_url("/kit", &archive_name(url), Host { os: Os::Linux, arch: Arch::X64 });
        assert_eq!(again.rsplit('/').next(), url.rsplit('/').next());
    }
}
