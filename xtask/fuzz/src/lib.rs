//! The parts of `ddstask` that read what comes from outside, as the tool itself is built of them, and what must
//! hold for every input. `cargo +nightly fuzz run unpack` in `xtask/` (cargo-fuzz) runs a target.

#![allow(dead_code, reason = "the modules are whole, and each target uses a part of them")]

#[path = "../../src/base/mod.rs"]
mod base;

#[path = "../../src/github"]
mod github {
    pub(crate) mod archive;
    pub(crate) mod plan {
        pub(crate) mod archive;
    }
}

#[path = "../../src/release"]
mod release {
    pub(crate) mod artifact;
    pub(crate) mod plan {
        pub(crate) mod update;
    }
}

use base::{checksums, hash};
use camino::Utf8Path;
use release::plan::update;

/// Unpacks some bytes: nothing may get outside of the folder, no link may be made, and the list of what was
/// unpacked must be what is there.
///
/// # Panics
/// One of these does not hold.
pub fn unpack(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap();
    let (path, target) = (root.join("a.zip"), root.join("deep/target"));
    std::fs::write(&path, bytes).unwrap();
    std::fs::create_dir_all(&target).unwrap();
    let outcome = github::archive::unpack(&path, &target, 16, &|| Ok(()));
    let entries = |folder: &Utf8Path| std::fs::read_dir(folder).unwrap().count();
    assert_eq!((entries(root), entries(&root.join("deep"))), (2, 1), "something was written outside");
    let mut files = 0;
    for entry in walkdir::WalkDir::new(&target).into_iter().map(Result::unwrap) {
        assert!(!entry.path_is_symlink(), "a link was written");
        files += usize::from(entry.file_type().is_file());
    }
    if let Ok(unpacked) = outcome {
        assert_eq!(unpacked.len(), files);
        for file in unpacked {
            assert_eq!(hash::file(&target.join(&file.path)).unwrap(), file.sha256);
        }
    }
}

/// Reads a list of checksums: what is read can be written and read again, and holds plain names only.
///
/// # Panics
/// One of these does not hold.
pub fn checksums(bytes: &[u8]) {
    if let Ok(entries) = checksums::parse(bytes) {
        for entry in &entries {
            assert!(checksums::why_not_a_name(&entry.name).is_none());
            assert_eq!(entry.sha256.len(), 64);
        }
        let again = checksums::parse(checksums::format(&entries).as_bytes());
        assert_eq!(again.map(|entries| entries.len()), Ok(entries.len()));
    }
}

/// Reads an update manifest of either shell; whatever it says, it is judged without a panic, and what is merged with
/// itself and written can be read again.
///
/// # Panics
/// It can't.
pub fn update_manifest(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(manifest) = update::electron::parse(text) {
        let _ = update::offered::findings(&manifest, "1.2.3", |_| None);
    }
    let Ok(manifest) = update::parse(text) else { return };
    let twice = ["a", "b"].map(|name| (name.to_owned(), manifest.clone()));
    match update::merge(twice.into()) {
        Ok(update::Manifest::Electron(merged)) => {
            let again = update::electron::parse(&update::electron::format(&merged)).unwrap();
            assert_eq!((again.version, again.files.len()), (merged.version, merged.files.len()));
        }
        Ok(update::Manifest::Tauri(merged)) => {
            assert_eq!(update::tauri::parse(&update::tauri::format(&merged)), Ok(merged));
        }
        Err(_) => {}
    }
}
