//! What the GitHub commands are going to do, as values.

use std::fmt;

use camino::Utf8PathBuf;

use crate::base::text::size;
use crate::github::artifact::{Artifact, Wanted};
use crate::github::folders::Folders;
use crate::release::repository::Settings;

/// How a run is started, watched, or both.
#[derive(Clone, Debug)]
pub(crate) struct DispatchPlan {
    /// Where.
    pub(crate) settings: Settings,
    /// The workflow's file.
    pub(crate) workflow: String,
    /// The command, for the hint how to go on.
    pub(crate) command: &'static str,
    /// What is started; or the run that is only watched.
    pub(crate) target: Target,
    /// Follow the run to its end.
    pub(crate) watch: bool,
}

/// See [`DispatchPlan`].
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A new run.
    Branch {
        /// The branch.
        branch: String,
        /// The input that is set to true.
        publish: Option<String>,
    },
    /// A run that is there.
    Run(u64),
}

impl fmt::Display for DispatchPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settings, workflow, target, watch, .. } = self;
        match target {
            Target::Run(run) => return write!(f, "watch   run {run} in {}", settings.repository),
            Target::Branch { branch, publish } => {
                write!(f, "start   {workflow} on {branch} in {}", settings.repository)?;
                if let Some(input) = publish {
                    write!(f, " with {input}=true")?;
                }
            }
        }
        if *watch { write!(f, "\nwatch   the run to its end") } else { Ok(()) }
    }
}

/// What a complete release has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The version: the tag without its `v`.
    pub(crate) version: String,
    /// Every asset.
    pub(crate) assets: Vec<String>,
    /// Those that are update manifests.
    pub(crate) update_manifests: Vec<String>,
    /// What stands before and behind the version in the names that have it.
    pub(crate) around_version: Vec<(String, String)>,
}

/// How a release is verified, and published.
#[derive(Clone, Debug)]
pub(crate) struct ReleasePlan {
    /// Where.
    pub(crate) settings: Settings,
    /// The tag.
    pub(crate) tag: String,
    /// What it must have.
    pub(crate) expected: Expected,
    /// Look at every byte, not only at what the API says.
    pub(crate) download: bool,
    /// A folder with the packages that the assets must be.
    pub(crate) against: Option<Utf8PathBuf>,
    /// Publish it when nothing is wrong.
    pub(crate) publish: bool,
    /// The text that it is published with, instead of the draft's own.
    pub(crate) notes: Option<String>,
    /// Where bodies are fetched to.
    pub(crate) folders: Folders,
}

impl fmt::Display for ReleasePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repository = &self.settings.repository;
        let bytes = if self.download { "every byte" } else { "names, sizes and digests" };
        write!(f, "verify  release {} of {repository}: {bytes} of {} assets", self.tag, self.expected.assets.len())?;
        if self.publish {
            let notes = if self.notes.is_some() { ", with the notes that were given" } else { "" };
            write!(f, "\npublish release {}, if it is a draft and nothing is wrong{notes}", self.tag)
        } else {
            Ok(())
        }
    }
}

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
