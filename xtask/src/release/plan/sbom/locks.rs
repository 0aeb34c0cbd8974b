//! The shells' side of the inventory: what `package-lock.json` installs for production with Electron itself, and the
//! crates of the Tauri shell's `Cargo.lock`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use crate::release::plan::sbom::{Component, purl};
use crate::stage::licence;

#[derive(Debug, Deserialize)]
struct NpmLock {
    packages: BTreeMap<String, Package>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    version: Option<String>,
    integrity: Option<String>,
    #[serde(default)]
    license: Option<String>,
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    dev_optional: bool,
    #[serde(default)]
    dependencies: BTreeMap<String, String>,
}

/// The place of Electron, which packages put around the program although npm counts it as a tool.
const ELECTRON: &str = "node_modules/electron";

/// The components that a package of the Electron shell has, each with its folder.
pub(crate) fn of_npm(lock: &str) -> Result<Vec<(String, Component)>, String> {
    let lock: NpmLock =
        serde_json::from_str(lock).map_err(|error| format!("package-lock.json can't be read: {error}"))?;
    let shipped = |path: &str, package: &Package| path == ELECTRON || !package.dev && !package.dev_optional;
    let mut components = Vec::new();
    for (path, package) in lock.packages.iter().filter(|(path, package)| shipped(path, package)) {
        let Some((_, name)) = path.rsplit_once("node_modules/") else { continue };
        let Some(version) = &package.version else { continue };
        let kind = if path == ELECTRON { "framework" } else { "library" };
        let mut component = Component::new(kind, "npm", name, version);
        component.licence = package.license.as_deref().and_then(licence::of_expression);
        component.hash = package.integrity.as_deref().and_then(sha512);
        if path == ELECTRON {
            component.properties.insert("contains", format!("Chromium and Node.js, as Electron {version} says"));
        } else {
            let needs = package.dependencies.keys().filter_map(|need| resolve(&lock, path, need));
            component.needs = needs.map(|(name, version)| purl("npm", name, version)).collect();
        }
        components.push((path.clone(), component));
    }
    if components.iter().any(|(path, _)| path == ELECTRON) {
        Ok(components)
    } else {
        Err("package-lock.json has no Electron".to_owned())
    }
}

/// The package that `need` means from `path`: the nearest one up the folders.
fn resolve<'a>(lock: &'a NpmLock, path: &str, need: &'a str) -> Option<(&'a str, &'a str)> {
    let mut folder = path;
    loop {
        let place =
            if folder.is_empty() { format!("node_modules/{need}") } else { format!("{folder}/node_modules/{need}") };
        if let Some(version) = lock.packages.get(&place).and_then(|package| package.version.as_deref()) {
            return Some((need, version));
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once("/node_modules/").map_or("", |(above, _)| above);
    }
}

/// npm's `sha512-BASE64` as hex.
fn sha512(integrity: &str) -> Option<(&'static str, String)> {
    let base64 = integrity.split_whitespace().find_map(|one| one.strip_prefix("sha512-"))?;
    Some(("SHA-512", hex::encode(BASE64_STANDARD.decode(base64).ok()?)))
}

#[derive(Debug, Deserialize)]
struct CargoLock {
    #[serde(rename = "package", default)]
    packages: Vec<Crate>,
}

#[derive(Debug, Deserialize)]
struct Crate {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The components that a package of the Tauri shell may have. A lock does not tell which crates only build, or only belong
/// to other systems, so it is what may be in the program, and it says so.
pub(crate) fn of_cargo(lock: &str) -> Result<Vec<Component>, String> {
    let lock: CargoLock =
        toml::from_str(lock).map_err(|error| format!("Cargo.lock can't be read: {}", error.message()))?;
    // The shell's own packages have no source.
    let foreign = lock.packages.iter().filter(|package| package.source.is_some());
    Ok(foreign
        .map(|package| {
            let mut component = Component::new("library", "cargo", &package.name, &package.version);
            component.hash = package.checksum.clone().map(|checksum| ("SHA-256", checksum));
            component
                .properties
                .insert("from", "Cargo.lock, which also has what only builds and what is for other systems".to_owned());
            component.needs = package.dependencies.iter().filter_map(|need| crate_of(&lock, need)).collect();
            component
        })
        .collect())
}

/// `name`, or `name version` where there are several versions.
fn crate_of(lock: &CargoLock, need: &str) -> Option<String> {
    let mut words = need.split(' ');
    let (name, version) = (words.next()?, words.next());
    let fits = |package: &&Crate| package.name == name && version.is_none_or(|version| package.version == version);
    lock.packages.iter().find(fits).map(|package| purl("cargo", name, &package.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_left_out_and_electron_is_not() {
        let lock = r#"{"packages": {
            "": {"version": "1.0.0", "dependencies": {"a": "1"}},
            "node_modules/a": {"version": "1.0.0", "license": "MIT", "integrity": "sha512-AAEC", "dependencies": {"@s/b": "2", "c": "1"}},
            "node_modules/a/node_modules/@s/b": {"version": "2.0.0"},
            "node_modules/@s/b": {"version": "3.0.0"},
            "node_modules/c": {"version": "1.0.0"},
            "node_modules/tool": {"version": "1.0.0", "dev": true},
            "node_modules/electron": {"version": "45.0.0", "dev": true, "dependencies": {"tool": "1"}}
        }}"#;
        let mut components: Vec<Component> =
            of_npm(lock).unwrap().into_iter().map(|(_, component)| component).collect();
        components.sort_by(|a, b| a.purl.cmp(&b.purl));
        let purls: Vec<&str> = components.iter().map(|component| component.purl.as_str()).collect();
        let wanted = [
            "pkg:npm/%40s/b@2.0.0",
            "pkg:npm/%40s/b@3.0.0",
            "pkg:npm/a@1.0.0",
            "pkg:npm/c@1.0.0",
            "pkg:npm/electron@45.0.0",
        ];
        assert_eq!(purls, wanted);
        assert_eq!(components[2].hash, Some(("SHA-512", "000102".to_owned())));
        assert_eq!(components[2].needs.iter().collect::<Vec<_>>(), ["pkg:npm/%40s/b@2.0.0", "pkg:npm/c@1.0.0"]);
        assert!(of_npm(r#"{"packages": {}}"#).is_err());
    }

    #[test]
    fn the_shell_itself_is_no_part_of_it() {
        let components = of_cargo(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"))).unwrap();
        let clap = components.iter().find(|component| component.name == "clap").unwrap();
        assert!(clap.hash.as_ref().is_some_and(|(alg, hex)| *alg == "SHA-256" && hex.len() == 64));
        assert!(clap.needs.iter().any(|need| need.starts_with("pkg:cargo/clap_builder@")));
        assert!(!components.iter().any(|component| component.name == "xtask"));
    }
}
