//! `runtime-manifest.json`, schema 1: how a shell starts the staged backend. Its presence means that the tree is whole.

use serde_json::{Value, json};

use crate::base::config::backend::Backend;
use crate::stage::model::RuntimeSource;
use crate::stage::record::PythonFacts;

/// The name of the file in the staged tree.
pub(crate) const FILE_NAME: &str = "runtime-manifest.json";

/// The manifest. All paths are relative to the backend root and `/`-separated.
pub(crate) fn manifest(backend: &Backend, python: &PythonFacts, source: &RuntimeSource) -> Value {
    json!({
        "schemaVersion": 1,
        "python": {
            "version": python.version,
            "root": "python",
            "executable": format!("python/{}", python.executable),
            "purelib": format!("python/{}", python.purelib),
            "scripts": format!("python/{}", python.scripts),
            "source": source.kind(),
        },
        "launcher": {
            "cwd": backend.working_folder(),
            "managePy": backend.manage,
            "sourceRoot": backend.source_roots[0],
            "settingsModule": backend.running_settings(),
            "command": backend.launcher(),
            "environment": [
                "DESKTOP_DJANGO_APP_DATA_DIR",
                "DESKTOP_DJANGO_BUNDLE_DIR",
                "DESKTOP_DJANGO_HOST",
                "DESKTOP_DJANGO_PORT",
                "DJANGO_SECRET_KEY",
                "PYTHONUNBUFFERED",
            ],
        },
    })
}
