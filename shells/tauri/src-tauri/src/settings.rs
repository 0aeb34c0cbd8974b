//! What this start of the program is: names, mode, folders. An environment variable that is empty counts as unset.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::launcher::{Checkout, Failure, Place};

/// Where the development facts are in the configuration; `cargo xtask` writes them, and no package has them.
const CHECKOUT: &str = "checkout";

/// One start of the program.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What people read.
    pub title: String,
    /// Run from a package, not from a checkout.
    pub is_installed: bool,
    /// What decides about the backend.
    pub place: Place,
    /// Where the backend writes its log, once it can.
    pub log: PathBuf,
    /// The data is in the folder that the identifier names, not in one that the environment names.
    pub has_own_data: bool,
    /// Quit after the first page, ask nobody anything.
    pub is_smoke_test: bool,
}

impl Settings {
    /// From the configuration, the folder of the package's resources, and the environment.
    pub fn new(config: &tauri::Config, resources: PathBuf, env: &BTreeMap<OsString, OsString>) -> Self {
        let variable = |name: &str| {
            let value = env.get(&OsString::from(format!("DESKTOP_DJANGO_{name}")));
            value.filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
        };
        let folder = |name: &str| variable(name).map(PathBuf::from);
        let is_installed = !tauri::is_dev();
        let facts = config.plugins.0.get(CHECKOUT).cloned().filter(|_| !is_installed);
        let checkout: Option<Checkout> = facts.and_then(|facts| serde_json::from_value(facts).ok());
        // An installed program runs its own backend, whatever a developer's environment says.
        let (mode, backend_root) = match &checkout {
            None => ("packaged".to_owned(), resources.join("backend")),
            Some(checkout) => {
                let mode = variable("RUNTIME_MODE").unwrap_or_else(|| "development".to_owned());
                let usual = if mode == "development" { &checkout.root } else { &checkout.stage };
                (mode, absolute(folder("BACKEND_ROOT").as_ref().unwrap_or(usual)))
            }
        };
        let own_name = format!("{}{}", config.identifier, if is_installed { "" } else { ".development" });
        let own_data = dirs::config_dir().unwrap_or_default().join(own_name);
        let data_folder = absolute(folder("APP_DATA_DIR").as_ref().unwrap_or(&own_data));
        let python = folder("PYTHON");
        Self {
            title: config.product_name.clone().unwrap_or_default(),
            is_installed,
            log: data_folder.join("logs").join("desktop.log"),
            has_own_data: data_folder == own_data && is_installed,
            is_smoke_test: variable("SMOKE_TEST").as_deref() == Some("1"),
            place: Place { mode, backend_root, checkout, python, data_folder, token: random_token() },
        }
    }

    /// Makes the data folder, and sees whether it can be written to.
    pub fn claim_data_folder(&self) -> Result<(), Failure> {
        let folder = &self.place.data_folder;
        let probe = folder.join(format!(".probe-{}", std::process::id()));
        make_private(folder)
            .and_then(|()| fs::create_dir(&probe))
            .and_then(|()| fs::remove_dir(&probe))
            .map_err(|error| Failure::unusable_data_folder(folder, &error))
    }

    /// What the browser engine keeps. It needs a place even to show that there is none.
    pub fn browser_folder(&self) -> PathBuf {
        let folder = self.place.data_folder.join("browser");
        let is_usable = make_private(&folder).is_ok();
        if is_usable { folder } else { std::env::temp_dir().join(format!("no-data-folder-{}", std::process::id())) }
    }

    /// A name for this program and its data: two programs with one name are the same one started twice.
    pub fn instance(&self, identifier: &str) -> String {
        if self.has_own_data {
            return identifier.to_owned();
        }
        // FNV-1a, because it is short and the same in every version.
        let bytes = self.place.data_folder.as_os_str().as_encoded_bytes();
        let hash = bytes
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{identifier}.data-{hash:x}")
    }
}

/// What is relative in the facts of a checkout is relative to the repository, which is the working folder then.
fn absolute(path: &PathBuf) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.clone())
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// 256 bits that nobody can guess.
fn random_token() -> String {
    let mut bytes = [0; 32];
    // Without randomness there is no way to keep other programs out, and so no start.
    #[expect(clippy::expect_used)]
    getrandom::fill(&mut bytes).expect("the system has no randomness");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
