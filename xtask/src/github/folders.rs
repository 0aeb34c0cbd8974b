//! The places of a workflow's downloads, relative to the repository.

use camino::{Utf8Path, Utf8PathBuf};

/// The file with the id of the newest downloaded run.
pub(crate) const LATEST_FILE: &str = "latest-run.txt";

/// The file in a run's folder that says what was downloaded; its presence means that the folder is whole.
pub(crate) const RECORD_FILE: &str = ".download.json";

/// Where the runs of one workflow are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folders(Utf8PathBuf);

impl Folders {
    /// Below the given folder.
    pub(crate) fn new(folder: impl Into<Utf8PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder of all runs.
    pub(crate) fn base(&self) -> &Utf8Path {
        &self.0
    }

    /// The folder of one run.
    pub(crate) fn run(&self, run: u64) -> Utf8PathBuf {
        self.0.join(run.to_string())
    }

    /// The relative link to the newest run, where the platform has links.
    pub(crate) fn latest_link(&self) -> Utf8PathBuf {
        self.0.join("latest")
    }

    /// See [`LATEST_FILE`].
    pub(crate) fn latest_file(&self) -> Utf8PathBuf {
        self.0.join(LATEST_FILE)
    }

    /// Bodies that are still being fetched, and those that wait to be unpacked.
    pub(crate) fn bodies(&self) -> Utf8PathBuf {
        self.0.join(".partial")
    }

    /// Where a run is put together; whatever lies here when nothing runs is rubbish.
    pub(crate) fn assembly(&self) -> Utf8PathBuf {
        self.0.join(".new")
    }

    /// Where a run's former folder waits while the new one takes its place in two steps.
    pub(crate) fn aside(&self) -> Utf8PathBuf {
        self.0.join(".old")
    }

    /// Held by the one download that writes here.
    pub(crate) fn lock(&self) -> Utf8PathBuf {
        self.0.join(".lock")
    }
}

/// The newest of the recorded runs: by number, not as text.
pub(crate) fn newest<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<u64> {
    names
        .into_iter()
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|name| name.parse().ok())
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_ordered_by_number() {
        assert_eq!(newest(["9", "10", "latest", "+11", "tauri", ""]), Some(10));
        assert_eq!(newest(["tauri"]), None);
    }
}
