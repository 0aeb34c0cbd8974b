//! Which process is started, with what: from `runtime-manifest.json`, or through uv.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

use super::place::given;
use super::{Failure, Launcher, Place, Variables};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u64,
    python: Python,
    launcher: Launcher,
}

#[derive(Deserialize)]
struct Python {
    executable: String,
}

/// From the place to the process to start, and to the project's start-up page, which may be missing.
pub fn plan(place: &Place, env: &Variables) -> Result<(Command, PathBuf), Failure> {
    let root = &place.backend_root;
    let (mut command, mut launcher) = match (place.mode.as_str(), &place.checkout) {
        ("packaged", _) => {
            let (python, launcher) = read_manifest(place)?;
            let mut command = Command::new(python);
            // Nothing of another Python on the computer may get into the bundled one, nor what lies in `~/.local`.
            command.env_clear().envs(env.iter().filter(|(name, _)| !is_of_python(name)));
            command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONNOUSERSITE", "1");
            (command, launcher)
        }
        ("development", Some(checkout)) => {
            let python = given(env, "DESKTOP_DJANGO_PYTHON");
            let mut command = Command::new(python.or(given(env, "UV")).unwrap_or("uv".as_ref()));
            command.env_clear().envs(env).args(["run", "--frozen", "python"].iter().filter(|_| python.is_none()));
            (command, checkout.launcher.clone())
        }
        (mode, _) => {
            let detail = format!("DESKTOP_DJANGO_RUNTIME_MODE is “{mode}”; it can be “development” or “packaged”.");
            return Err(Failure::new("Unknown mode", detail));
        }
    };
    if let Some(module) = given(env, "DJANGO_SETTINGS_MODULE").filter(|_| place.mode == "development") {
        launcher.settings_module = module.to_string_lossy().into_owned();
    }
    command
        .args(launcher.command)
        .current_dir(root.join(launcher.cwd))
        .env("DESKTOP_DJANGO_APP_DATA_DIR", &place.data_folder)
        .env("DESKTOP_DJANGO_AUTH_TOKEN", &place.token)
        .env("DESKTOP_DJANGO_BUNDLE_DIR", root)
        .env("DESKTOP_DJANGO_RUNTIME_MODE", &place.mode)
        .env("DJANGO_SETTINGS_MODULE", &launcher.settings_module)
        .env("PYTHONUNBUFFERED", "1");
    let package = launcher.settings_module.split('.').next().unwrap_or_default();
    Ok((command, root.join(launcher.source_root).join(package).join("templates").join("splash.html")))
}

fn is_of_python(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    name.starts_with("PYTHON") || name == "VIRTUAL_ENV"
}

/// The interpreter, and what it is to run. The stage writes the manifest last: with it, the tree is whole.
fn read_manifest(place: &Place) -> Result<(PathBuf, Launcher), Failure> {
    let file = place.backend_root.join("runtime-manifest.json");
    let remedy = match place.checkout {
        Some(_) => "Run `cargo xtask packaged-stage`.",
        None => "Please install the app again.",
    };
    let wrong = |title: &str, problem: &str| Failure::new(title, format!("{}: {problem}. {remedy}", file.display()));
    let damaged = |problem: &str| wrong("The app is damaged", problem);
    let text = fs::read_to_string(&file).map_err(|error| wrong("The app is not complete", &error.to_string()))?;
    let Manifest { schema_version, python, launcher } =
        serde_json::from_str(&text).map_err(|error| damaged(&error.to_string()))?;
    if schema_version != 1 {
        return Err(damaged(&format!("its schema is {schema_version}, this program knows 1")));
    }
    let program = place.backend_root.join(&python.executable);
    if !program.is_file() {
        return Err(wrong("A part of the app is missing", &format!("{} can't be run", program.display())));
    }
    Ok((program, launcher))
}
