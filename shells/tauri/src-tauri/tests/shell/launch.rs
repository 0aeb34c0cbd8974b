//! From a place to the process that is started.

use std::path::{Path, PathBuf};

use desktop_shell::launcher::{Launch, Place, plan};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{checkout, env, place, write};

fn manifest() -> Value {
    json!({
        "schemaVersion": 1,
        "python": { "executable": "python/bin/python3" },
        "launcher": {
            "cwd": ".", "command": ["manage.py", "desktop"], "sourceRoot": "src", "settingsModule": "demo.settings.packaged",
        },
    })
}

/// A staged backend as far as a plan looks at it, with its manifest changed.
fn backend(change: impl FnOnce(&mut Value)) -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut manifest = manifest();
    change(&mut manifest);
    write(folder.path(), "python/bin/python3", "");
    write(folder.path(), "src/demo/templates/splash.html", "<p id=splash-phase>");
    write(folder.path(), "runtime-manifest.json", &manifest.to_string());
    folder
}

fn variable(launch: &Launch, name: &str) -> Option<String> {
    launch.env.get(std::ffi::OsStr::new(name)).map(|value| value.to_string_lossy().into_owned())
}

#[test]
fn a_staged_backend_is_started_with_its_own_python_alone() {
    let folder = backend(|_| ());
    let of_the_user = [
        ("PYTHONPATH", "/elsewhere"),
        ("PythonHome", "/elsewhere"),
        ("PYTHONDEVMODE", "1"),
        ("VIRTUAL_ENV", "/elsewhere"),
        ("DJANGO_SETTINGS_MODULE", "elsewhere"),
        ("HOME", "/h/her"),
    ];
    let launch = plan(&place(folder.path()), env(&of_the_user)).unwrap();
    assert_eq!(launch.program, folder.path().join("python/bin/python3"));
    assert_eq!(launch.args, ["manage.py", "desktop"]);
    assert_eq!(launch.splash, Some(folder.path().join("src/demo/templates/splash.html")));
    let python: Vec<String> = launch
        .env
        .iter()
        .filter(|(name, _)| name.to_string_lossy().to_uppercase().starts_with("PYTHON"))
        .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
        .collect();
    assert_eq!(python, ["PYTHONDONTWRITEBYTECODE=1", "PYTHONNOUSERSITE=1", "PYTHONUNBUFFERED=1"]);
    assert_eq!(variable(&launch, "VIRTUAL_ENV"), None);
    assert_eq!(variable(&launch, "HOME").as_deref(), Some("/h/her"));
    assert_eq!(variable(&launch, "DJANGO_SETTINGS_MODULE").as_deref(), Some("demo.settings.packaged"));
    assert_eq!(variable(&launch, "DESKTOP_DJANGO_AUTH_TOKEN").as_deref(), Some("secret"));
    assert_eq!(variable(&launch, "DESKTOP_DJANGO_BUNDLE_DIR").map(PathBuf::from).as_deref(), Some(folder.path()));
}

#[test]
fn a_project_without_a_splash_gets_none() {
    let folder = backend(|manifest| manifest["launcher"]["settingsModule"] = json!("other.settings"));
    assert_eq!(plan(&place(folder.path()), env(&[])).unwrap().splash, None);
}

#[test]
fn sources_run_through_uv_or_a_python_that_is_named() {
    let root = Path::new("/repo/backend");
    let mut place = Place { mode: "development".to_owned(), checkout: Some(checkout(root)), ..place(root) };
    let launch = plan(&place, env(&[("UV", "/opt/uv"), ("PYTHONPATH", "/mine")])).unwrap();
    assert_eq!(launch.program, Path::new("/opt/uv"));
    assert_eq!(launch.args, ["run", "--frozen", "python", "manage.py", "desktop"]);
    assert_eq!(
        variable(&launch, "PYTHONPATH").as_deref(),
        Some("/mine"),
        "a developer's environment is the developer's"
    );
    assert_eq!(variable(&launch, "DJANGO_SETTINGS_MODULE").as_deref(), Some("demo.settings.local"));

    assert_eq!(plan(&place, env(&[("UV", "")])).unwrap().program, Path::new("uv"), "an empty value counts as unset");
    place.python = Some("/opt/python".into());
    let launch = plan(&place, env(&[("DJANGO_SETTINGS_MODULE", "mine")])).unwrap();
    assert_eq!((launch.program.as_path(), launch.args.len()), (Path::new("/opt/python"), 2));
    assert_eq!(variable(&launch, "DJANGO_SETTINGS_MODULE").as_deref(), Some("mine"));
}

#[track_caller]
fn refused(folder: &TempDir, title: &str, detail: &str) {
    let failure = plan(&place(folder.path()), env(&[])).unwrap_err();
    assert_eq!(failure.title, title);
    assert!(failure.detail.contains(detail), "{failure}");
    assert!(failure.detail.ends_with("Please install the app again."), "{failure}");
}

#[test]
fn what_is_not_whole_is_not_started() {
    let damaged = "The app is damaged";
    refused(&backend(|manifest| manifest["schemaVersion"] = json!(2)), damaged, "its schema is 2");
    refused(&backend(|manifest| manifest["python"] = json!({})), damaged, "executable");
    refused(&backend(|manifest| manifest["launcher"]["command"] = json!(null)), damaged, "expected a sequence");
    for elsewhere in ["../../usr/bin/env", "/usr/bin/env", ""] {
        let folder = backend(|manifest| manifest["python"]["executable"] = json!(elsewhere));
        refused(&folder, damaged, "its python.executable leads elsewhere");
    }
    let missing = "A part of the app is missing";
    refused(&backend(|manifest| manifest["python"]["executable"] = json!("python/bin/python9")), missing, "python9");
    refused(&backend(|manifest| manifest["python"]["executable"] = json!("python/bin")), missing, "can't be run");
    let half = backend(|_| ());
    write(half.path(), "runtime-manifest.json", "{\"schemaVersion\": 1,");
    refused(&half, damaged, "EOF");
    std::fs::remove_file(half.path().join("runtime-manifest.json")).unwrap();
    refused(&half, "The app is not complete", "runtime-manifest.json is missing");
}

#[test]
fn in_a_checkout_the_remedy_is_a_command() {
    let folder = TempDir::new().unwrap();
    let place = Place { checkout: Some(checkout(folder.path())), ..place(folder.path()) };
    assert!(plan(&place, env(&[])).unwrap_err().detail.ends_with("Run `cargo xtask packaged-stage`."));
    let place = Place { mode: "prod".to_owned(), ..place };
    assert_eq!(plan(&place, env(&[])).unwrap_err().title, "Unknown mode");
}
