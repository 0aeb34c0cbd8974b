//! What the GitHub commands are going to do, as values.

use std::fmt;

use camino::Utf8PathBuf;

use crate::plan::github::artifacts::{Artifact, Wanted};
use crate::plan::github::folders::Folders;
use crate::probe::github::Settings;
use crate::text::size;

/// One artifact of a download.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Where it belongs.
    pub(crate) wanted: Wanted,
    /// What the server has.
    pub(crate) artifact: Artifact,
    /// It is there already and right.
    pub(crate) kept: bool,
}

/// How the packages of a run are brought.
#[derive(Clone, Debug)]
pub(crate) struct DownloadPlan {
    /// Where from.
    pub(crate) settings: Settings,
    /// The run.
    pub(crate) run: u64,
    /// Where to.
    pub(crate) folders: Folders,
    /// The artifacts.
    pub(crate) items: Vec<Item>,
    /// The name of the checksum manifest of each platform, with `{platform}` in it.
    pub(crate) manifest: String,
    /// Bodies that are fetched at once.
    pub(crate) jobs: usize,
    /// What an archive may unpack to, in MB.
    pub(crate) unpacked_limit_mb: u64,
    /// The id that `latest-run.txt` gets.
    pub(crate) latest: u64,
}

impl DownloadPlan {
    /// Whether everything is there already.
    pub(crate) fn is_up_to_date(&self) -> bool {
        self.items.iter().all(|item| item.kept)
    }

    /// The folder of the run.
    pub(crate) fn target(&self) -> Utf8PathBuf {
        self.folders.run(self.run)
    }
}

impl fmt::Display for DownloadPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_up_to_date() {
            return write!(f, "keep    {} (all artifacts of run {} are there)", self.target(), self.run);
        }
        for Item { wanted, artifact, kept } in &self.items {
            let how = if *kept { "keep " } else { "fetch" };
            writeln!(f, "{how}   {} ({}) into {}", artifact.name, size(artifact.size_in_bytes), wanted.platform)?;
        }
        writeln!(f, "verify  {} of each platform", self.manifest)?;
        write!(f, "swap    {}", self.target())
    }
}
