//! The Rust side of the inventory: the packages of the Tauri shell's `Cargo.lock`. A lock does not tell which of them
//! only build, or only belong to other systems, so it is what may be in the program, and it says so.

use serde::Deserialize;

use crate::release::plan::sbom::Component;

#[derive(Debug, Deserialize)]
struct Lock {
    #[serde(rename = "package", default)]
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The components that a package of the Tauri shell may have.
pub(crate) fn components(lock: &str) -> Result<Vec<Component>, String> {
    let lock: Lock = toml::from_str(lock).map_err(|error| format!("Cargo.lock can't be read: {}", error.message()))?;
    // The shell's own packages have no source.
    let foreign = lock.packages.iter().filter(|package| package.source.is_some());
    Ok(foreign
        .map(|package| {
            let mut component = Component::new("library", "cargo", &package.name, &package.version);
            component.hash = package.checksum.clone().map(|checksum| ("SHA-256", checksum));
            component
                .properties
                .insert("from", "Cargo.lock, which also has what only builds and what is for other systems".to_owned());
            component.needs = package.dependencies.iter().filter_map(|need| resolve(&lock, need)).collect();
            component
        })
        .collect())
}

/// `name`, or `name version` where there are several versions.
fn resolve(lock: &Lock, need: &str) -> Option<String> {
    let mut words = need.split(' ');
    let (name, version) = (words.next()?, words.next());
    let fits = |package: &&Package| package.name == name && version.is_none_or(|version| package.version == version);
    lock.packages.iter().find(fits).map(|package| crate::release::plan::sbom::purl("cargo", name, &package.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_itself_is_no_part_of_it() {
        let components = components(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"))).unwrap();
        let clap = components.iter().find(|component| component.name == "clap").unwrap();
        assert!(clap.hash.as_ref().is_some_and(|(alg, hex)| *alg == "SHA-256" && hex.len() == 64));
        assert!(clap.needs.iter().any(|need| need.starts_with("pkg:cargo/clap_builder@")));
        assert!(!components.iter().any(|component| component.name == "xtask"));
    }
}
