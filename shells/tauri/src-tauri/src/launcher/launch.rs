//! What this start of the program is, and which process it starts: from `runtime-manifest.json`, or through uv. An
//! environment variable that is empty counts as unset.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::{fmt::Display, fs, path::PathBuf, process::Command, time::Instant};

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::process::Failure;
use crate::words;

/// The environment, as it was when the program was started.
pub type Variables = BTreeMap<OsString, OsString>;

/// How a backend is run, staged or from its sources.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Launcher {
    /// Arguments of Python.
    pub command: Vec<String>,
    /// The working folder, below the backend's.
    #[serde(default)]
    pub cwd: String,
    /// Below the backend's folder.
    pub source_root: String,
    /// Where, in development, the environment names none.
    pub settings_module: String,
}

/// Where the backends of a checkout are.
#[derive(Clone, Debug, Deserialize)]
pub struct Checkout {
    /// The sources' folder.
    pub root: PathBuf,
    /// The staged backend.
    pub stage: PathBuf,
    /// How the sources are run.
    #[serde(flatten)]
    pub launcher: Launcher,
}

/// One start of the program.
#[derive(Clone, Debug)]
pub struct Place {
    /// When it began.
    pub started: Instant,
    /// The name of this program with this data: two programs with one are the same one started twice.
    pub instance: String,
    /// `packaged`: a staged backend; `development`: the backend's sources.
    pub mode: String,
    /// The staged backend, or the folder with the sources; absolute.
    pub backend_root: PathBuf,
    /// None in an installed program.
    pub checkout: Option<Checkout>,
    /// Everything that belongs to the person.
    pub data_folder: PathBuf,
    /// Ask nobody anything, and leave after the first page.
    pub is_smoke_test: bool,
    /// What Django asks every request for.
    pub token: String,
}

impl Place {
    /// From the program's identifier, the staged backend of a package, and what development knows beside these.
    pub fn new(identifier: &str, packaged: PathBuf, checkout: Option<Checkout>, env: &Variables) -> Self {
        // What is relative in the facts of a checkout is relative to the repository, which is the working folder then.
        let here = std::env::current_dir().unwrap_or_default();
        let folder = |name: &str| given(env, name).map(|value| here.join(value));
        let (mut instance, mut mode, mut backend_root) = (identifier.to_owned(), "packaged".to_owned(), packaged);
        // An installed program runs its own backend, whatever a developer's environment says.
        if let Some(checkout) = &checkout {
            instance.push_str(".development");
            mode =
                given(env, "DESKTOP_DJANGO_RUNTIME_MODE").map_or("development".into(), OsStr::to_string_lossy).into();
            let usual = if mode == "development" { &checkout.root } else { &checkout.stage };
            backend_root = folder("DESKTOP_DJANGO_BACKEND_ROOT").unwrap_or_else(|| here.join(usual));
        }
        let own_folder = dirs::config_dir().unwrap_or_default().join(&instance);
        let data_folder = folder("DESKTOP_DJANGO_APP_DATA_DIR").unwrap_or_else(|| own_folder.clone());
        if data_folder != own_folder {
            let hash = Uuid::new_v5(&Uuid::NAMESPACE_URL, data_folder.as_os_str().as_encoded_bytes());
            instance = format!("{instance}.data-{}", hash.simple());
        }
        let token = Uuid::new_v4().simple().to_string();
        let is_smoke_test = given(env, "DESKTOP_DJANGO_SMOKE_TEST").is_some_and(|value| value == "1");
        Self { started: Instant::now(), instance, mode, backend_root, checkout, data_folder, is_smoke_test, token }
    }

    /// Where the backend writes its log, once it can.
    pub fn log(&self) -> PathBuf {
        self.data_folder.join("logs").join("desktop.log")
    }

    /// Makes the folder for data the person's alone. The browser engine would not, and it may be faster than the backend.
    pub fn claim_data_folder(&self) -> Result<(), Failure> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let made = builder.recursive(true).create(&self.data_folder);
        let detail = |error| format!("{}: {error}.", self.data_folder.display());
        made.map_err(|error| Failure::new("The folder for the app's data can't be used", detail(error)))
    }
}

/// A variable that is not empty.
fn given<'a>(env: &'a Variables, name: &str) -> Option<&'a OsStr> {
    env.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
}

/// From the place to the process to start, and to the project's start-up page, which may be missing.
pub fn plan(place: &Place, env: &Variables) -> Result<(Command, PathBuf), Failure> {
    let root = &place.backend_root;
    let (mut command, mut launcher) = match (place.mode.as_str(), &place.checkout) {
        ("development", Some(checkout)) => {
            let python = given(env, "DESKTOP_DJANGO_PYTHON");
            let mut command = Command::new(python.or(given(env, "UV")).unwrap_or("uv".as_ref()));
            command.env_clear().envs(env).args(["run", "--frozen", "python"].iter().filter(|_| python.is_none()));
            (command, checkout.launcher.clone())
        }
        _ => {
            let (python, launcher) = read_manifest(place)?;
            let mut command = Command::new(python);
            // Nothing of another Python on the computer may get into the bundled one, nor what lies in `~/.local`.
            command.env_clear().envs(env.iter().filter(|(name, _)| !is_of_python(name)));
            command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONNOUSERSITE", "1");
            (command, launcher)
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
        .env("DESKTOP_DJANGO_LANGUAGE", words::language())
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
    let remedy =
        if place.checkout.is_some() { "Run `cargo xtask packaged-stage`." } else { "Please install the app again." };
    let wrong = |title: &str, problem: String| Failure::new(title, format!("{}: {problem}. {remedy}", file.display()));
    let damaged = |problem: &dyn Display| wrong("The app is damaged", problem.to_string());
    let text = fs::read_to_string(&file).map_err(|error| wrong("The app is not complete", error.to_string()))?;
    let mut manifest: Value = serde_json::from_str(&text).map_err(|error| damaged(&error))?;
    if manifest["schemaVersion"] != 1 {
        return Err(damaged(&format!("its schema is {}, this program knows 1", manifest["schemaVersion"])));
    }
    let launcher = serde_json::from_value(manifest["launcher"].take()).map_err(|error| damaged(&error))?;
    let program = place.backend_root.join(manifest["python"]["executable"].as_str().unwrap_or_default());
    if !program.is_file() {
        return Err(wrong("A part of the app is missing", format!("{} can't be run", program.display())));
    }
    Ok((program, launcher))
}
