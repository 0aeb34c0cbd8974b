//! Which process is started, with what: from `runtime-manifest.json`, or through uv.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::Failure;

/// How the backend is run from its sources.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkout {
    /// The backend's folder.
    pub root: PathBuf,
    /// Below `root`.
    pub source_root: String,
    /// Arguments of Python.
    pub command: Vec<String>,
    /// Where the environment names none.
    pub settings_module: String,
    /// The staged backend.
    pub stage: PathBuf,
}

/// What decides about the process.
#[derive(Clone, Debug)]
pub struct Place {
    /// `packaged`: a staged backend; `development`: the backend's sources.
    pub mode: String,
    /// The staged backend, or the folder with the sources; absolute.
    pub backend_root: PathBuf,
    /// None in an installed program.
    pub checkout: Option<Checkout>,
    /// In development: an interpreter instead of uv.
    pub python: Option<PathBuf>,
    /// Everything that belongs to the person.
    pub data_folder: PathBuf,
    /// What Django asks every request for.
    pub token: String,
}

/// The one process to start.
#[derive(Debug)]
pub struct Launch {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its working folder.
    pub cwd: PathBuf,
    /// Its whole environment.
    pub env: BTreeMap<OsString, OsString>,
    /// The page to show until the backend is ready; a project may have none.
    pub splash: Option<PathBuf>,
}

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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Launcher {
    cwd: String,
    command: Vec<String>,
    source_root: String,
    settings_module: String,
}

/// From the place to the process.
pub fn plan(place: &Place, mut env: BTreeMap<OsString, OsString>) -> Result<Launch, Failure> {
    let root = &place.backend_root;
    let text = |name: &str| env.get(&OsString::from(name)).filter(|value| !value.is_empty()).cloned();
    let launch = match (place.mode.as_str(), &place.checkout) {
        ("packaged", _) => {
            let (program, manifest, cwd, sources) = read_manifest(place)?;
            env.retain(|name, _| !is_of_python(&name.to_string_lossy()));
            env.insert("PYTHONDONTWRITEBYTECODE".into(), "1".into());
            env.insert("PYTHONNOUSERSITE".into(), "1".into());
            let splash = splash_in(&sources, &manifest.settings_module);
            env.insert("DJANGO_SETTINGS_MODULE".into(), manifest.settings_module.into());
            Launch { program, args: manifest.command, cwd, env, splash }
        }
        ("development", Some(checkout)) => {
            let settings = text("DJANGO_SETTINGS_MODULE").unwrap_or_else(|| checkout.settings_module.clone().into());
            let splash = splash_in(&root.join(&checkout.source_root), &settings.to_string_lossy());
            let uv = || PathBuf::from(text("UV").unwrap_or_else(|| "uv".into()));
            let through_uv = ["run", "--frozen", "python"].into_iter().filter(|_| place.python.is_none());
            let args = through_uv.map(str::to_owned).chain(checkout.command.iter().cloned()).collect();
            let program = place.python.clone().unwrap_or_else(uv);
            env.insert("DJANGO_SETTINGS_MODULE".into(), settings);
            Launch { program, args, cwd: root.clone(), env, splash }
        }
        (mode, _) => return Err(Failure::unknown_mode(mode)),
    };
    Ok(with_own_variables(launch, place))
}

fn with_own_variables(mut launch: Launch, place: &Place) -> Launch {
    let own: [(&str, OsString); 5] = [
        ("DESKTOP_DJANGO_APP_DATA_DIR", place.data_folder.clone().into()),
        ("DESKTOP_DJANGO_AUTH_TOKEN", place.token.clone().into()),
        ("DESKTOP_DJANGO_BUNDLE_DIR", place.backend_root.clone().into()),
        ("DESKTOP_DJANGO_RUNTIME_MODE", place.mode.clone().into()),
        ("PYTHONUNBUFFERED", "1".into()),
    ];
    launch.env.extend(own.map(|(name, value)| (name.into(), value)));
    launch
}

/// Nothing of another Python on the computer may get into the bundled one; what lies in `~/.local` is switched off, too.
fn is_of_python(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with("PYTHON") || name == "VIRTUAL_ENV"
}

/// The interpreter, the manifest, the working folder and the folder of sources. The stage writes the manifest last: with
/// it, the tree is whole.
fn read_manifest(place: &Place) -> Result<(PathBuf, Launcher, PathBuf, PathBuf), Failure> {
    let root = &place.backend_root;
    let file = root.join("runtime-manifest.json");
    let remedy =
        if place.checkout.is_none() { "Please install the app again." } else { "Run `cargo xtask packaged-stage`." };
    let damaged = |problem: String| Failure::damaged_manifest(&file, &problem, remedy);
    let text = std::fs::read_to_string(&file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::missing_manifest(&file, remedy),
        _ => damaged(error.to_string()),
    })?;
    let Manifest { schema_version, python, launcher } =
        serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
    if schema_version != 1 {
        return Err(damaged(format!("its schema is {schema_version}, this program knows 1")));
    }
    let below = |key: &str, value: &str| {
        let is_below =
            Path::new(value).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if is_below && !value.is_empty() {
            Ok(root.join(value))
        } else {
            Err(damaged(format!("its {key} leads elsewhere")))
        }
    };
    let program = below("python.executable", &python.executable)?;
    if !program.is_file() {
        return Err(Failure::missing_python(&program, remedy));
    }
    let (cwd, sources) = (below("launcher.cwd", &launcher.cwd)?, below("launcher.sourceRoot", &launcher.source_root)?);
    Ok((program, launcher, cwd, sources))
}

/// The start-up page is a template of the project, made to be shown from disk as well.
fn splash_in(source_root: &Path, settings_module: &str) -> Option<PathBuf> {
    let package = settings_module.split('.').next().unwrap_or(settings_module);
    let file = source_root.join(package).join("templates").join("splash.html");
    file.is_file().then_some(file)
}
