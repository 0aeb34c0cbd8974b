//! What the air-gap commands are going to do, as values.

use std::fmt;

use camino::Utf8PathBuf;

use crate::base::text::{count, size};
use crate::release::repository::Settings;
use crate::stage::model::RuntimeSource;

/// A folder that is put together from files and texts, checked, and packed.
#[derive(Clone, Debug)]
pub(crate) struct KitPlan {
    /// Where it goes, relative to the repository; the archive lies beside it.
    pub(crate) folder: Utf8PathBuf,
    /// Files that are copied.
    pub(crate) files: Vec<KitFile>,
    /// Files that are written: name and contents.
    pub(crate) texts: Vec<(String, String)>,
    /// The name of the list among the texts.
    pub(crate) list: String,
}

/// A file of a kit.
#[derive(Clone, Debug)]
pub(crate) struct KitFile {
    /// Where it is now.
    pub(crate) from: Utf8PathBuf,
    /// Its name in the kit.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: u64,
}

impl fmt::Display for KitPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = size(self.files.iter().map(|file| file.size).sum());
        writeln!(f, "copy    {} ({bytes}) into {}", count(self.files.len(), "file"), self.folder)?;
        let names: Vec<&str> = self.texts.iter().map(|(name, _)| name.as_str()).collect();
        writeln!(f, "write   {} there", names.join(", "))?;
        write!(f, "pack    {}.zip", self.folder)
    }
}

/// How the assets of a release are fetched.
#[derive(Clone, Debug)]
pub(crate) struct FetchPlan {
    /// Where.
    pub(crate) settings: Settings,
    /// The release's tag.
    pub(crate) tag: String,
    /// The folder that they go into, relative to the repository.
    pub(crate) folder: Utf8PathBuf,
}

impl fmt::Display for FetchPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fetch   the assets of release {} of {} into {}", self.tag, self.settings.repository, self.folder)
    }
}

/// How what staging needs is collected, and the collection proven.
#[derive(Clone, Debug)]
pub(crate) struct ExportPlan {
    /// Where it goes, relative to the repository.
    pub(crate) folder: Utf8PathBuf,
    /// The interpreter of the stage.
    pub(crate) source: RuntimeSource,
    /// Its version.
    pub(crate) version: String,
    /// The digest of the staged tree, which staging from the kit must give again.
    pub(crate) digest: String,
    /// Files that staging reads, relative to the repository.
    pub(crate) inputs: Vec<Utf8PathBuf>,
    /// The name of the list.
    pub(crate) list: String,
    /// Where the proof is made; nothing of it stays.
    pub(crate) proof: Utf8PathBuf,
}

impl fmt::Display for ExportPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "collect the archive of Python {}, the locked wheels and uv into {}", self.version, self.folder)?;
        writeln!(f, "prove   it by a stage in {} without a network", self.proof)?;
        write!(f, "pack    {}.zip", self.folder)
    }
}
