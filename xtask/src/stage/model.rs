//! The values of staging: layers and what they are made from, what is asked for, what was seen.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::base::hash;
use crate::base::python::HostPython;
use crate::base::stat::HashedFile;
use crate::stage::plan::requirements::Package;

/// What stands for the folder in which a layer is made; its files go into `tree` in it.
pub(crate) const LAYER: &str = "<layer>";

/// What stands for the bundled interpreter.
pub(crate) const PYTHON: &str = "<python>";

/// What stands for the files of the packages layer.
pub(crate) const PACKAGES: &str = "<packages>";

/// What stands for the tree that is checked.
pub(crate) const TREE: &str = "<tree>";

/// A part of the staged tree that is made, stored and reused by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Layer {
    /// The interpreter.
    Runtime,
    /// The locked dependencies.
    Packages,
    /// The Django project.
    App,
    /// Collected static files.
    Static,
}

impl Layer {
    /// All layers, in the order in which they build on each other.
    pub(crate) const ALL: [Self; 4] = [Self::Runtime, Self::Packages, Self::App, Self::Static];

    /// The name of its folder in the store.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Packages => "packages",
            Self::App => "app",
            Self::Static => "static",
        }
    }

    /// Where a version of it lies in the store.
    pub(crate) fn stored(self, store: &Utf8Path, key: &str) -> Utf8PathBuf {
        store.join(self.name()).join(key)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Something that can change the bytes of a layer: its name, and a value that differs when it does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Input {
    /// What it is, for people: `src/app/views.py`, `python.prune`.
    pub(crate) name: String,
    /// Its content's digest, or a short value itself.
    pub(crate) value: String,
}

impl Input {
    /// An input.
    pub(crate) fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// Where the interpreter comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RuntimeSource {
    /// python-build-standalone, through `uv python install`.
    Uv {
        /// uv's name of the download: `cpython-3.14.2-linux-x86_64-gnu`.
        key: String,
        /// The address of the archive, which changes with each new build of one version.
        url: String,
    },
    /// A `CPython` of this machine, copied and made relocatable.
    Host(HostPython),
    /// A python-build-standalone archive (`install_only` or `install_only_stripped`).
    Archive {
        /// The file.
        path: Utf8PathBuf,
        /// SHA-256 of the file, lower-case hex.
        sha256: String,
    },
}

impl RuntimeSource {
    /// One word for the manifest: `uv`, `host` or `archive`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Uv { .. } => "uv",
            Self::Host(_) => "host",
            Self::Archive { .. } => "archive",
        }
    }

    /// The full version, as far as the name tells it.
    pub(crate) fn version(&self) -> Option<&str> {
        let of_name = |name| {
            let version = str::strip_prefix(name, "cpython-")?.split(['-', '+']).next()?;
            version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
        };
        match self {
            Self::Uv { key, .. } => of_name(key),
            Self::Host(host) => Some(&host.version),
            Self::Archive { path, .. } => of_name(path.file_name()?),
        }
    }

    /// What identifies its bytes.
    pub(crate) fn identity(&self) -> String {
        match self {
            Self::Uv { key, url } => format!("uv {key} {}", url.rsplit('/').next().unwrap_or(url)),
            Self::Host(host) => format!("host {} {} {}", host.version, host.prefix, host.stamp),
            Self::Archive { sha256, .. } => format!("archive {sha256}"),
        }
    }
}

impl fmt::Display for RuntimeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uv { key, .. } => write!(f, "uv python install {key}"),
            Self::Host(host) => write!(f, "copy of CPython {} in {}", host.version, host.prefix),
            Self::Archive { path, .. } => write!(f, "unpack {path}"),
        }
    }
}

/// Where the user wants the interpreter from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceChoice {
    /// uv, and what is installed when nothing can be downloaded.
    Auto,
    /// uv only.
    Uv,
    /// What is installed.
    Host,
    /// An archive.
    Archive {
        /// The file.
        path: Utf8PathBuf,
        /// SHA-256 that it must have, lower-case hex.
        expected: Option<String>,
    },
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Where the interpreter comes from.
    pub(crate) source: SourceChoice,
    /// The bundled Python version.
    pub(crate) version: String,
    /// No network.
    pub(crate) offline: bool,
    /// Nothing that was made before counts.
    pub(crate) force: bool,
    /// The download failed, so an installed interpreter is taken.
    pub(crate) fall_back: bool,
}

/// What was seen when a stage was decided; it goes into its record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// When the inputs were read; nanoseconds since 1970.
    pub(crate) taken_ns: i64,
    /// What the choice of the interpreter was made from.
    pub(crate) request: Vec<Input>,
    /// The choice.
    pub(crate) source: RuntimeSource,
    /// The version that was asked for, where another one had to be taken.
    pub(crate) instead_of: Option<String>,
    /// The version of uv that installs the packages: `uv 0.9.1`.
    pub(crate) uv_version: String,
    /// Input files, relative to the backend folder; the entry script among them.
    pub(crate) inputs: Vec<HashedFile>,
    /// All that `backend.build` may read or write, relative to the backend folder.
    pub(crate) built: Vec<HashedFile>,
    /// Files from beside `dds.toml`, relative to it.
    pub(crate) beside: Vec<HashedFile>,
    /// The text of the overlay, where the project has one.
    pub(crate) overlay: Option<String>,
    /// `uv.lock` or the file of requirements, relative to `dds.toml`.
    pub(crate) lock: HashedFile,
    /// What a file of requirements says about indexes.
    pub(crate) indexes: Vec<String>,
    /// The files of `desktop_runtime` and its lock, relative to its folder.
    pub(crate) runtime: Vec<HashedFile>,
    /// What `uv.lock` was made from: `pyproject.toml` and those of the folders that it names, relative to the backend
    /// folder.
    pub(crate) projects: Vec<HashedFile>,
    /// What [`Self::packages`] was asked for with.
    pub(crate) asked_packages: Vec<Input>,
    /// The distributions that the lock has.
    pub(crate) packages: Vec<Package>,
    /// The files of those that come from folders of this machine, relative to the backend folder.
    pub(crate) folders: Vec<HashedFile>,
}

impl Seen {
    /// An input file, by its path.
    pub(crate) fn input(&self, path: &str) -> Option<&HashedFile> {
        let at = self.inputs.binary_search_by(|file| file.path.as_str().cmp(path));
        at.ok().map(|at| &self.inputs[at])
    }

    /// Digest over the files of this machine that a distribution is made of; nothing where it has none.
    pub(crate) fn digest_of(&self, package: &Package) -> Option<String> {
        let files = self.folders.iter().filter(|file| package.is_made_of(&file.path));
        let lines: Vec<String> = files.map(|file| format!("{} {}", file.sha256, file.path)).collect();
        (!lines.is_empty()).then(|| hash::lines(&lines))
    }

    /// What the lock and its check depend on.
    pub(crate) fn lock_inputs(&self) -> Vec<Input> {
        let lock = Input::new(self.lock_name(), self.lock.sha256);
        let projects = self.projects.iter().map(|file| Input::new(&file.path, file.sha256));
        std::iter::once(lock).chain(projects).collect()
    }

    /// What people call the lock: `uv.lock`.
    pub(crate) fn lock_name(&self) -> &str {
        self.lock.path.rsplit('/').next().unwrap_or_default()
    }
}
