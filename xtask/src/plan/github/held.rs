//! What a downloaded run holds: `.download.json` in its folder, written last, so its presence means that the
//! folder is whole.

use serde::{Deserialize, Serialize};

use crate::record::HashedFile;

/// Raised when the record changes its form.
pub(crate) const SCHEMA: u32 = 1;

/// What a run's folder holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// [`SCHEMA`] when it was written.
    pub(crate) schema: u32,
    /// The run.
    pub(crate) run: u64,
    /// The artifacts.
    pub(crate) artifacts: Vec<Held>,
}

/// An artifact that was unpacked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Held {
    /// Its name.
    pub(crate) name: String,
    /// Its id.
    pub(crate) id: u64,
    /// The folder of its platform.
    pub(crate) platform: String,
    /// Digest of the archive, lower-case hex.
    pub(crate) sha256: String,
    /// Its files, relative to the folder of its platform.
    pub(crate) files: Vec<HashedFile>,
}
