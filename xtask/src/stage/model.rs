//! What staging is going to do, as a value: four layers with their keys, and whether each is made or reused.

use std::fmt;

use camino::Utf8PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::python::HostPython;

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

/// One layer of a stage.
#[derive(Clone, Debug)]
pub(crate) struct LayerPlan {
    /// Which one.
    pub(crate) layer: Layer,
    /// Digest over all its inputs, the name of its folder in the store.
    pub(crate) key: String,
    /// Everything that can change its bytes.
    pub(crate) inputs: Vec<Input>,
    /// Whether the store has it.
    pub(crate) stored: bool,
    /// What is different from the last stage, for people; empty when nothing is.
    pub(crate) because: Vec<String>,
}

/// How the staged backend is brought up to date.
#[derive(Clone, Debug)]
pub(crate) struct StagePlan {
    /// The four layers, in order.
    pub(crate) layers: Vec<LayerPlan>,
    /// Where the interpreter comes from.
    pub(crate) source: RuntimeSource,
    /// Files of the app layer, relative to the backend folder, in order.
    pub(crate) app_files: Vec<String>,
    /// Why the tree is put together anew; nothing is done when empty.
    pub(crate) because: Vec<String>,
    /// The tree that is replaced.
    pub(crate) target: Utf8PathBuf,
    /// No child may use the network.
    pub(crate) offline: bool,
    /// Make each layer, also those that the store has.
    pub(crate) force: bool,
    /// Digest of the record that this was decided from; another one means that another stage was faster.
    pub(crate) decided_from: String,
    /// What goes into the new record.
    pub(crate) seen: Seen,
}

/// What was seen when the plan was made, for the record of this stage.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// When the inputs were read; nanoseconds since 1970.
    pub(crate) taken_ns: i64,
    /// What the choice of the interpreter was made from.
    pub(crate) request: Vec<Input>,
    /// The version that was asked for, where another one is taken.
    pub(crate) instead_of: Option<String>,
    /// `uv 0.9.1`.
    pub(crate) uv_version: String,
    /// Input files.
    pub(crate) inputs: Vec<crate::base::stat::HashedFile>,
}

impl StagePlan {
    /// The plan of one layer.
    pub(crate) fn layer(&self, layer: Layer) -> &LayerPlan {
        &self.layers[layer as usize]
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_up_to_date(&self) -> bool {
        self.because.is_empty()
    }

    /// Whether a layer has to be made.
    pub(crate) fn makes(&self, layer: Layer) -> bool {
        self.force || !self.layer(layer).stored
    }
}

impl fmt::Display for StagePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_up_to_date() {
            return write!(f, "keep    {} (up to date)", self.target);
        }
        for plan in &self.layers {
            let how = match plan.layer {
                layer if !self.makes(layer) => "reuse from the store".to_owned(),
                Layer::Runtime => self.source.to_string(),
                Layer::Packages => "uv pip install exactly what uv.lock says".to_owned(),
                Layer::App => format!("copy and compile {}", crate::base::text::count(self.app_files.len(), "file")),
                Layer::Static => "manage.py collectstatic".to_owned(),
            };
            writeln!(f, "layer   {:<9} {}  {how}", plan.layer, &plan.key[..12])?;
        }
        write!(f, "swap    {} ({})", self.target, self.because.join("; "))
    }
}
