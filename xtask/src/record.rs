//! What the last stage was made of and what it left: `.stage/record.json`.
//!
//! It is a cache of digests and the stored list for `--verify`, never the truth about the tree: an entry
//! counts only as long as the file still has the stat that was recorded with it.

use std::collections::HashMap;
use std::fs::Metadata;

use serde::{Deserialize, Serialize};

use crate::step::stage::{Input, Layer, RuntimeSource};

/// Raised whenever staging makes other bytes from the same inputs, or the record or store change their form.
pub(crate) const SCHEMA: u32 = 2;

/// What changes when a file is changed. Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stat {
    /// Bytes.
    pub(crate) size: u64,
    /// Last change of the content, as the file says.
    pub(crate) modified_ns: i64,
    /// Last change of the content, name or mode, as the kernel says; 0 where there is none.
    pub(crate) changed_ns: i64,
    /// The file's number in its file system; 0 where there is none.
    pub(crate) inode: u64,
    /// Whether it is a program; always false on Windows.
    pub(crate) executable: bool,
}

impl Stat {
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let ns = |secs: i64, nsecs: i64| secs.saturating_mul(1_000_000_000).saturating_add(nsecs);
        Self {
            size: metadata.len(),
            modified_ns: ns(metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: ns(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            executable: metadata.mode() & 0o111 != 0,
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let since_1970 = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        Self {
            size: metadata.len(),
            modified_ns: since_1970.map_or(0, |time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)),
            changed_ns: 0,
            inode: 0,
            executable: false,
        }
    }
}

/// A file with its digest and the stat that it had when it was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HashedFile {
    /// Relative, `/`-separated.
    pub(crate) path: String,
    /// Its stat.
    pub(crate) stat: Stat,
    /// Lower-case hex.
    pub(crate) sha256: String,
}

/// The key of a layer and what it was computed from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LayerRecord {
    /// Which one.
    pub(crate) layer: Layer,
    /// The name of its folder in the store.
    pub(crate) key: String,
    /// What the key was computed from.
    pub(crate) inputs: Vec<Input>,
    /// What it says about itself.
    pub(crate) facts: LayerFacts,
}

/// What a finished layer says about itself, beside its files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LayerFacts {
    /// The interpreter; only the runtime layer has it.
    pub(crate) python: Option<PythonFacts>,
    /// The app's Python sources that were read to make the static layer, relative to the backend folder; nothing
    /// where that is not known.
    pub(crate) read: Option<Vec<String>>,
}

/// Facts of the staged interpreter, relative to its root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PythonFacts {
    /// Full version: `3.14.2`.
    pub(crate) version: String,
    /// The interpreter: `bin/python3`.
    pub(crate) executable: String,
    /// The folder of installed packages: `lib/python3.14/site-packages`.
    pub(crate) purelib: String,
    /// The folder of scripts: `bin`.
    pub(crate) scripts: String,
}

/// The last stage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// [`SCHEMA`] when it was written.
    pub(crate) schema: u32,
    /// When the inputs were read; nanoseconds since 1970.
    pub(crate) taken_ns: i64,
    /// What the choice of the interpreter was made from.
    pub(crate) request: Vec<Input>,
    /// The choice.
    pub(crate) source: RuntimeSource,
    /// The version that was asked for, where another one had to be taken.
    pub(crate) instead_of: Option<String>,
    /// The version of uv that installed the packages.
    pub(crate) uv_version: String,
    /// Input files, relative to the backend folder.
    pub(crate) inputs: Vec<HashedFile>,
    /// The four layers.
    pub(crate) layers: Vec<LayerRecord>,
    /// The staged interpreter.
    pub(crate) python: PythonFacts,
    /// Every file of the staged tree.
    pub(crate) tree: Vec<HashedFile>,
    /// Digest over paths, modes, sizes and contents of the staged tree.
    pub(crate) digest: String,
}

impl Record {
    /// The app's Python sources that collecting the static files read, if that is known.
    pub(crate) fn read_when_collecting(&self) -> Option<&[String]> {
        self.layers.iter().find(|record| record.layer == Layer::Static)?.facts.read.as_deref()
    }
}

/// Digests by path, for files that have not changed since they were hashed.
pub(crate) struct Known<'a>(HashMap<&'a str, &'a HashedFile>);

impl<'a> Known<'a> {
    /// Indexes a list.
    pub(crate) fn new(files: &'a [HashedFile]) -> Self {
        Self(files.iter().map(|file| (file.path.as_str(), file)).collect())
    }

    /// The entry of a file, if its stat is the recorded one.
    pub(crate) fn unchanged(&self, path: &str, stat: &Stat) -> Option<&'a HashedFile> {
        self.0.get(path).copied().filter(|file| file.stat == *stat)
    }

    /// The entry of a path, whatever its stat.
    pub(crate) fn get(&self, path: &str) -> Option<&'a HashedFile> {
        self.0.get(path).copied()
    }
}

/// The digest of a tree: over each file's path, mode and content, in order of the paths.
pub(crate) fn tree_digest<'a>(files: impl IntoIterator<Item = (&'a str, bool, &'a str)>) -> String {
    let lines: Vec<String> = files
        .into_iter()
        .map(|(path, executable, sha256)| format!("{sha256} {} {path}", if executable { "x" } else { "-" }))
        .collect();
    crate::hash::lines(lines.iter().map(String::as_str))
}
