//! What the files of a release are, by their names.

use std::collections::BTreeSet;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// People or updaters install from it; the system that it is for.
    Package(&'static str),
    /// Belongs to a package: a blockmap, a signature.
    Companion,
    /// `latest*.yml`, `latest.json`
    UpdateManifest,
    /// A list of checksums.
    List,
    /// An inventory.
    Sbom,
    /// Nothing of a release.
    Other,
}

const PACKAGES: [(&str, &str); 11] = [
    (".dmg", "macos"),
    (".pkg", "macos"),
    (".app.tar.gz", "macos"),
    (".exe", "windows"),
    (".msi", "windows"),
    (".appimage", "linux"),
    (".deb", "linux"),
    (".rpm", "linux"),
    (".tar.gz", ""),
    (".tar.xz", ""),
    (".zip", ""),
];

/// What a file is, by its name.
pub(crate) fn kind(name: &str) -> Kind {
    let lower = name.to_ascii_lowercase();
    let ends = |end: &str| lower.ends_with(end);
    if ends("-sha256.txt") {
        return Kind::List;
    }
    if ends(".cdx.json") {
        return Kind::Sbom;
    }
    if lower == "latest.json" || lower.starts_with("latest") && ends(".yml") {
        return Kind::UpdateManifest;
    }
    if ends(".blockmap") || ends(".sig") || ends(".asc") {
        return Kind::Companion;
    }
    let Some((_, system)) = PACKAGES.iter().find(|(end, _)| ends(end)) else { return Kind::Other };
    // The name tells the system of an archive.
    let named = ["macos", "windows", "linux"].into_iter().find(|word| lower.contains(&format!("-{word}-")));
    match named {
        Some(named) => Kind::Package(named),
        None if !system.is_empty() => Kind::Package(system),
        None => Kind::Other,
    }
}

/// Whether people install from a package, rather than an updater.
pub(crate) fn is_for_people(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".dmg", ".exe", ".appimage"].iter().any(|end| lower.ends_with(end))
}

/// The versions of the packages: what stands between the system and the processor in `PROJECT[-tauri]-SYSTEM-VERSION-ARCH.KIND`.
pub(crate) fn versions<'a>(project: &str, names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let version = |name: &'a str| {
        let Kind::Package(system) = kind(name) else { return None };
        let rest = name.strip_prefix(project)?;
        let rest = rest.strip_prefix("-tauri").unwrap_or(rest);
        let (version, _arch) = rest.strip_prefix(&format!("-{system}-"))?.rsplit_once('-')?;
        Some(version.to_owned())
    };
    names.into_iter().filter_map(version).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_a_file_is() {
        assert_eq!(kind("p-macos-1.2.3-arm64.zip"), Kind::Package("macos"));
        assert_eq!(kind("p-linux-1.2.3-x86_64.AppImage"), Kind::Package("linux"));
        assert_eq!(kind("Ponies_1.2.3_x64-setup.exe"), Kind::Package("windows"));
        assert_eq!(kind("p-macos-1.2.3-arm64.zip.blockmap"), Kind::Companion);
        assert_eq!(kind("latest-linux-arm64.yml"), Kind::UpdateManifest);
        assert_eq!(kind("p-linux-sha256.txt"), Kind::List);
        assert_eq!(kind("p-linux-sbom.cdx.json"), Kind::Sbom);
        assert_eq!(kind("source.zip"), Kind::Other);
        assert_eq!(kind("builder-debug.yml"), Kind::Other);
    }

    #[test]
    fn names_tell_the_version() {
        let names = [
            "p-macos-1.2.3-arm64.zip",
            "p-tauri-linux-1.2.3-beta.1-x64.deb",
            "p-linux-sha256.txt",
            "q-macos-2.0.0-arm64.zip",
        ];
        assert_eq!(versions("p", names).into_iter().collect::<Vec<_>>(), ["1.2.3", "1.2.3-beta.1"]);
    }
}
