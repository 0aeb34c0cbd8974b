//! What staging decides from, as values that `probe` fills in.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use crate::base::stat::HashedFile;

use crate::stage::model::{Input, Layer, RuntimeSource};
use crate::stage::record::Record;

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
pub(crate) struct Wish {
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

/// What was seen.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The last stage.
    pub(crate) record: Option<Record>,
    /// Digest of the record file, to notice when another stage has written a new one meanwhile.
    pub(crate) record_digest: String,
    /// What the choice of the interpreter was made from.
    pub(crate) request: Vec<Input>,
    /// The choice.
    pub(crate) source: RuntimeSource,
    /// The version that was asked for, where another one is taken.
    pub(crate) instead_of: Option<String>,
    /// `uv 0.9.1`.
    pub(crate) uv_version: String,
    /// When the inputs were read.
    pub(crate) taken_ns: i64,
    /// Input files, relative to the backend folder; `uv.lock` and the entry script among them.
    pub(crate) inputs: Vec<HashedFile>,
    /// Layers in the store.
    pub(crate) stored: BTreeSet<(Layer, String)>,
    /// What is not as the last stage left it, up to a handful of sentences.
    pub(crate) drift: Vec<String>,
}
