//! The names of what is handed out: `PROJECT[-SHELL]-SYSTEM-VERSION-ARCH.KIND`, which kinds there are, and where they lie.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use crate::base::host::{Arch, Os};
use crate::base::layout::Layout;

/// The end of the name of a list of checksums.
const LIST_END: &str = "-sha256.txt";

/// The shell whose packages have no part of the name that tells it.
const UNNAMED_SHELL: &str = "electron";

/// The packages of a shell for a system. Their names begin alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Artifacts<'a> {
    /// The name of the project, as `dds.toml` has it.
    pub(crate) project: &'a str,
    /// The shell: `electron`, `tauri`, `positron`; `backend` for what has none.
    pub(crate) shell: &'a str,
    pub(crate) os: Os,
}

impl Artifacts<'_> {
    /// What the names begin with: `app-linux` of Electron, `app-tauri-linux` of Tauri.
    pub(crate) fn prefix(&self) -> String {
        let Self { project, shell, os } = self;
        if *shell == UNNAMED_SHELL {
            format!("{project}-{}", os.name())
        } else {
            format!("{project}-{shell}-{}", os.name())
        }
    }

    /// The list of checksums that lies beside the packages.
    pub(crate) fn checksums(&self) -> String {
        self.prefix() + LIST_END
    }

    /// The inventory that lies beside the packages.
    pub(crate) fn sbom(&self) -> String {
        self.prefix() + "-sbom.cdx.json"
    }

    /// Whether this is the name of one of the packages, or of a companion of one; the list is none.
    pub(crate) fn has(&self, name: &str) -> bool {
        name.strip_prefix(&self.prefix()).is_some_and(|rest| rest.starts_with(['-', '.'])) && !name.ends_with(LIST_END)
    }
}

/// Where a shell's packages go.
pub(crate) fn folder(layout: &Layout, shell: &str) -> Utf8PathBuf {
    layout.dist().join(shell)
}

/// A kind of package.
struct Format {
    /// The end of the name, in lower case.
    end: &'static str,
    /// The system that it is for; the name tells it of an archive.
    system: Option<Os>,
    /// Whether people install from it, rather than an updater.
    for_people: bool,
    /// The system whose manifest of electron-updater names it.
    electron: Option<Os>,
    /// Tauri's word for it, where its updater installs it.
    tauri: Option<&'static str>,
}

const fn format(
    end: &'static str,
    system: Option<Os>,
    for_people: bool,
    electron: Option<Os>,
    tauri: Option<&'static str>,
) -> Format {
    Format { end, system, for_people, electron, tauri }
}

/// The end of the name of what a web installer fetches.
const WEB_PACKAGE: &str = ".nsis.7z";

/// The first that fits counts.
const FORMATS: [Format; 13] = [
    format(".dmg", Some(Os::MacOs), true, Some(Os::MacOs), None),
    format(".pkg", Some(Os::MacOs), false, None, None),
    format(".app.tar.gz", Some(Os::MacOs), false, None, Some("app")),
    format(".exe", Some(Os::Windows), true, Some(Os::Windows), Some("nsis")),
    format(WEB_PACKAGE, Some(Os::Windows), false, None, None),
    format(".msi", Some(Os::Windows), false, None, Some("msi")),
    format(".appimage", Some(Os::Linux), true, Some(Os::Linux), Some("appimage")),
    format(".deb", Some(Os::Linux), false, Some(Os::Linux), Some("deb")),
    format(".rpm", Some(Os::Linux), false, Some(Os::Linux), Some("rpm")),
    format(".pacman", Some(Os::Linux), false, Some(Os::Linux), None),
    format(".tar.gz", None, false, None, None),
    format(".tar.xz", None, false, None, None),
    format(".zip", None, false, Some(Os::MacOs), None),
];

fn format_of(name: &str) -> Option<&'static Format> {
    let lower = name.to_ascii_lowercase();
    FORMATS.iter().find(|format| lower.ends_with(format.end))
}

/// What a file of a release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// People or updaters install from it, on this system.
    Package(Os),
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

/// What a file is, by its name.
pub(crate) fn kind(name: &str) -> Kind {
    let lower = name.to_ascii_lowercase();
    let ends = |end: &str| lower.ends_with(end);
    if ends(LIST_END) {
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
    let Some(format) = format_of(name) else { return Kind::Other };
    let named = Os::ALL.into_iter().find(|os| lower.contains(&format!("-{}-", os.name())));
    named.or(format.system).map_or(Kind::Other, Kind::Package)
}

/// Whether people install from a package, rather than an updater.
pub(crate) fn is_for_people(name: &str) -> bool {
    format_of(name).is_some_and(|format| format.for_people)
}

/// The system of a package and Tauri's word for its kind, where Tauri's updater installs it.
pub(crate) fn tauri_installer(name: &str) -> Option<(Os, &'static str)> {
    let format = format_of(name)?;
    format.system.zip(format.tauri)
}

/// The processors that a package is for, where its name tells: both, when it is universal.
pub(crate) fn arches(name: &str) -> &'static [Arch] {
    let lower = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["universal"]) {
        &[Arch::Arm64, Arch::X64]
    } else if has(&["aarch64", "arm64"]) {
        &[Arch::Arm64]
    } else if has(&["x86_64", "amd64", "x64"]) {
        &[Arch::X64]
    } else {
        &[]
    }
}

/// Whether a program runs without being installed, as far as its name tells. No updater can replace it.
pub(crate) fn is_portable(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_program = camino::Utf8Path::new(&lower).extension() == Some("exe");
    is_program && lower.split(['-', '_', '.', ' ']).any(|part| part == "portable")
}

