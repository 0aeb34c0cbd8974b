//! Places, checkouts and environments for the tests.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use desktop_shell::launcher::{Checkout, Launcher, Place, Variables};

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").canonicalize().unwrap()
}

pub(crate) fn place(backend_root: &Path) -> Place {
    Place {
        started: std::time::Instant::now(),
        instance: "app".to_owned(),
        mode: "packaged".to_owned(),
        backend_root: backend_root.to_owned(),
        checkout: None,
        data_folder: backend_root.join("data"),
        is_smoke_test: false,
        token: "secret".to_owned(),
    }
}

pub(crate) fn checkout(root: &Path) -> Checkout {
    let launcher = Launcher {
        cwd: String::new(),
        command: vec!["manage.py".to_owned(), "desktop".to_owned()],
        source_root: "src".to_owned(),
        settings_module: "demo.settings.local".to_owned(),
    };
    Checkout { root: root.to_owned(), stage: root.join("stage"), launcher }
}

pub(crate) fn env(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
}

pub(crate) fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}
