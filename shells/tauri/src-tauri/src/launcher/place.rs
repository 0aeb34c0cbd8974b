//! What this start of the program is: mode, folders, name. An environment variable that is empty counts as unset.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::DirBuilder;
use std::path::PathBuf;
use std::time::Instant;

use serde::Deserialize;
use uuid::Uuid;

use super::Failure;

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
    /// What Django asks every request for.
    pub token: String,
}

impl Place {
    /// From the program's identifier, the staged backend of a package, and what development knows beside these.
    pub fn new(identifier: &str, packaged: PathBuf, checkout: Option<Checkout>, env: &Variables) -> Self {
        // What is relative in the facts of a checkout is relative to the repository, which is the working folder then.
        let here = env::current_dir().unwrap_or_default();
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
        Self { started: Instant::now(), instance, mode, backend_root, checkout, data_folder, token }
    }

    /// Where the backend writes its log, once it can.
    pub fn log(&self) -> PathBuf {
        self.data_folder.join("logs").join("desktop.log")
    }

    /// Makes the folder for data the person's alone. The browser engine would not, and it may be faster than the backend.
    pub fn claim_data_folder(&self) -> Result<(), Failure> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.data_folder).map_err(|error| {
            let detail = format!("{}: {error}.", self.data_folder.display());
            Failure::new("The folder for the app's data can't be used", detail)
        })
    }
}

/// A variable that is not empty.
pub(super) fn given<'a>(env: &'a Variables, name: &str) -> Option<&'a OsStr> {
    env.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
}
