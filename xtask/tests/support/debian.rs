//! Packages of Debian, unpacked beside the tests: nothing is installed, and no file of this machine's own apt is touched.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use super::support::{has, skip};

/// The release of Debian that they are from.
const RELEASE: &str = "trixie";
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The root folder of `packages` and all that they depend on, for an architecture as Debian calls it; nothing where this
/// machine has no apt for Debian.
pub(crate) fn unpacked(test: &str, architecture: &str, packages: &[&str]) -> Option<PathBuf> {
    if !has("apt-get") || !Path::new(KEYS).is_file() {
        skip(test, "apt, with Debian's keys", "apt-get install debian-archive-keyring");
        return None;
    }
    let name = format!("debian-{RELEASE}-{architecture}-{}", packages.join("-"));
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if !place.is_dir() {
        let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let root = scratch.path().join("root");
        fetch(scratch.path(), architecture, packages);
        unpack(&scratch.path().join("cache/archives"), &root);
        // Another test may have been as quick.
        let _ = std::fs::rename(root, &place);
    }
    Some(place)
}

/// Has apt fetch them, with lists, cache and sources of its own below `folder`.
fn fetch(folder: &Path, architecture: &str, packages: &[&str]) {
    for part in ["state/lists/partial", "cache/archives/partial", "sources.d"] {
        std::fs::create_dir_all(folder.join(part)).unwrap();
    }
    let write = |path: &str, text: &str| std::fs::write(folder.join(path), text).unwrap();
    write("state/status", "");
    write(
        "sources",
        &format!("deb [arch={architecture} signed-by={KEYS}] http://deb.debian.org/debian {RELEASE} main\n"),
    );
    let at = |key: &str, path: &str| format!("{key} \"{}\";\n", folder.join(path).display());
    let places = [
        at("Dir::State", "state"),
        at("Dir::State::status", "state/status"),
        at("Dir::Cache", "cache"),
        at("Dir::Etc::SourceList", "sources"),
        at("Dir::Etc::SourceParts", "sources.d"),
    ];
    // What is fetched lies where nobody but its owner may read.
    let own = "APT::Sandbox::User \"root\";\n";
    let processor = format!("APT::Architecture \"{architecture}\";\nAPT::Architectures \"{architecture}\";\n");
    write("apt.conf", &(places.concat() + own + &processor));
    let install = ["install", "--yes", "--download-only", "--no-install-recommends"];
    for args in [&["update"][..], &[&install[..], packages].concat()] {
        let output = Command::new("apt-get").args(args).env("APT_CONFIG", folder.join("apt.conf")).output().unwrap();
        assert!(output.status.success(), "apt-get {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Unpacks them where `lib` and `bin` are links, as on every Debian of today.
fn unpack(archives: &Path, root: &Path) {
    for folder in ["lib", "bin"] {
        std::fs::create_dir_all(root.join("usr").join(folder)).unwrap();
        std::os::unix::fs::symlink(format!("usr/{folder}"), root.join(folder)).unwrap();
    }
    for archive in std::fs::read_dir(archives).unwrap().map(|entry| entry.unwrap().path()) {
        if archive.extension().is_some_and(|ending| ending == "deb") {
            assert!(Command::new("dpkg-deb").arg("--extract").arg(&archive).arg(root).status().unwrap().success());
        }
    }
}
