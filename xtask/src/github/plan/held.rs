//! What a downloaded run holds: `.download.json` in its folder, written last, so its presence means that the
//! folder is whole.

use serde::{Deserialize, Serialize};

use crate::base::stat::HashedFile;
use crate::github::artifact::Artifact;

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

impl Record {
    /// Whether this artifact of the server is the one that is here.
    pub(crate) fn holds(&self, artifact: &Artifact) -> bool {
        self.artifacts.iter().any(|held| {
            held.id == artifact.id
                && held.name == artifact.name
                && artifact.sha256().is_none_or(|sha256| sha256 == held.sha256)
        })
    }
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