/// Whether it is what a web installer fetches.
pub(crate) fn is_of_web_installer(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(WEB_PACKAGE)
}

/// The manifest of electron-updater for a system. On Linux each processor but x64 has one of its own.
pub(crate) fn electron_manifest(os: Os, arch: Arch) -> &'static str {
    match (os, arch) {
        (Os::MacOs, _) => "latest-mac.yml",
        (Os::Windows, _) => "latest.yml",
        (Os::Linux, Arch::X64) => "latest-linux.yml",
        (Os::Linux, Arch::Arm64) => "latest-linux-arm64.yml",
    }
}

/// The manifest for a processor that nothing here is staged for, and that electron-builder can package for.
fn other_linux(rest: &str) -> Option<&'static str> {
    let lower = rest.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["armv7", "armhf"]) {
        Some("latest-linux-arm.yml")
    } else if has(&["i386", "i686", "ia32"]) {
        Some("latest-linux-ia32.yml")
    } else {
        None
    }
}

/// Which packages belong into which manifest of electron-updater. Each package is told by its place in `names`.
pub(crate) fn electron_manifests<'a>(
    project: &str,
    version: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<&'static str, Vec<usize>> {
    let manifest = |name: &str| {
        let os = format_of(name)?.electron?;
        let artifacts = Artifacts { project, shell: UNNAMED_SHELL, os };
        let rest = name.strip_prefix(&format!("{}-{version}-", artifacts.prefix()))?;
        if is_portable(name) {
            return None;
        }
        let arch = if arches(rest) == [Arch::Arm64] { Arch::Arm64 } else { Arch::X64 };
        Some(if os == Os::Linux { other_linux(rest) } else { None }.unwrap_or(electron_manifest(os, arch)))
    };
    let mut manifests: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, name) in names.into_iter().enumerate() {
        if let Some(manifest) = manifest(name) {
            manifests.entry(manifest).or_default().push(at);
        }
    }
    manifests
}

/// The versions of the packages: what stands between the system and the processor.
pub(crate) fn versions<'a>(project: &str, names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let version = |name: &'a str| {
        let Kind::Package(os) = kind(name) else { return None };
        let shells = [UNNAMED_SHELL, "tauri"].map(|shell| Artifacts { project, shell, os }.prefix());
        let rest = shells.iter().find_map(|prefix| name.strip_prefix(prefix.as_str())?.strip_prefix('-'))?;
        let (version, _arch) = rest.rsplit_once('-')?;
        Some(version.to_owned())
    };
    names.into_iter().filter_map(version).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn names_tell_what_a_file_is() {
        assert_eq!(kind("p-macos-1.2.3-arm64.zip"), Kind::Package(Os::MacOs));
        assert_eq!(kind("p-linux-1.2.3-x86_64.AppImage"), Kind::Package(Os::Linux));
        assert_eq!(kind("Ponies_1.2.3_x64-setup.exe"), Kind::Package(Os::Windows));
        assert_eq!(kind("p-macos-1.2.3-arm64.zip.blockmap"), Kind::Companion);
        assert_eq!(kind("latest-linux-arm64.yml"), Kind::UpdateManifest);
        assert_eq!(kind("p-linux-sha256.txt"), Kind::List);
        assert_eq!(kind("p-linux-sbom.cdx.json"), Kind::Sbom);
        assert_eq!(kind("app-1.2.3-x64.nsis.7z"), Kind::Package(Os::Windows));
        assert!(is_portable("App Portable.exe") && !is_portable("portables-1.exe") && !is_portable("portable.zip"));
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

    #[test]
    fn names_tell_the_manifest() {
        let names = [
            "app-macos-1.2.3-arm64.zip",
            "app-macos-1.2.3-arm64.zip.blockmap",
            "app-macos-1.2.2-arm64.zip",
            "app-linux-1.2.3-x86_64.AppImage",
            "app-linux-1.2.3-arm64.AppImage",
            "app-windows-1.2.3-x64.exe",
            "app-macos-1.2.3-arm64.dmg",
            "app-linux-1.2.3-x64.zip",
            "app-windows-1.2.3-x64-portable.exe",
            "app-linux-1.2.3-armv7l.AppImage",
            "app-linux-1.2.3-armhf.deb",
            "app-linux-1.2.3-i386.AppImage",
        ];
        expect![[
            r#"{"latest-linux-arm.yml": [9, 10], "latest-linux-arm64.yml": [4], "latest-linux-ia32.yml": [11], "latest-linux.yml": [3], "latest-mac.yml": [0, 6], "latest.yml": [5]}"#
        ]]
        .assert_eq(&format!("{:?}", electron_manifests("app", "1.2.3", names)));
    }

    #[test]
    fn a_shell_and_a_system_have_names_of_their_own() {
        let of = |shell, os| Artifacts { project: "app", shell, os };
        assert_eq!(of("electron", Os::MacOs).checksums(), "app-macos-sha256.txt");
        assert_eq!(of("tauri", Os::Linux).sbom(), "app-tauri-linux-sbom.cdx.json");
        assert!(of("electron", Os::Linux).has("app-linux-1.0.0-x86_64.AppImage"));
        for other in ["app-linux-sha256.txt", "app-macos-1.0.0-arm64.dmg", "app-tauri-linux-1.deb", "latest.yml"] {
            assert!(!of("electron", Os::Linux).has(other), "{other}");
        }
    }
}
