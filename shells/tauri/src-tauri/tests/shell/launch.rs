//! From a place to the process that is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use desktop_shell::launcher::{Place, plan};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{checkout, env, place, write};

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

fn variable(command: &Command, name: &str) -> Option<String> {
    let mut all = command.get_envs();
    all.find(|(other, _)| *other == name)?.1.map(|value| value.to_string_lossy().into_owned())
}

fn program(command: &Command) -> &Path {
    Path::new(command.get_program())
}

fn args(command: &Command) -> Vec<&str> {
    command.get_args().map(|arg| arg.to_str().unwrap()).collect()
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
    let (command, splash) = plan(&place(folder.path()), &env(&of_the_user)).unwrap();
    assert_eq!(program(&command), folder.path().join("python/bin/python3"));
    assert_eq!(args(&command), ["manage.py", "desktop"]);
    assert_eq!(splash, folder.path().join("src/demo/templates/splash.html"));
    let python: Vec<String> = command
        .get_envs()
        .filter(|(name, _)| name.to_string_lossy().to_uppercase().starts_with("PYTHON"))
        .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.unwrap().to_string_lossy()))
        .collect();
    assert_eq!(python, ["PYTHONDONTWRITEBYTECODE=1", "PYTHONNOUSERSITE=1", "PYTHONUNBUFFERED=1"]);
    assert_eq!(variable(&command, "VIRTUAL_ENV"), None);
    assert_eq!(variable(&command, "HOME").as_deref(), Some("/h/her"));
    assert_eq!(variable(&command, "DJANGO_SETTINGS_MODULE").as_deref(), Some("demo.settings.packaged"));
    assert_eq!(variable(&command, "DESKTOP_DJANGO_AUTH_TOKEN").as_deref(), Some("secret"));
    assert_eq!(variable(&command, "DESKTOP_DJANGO_BUNDLE_DIR").map(PathBuf::from).as_deref(), Some(folder.path()));
}

#[test]
fn sources_run_through_uv_or_a_python_that_is_named() {
    let root = Path::new("/repo/backend");
    let place = Place { mode: "development".to_owned(), checkout: Some(checkout(root)), ..place(root) };
    let (command, _) = plan(&place, &env(&[("UV", "/opt/uv"), ("PYTHONPATH", "/mine")])).unwrap();
    assert_eq!(program(&command), Path::new("/opt/uv"));
    assert_eq!(args(&command), ["run", "--frozen", "python", "manage.py", "desktop"]);
    assert_eq!(
        variable(&command, "PYTHONPATH").as_deref(),
        Some("/mine"),
        "a developer's environment is the developer's"
    );
    assert_eq!(variable(&command, "DJANGO_SETTINGS_MODULE").as_deref(), Some("demo.settings.local"));

    assert_eq!(
        program(&plan(&place, &env(&[("UV", "")])).unwrap().0),
        Path::new("uv"),
        "an empty value counts as unset"
    );
    let named = [("DESKTOP_DJANGO_PYTHON", "/opt/python"), ("UV", "/opt/uv"), ("DJANGO_SETTINGS_MODULE", "mine")];
    let (command, _) = plan(&place, &env(&named)).unwrap();
    assert_eq!((program(&command), args(&command).len()), (Path::new("/opt/python"), 2));
    assert_eq!(variable(&command, "DJANGO_SETTINGS_MODULE").as_deref(), Some("mine"));
}

#[test]
fn an_installed_program_has_a_place_of_its_own() {
    let of_a_developer =
        [("DESKTOP_DJANGO_RUNTIME_MODE", "development"), ("DESKTOP_DJANGO_BACKEND_ROOT", "/elsewhere")];
    let place = |env_of: &[(&str, &str)]| Place::new("org.app", "/p/backend".into(), None, &env(env_of));
    let own = place(&of_a_developer);
    assert_eq!((own.mode.as_str(), own.backend_root.as_path()), ("packaged", Path::new("/p/backend")));
    assert_eq!((own.instance.as_str(), own.data_folder.ends_with("org.app")), ("org.app", true));
    let [first, second] = ["/data/1", "/data/2"].map(|folder| place(&[("DESKTOP_DJANGO_APP_DATA_DIR", folder)]));
    assert_eq!(first.data_folder, Path::new("/data/1"));
    assert_ne!(first.instance, second.instance, "they run side by side");
    assert_eq!(first.instance, place(&[("DESKTOP_DJANGO_APP_DATA_DIR", "/data/1")]).instance);
    assert_ne!(first.token, second.token);
}

#[test]
fn a_checkout_has_a_place_of_its_own() {
    let place = |env_of: &[(&str, &str)]| {
        Place::new("org.app", "/p/backend".into(), Some(checkout(Path::new("/repo/backend"))), &env(env_of))
    };
    let development = place(&[]);
    assert_eq!((development.mode.as_str(), development.instance.as_str()), ("development", "org.app.development"));
    assert_eq!(development.backend_root, Path::new("/repo/backend"));
    let packaged = ("DESKTOP_DJANGO_RUNTIME_MODE", "packaged");
    assert_eq!(place(&[packaged]).backend_root, Path::new("/repo/backend/stage"));
    assert_eq!(place(&[packaged, ("DESKTOP_DJANGO_BACKEND_ROOT", "/b")]).backend_root, Path::new("/b"));
}

#[track_caller]
fn refused(folder: &TempDir, title: &str, detail: &str) {
    let failure = plan(&place(folder.path()), &env(&[])).unwrap_err();
    assert_eq!(failure.title, title);
    assert!(failure.detail.contains(detail), "{failure}");
    assert!(failure.detail.ends_with("Please install the app again."), "{failure}");
}

#[test]
fn what_is_not_whole_is_not_started() {
    let damaged = "The app is damaged";
    refused(&backend(|manifest| manifest["schemaVersion"] = json!(2)), damaged, "its schema is 2");
    refused(&backend(|manifest| manifest["launcher"]["command"] = json!(null)), damaged, "expected a sequence");
    let missing = "A part of the app is missing";
    refused(&backend(|manifest| manifest["python"]["executable"] = json!("python/bin/python9")), missing, "python9");
    refused(&backend(|manifest| manifest["python"]["executable"] = json!("python/bin")), missing, "can't be run");
    refused(&backend(|manifest| manifest["python"]["executable"] = json!("")), missing, "can't be run");
    refused(&backend(|manifest| manifest["python"] = json!({})), missing, "can't be run");
    refused(&backend(|manifest| *manifest = json!([])), damaged, "its schema is null");
    let half = backend(|_| ());
    write(half.path(), "runtime-manifest.json", "{\"schemaVersion\": 1,");
    refused(&half, damaged, "EOF");
    std::fs::remove_file(half.path().join("runtime-manifest.json")).unwrap();
    refused(&half, "The app is not complete", "runtime-manifest.json: No such file");
}

#[test]
fn in_a_checkout_the_remedy_is_a_command() {
    let folder = TempDir::new().unwrap();
    let place = Place { checkout: Some(checkout(folder.path())), ..place(folder.path()) };
    assert!(plan(&place, &env(&[])).unwrap_err().detail.ends_with("Run `cargo xtask packaged-stage`."));
}
