//! What the last stage was made of and what it left: `.stage/record.json`.
//!
//! It is a cache of digests and the stored list for `--verify`, never the truth about the tree: an entry
//! counts only as long as the file still has the stat that was recorded with it.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

use crate::base::fault::Result;
use crate::base::hash::Digest;
use crate::base::stat::{HashedFile, Stat};
use crate::base::{files, hash};
use crate::stage::model::{Input, Layer, Seen};
use crate::stage::prune::Saved;

/// Raised whenever staging makes other bytes from the same inputs, or the record or store change their form.
pub(crate) const SCHEMA: u32 = 8;

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
    /// What of the project was read to make the static layer, relative to the backend folder: files, and folders (with
    /// `/` at their end) that were listed; nothing where that is not known.
    pub(crate) read: Option<Vec<String>>,
    /// Files of the project that were collected as they are, and read for nothing else: where they are in the project,
    /// and in the layer.
    #[serde(default)]
    pub(crate) verbatim: Vec<(String, String)>,
    /// The folders that the settings name: the setting, and the folder relative to the backend folder, or absolute.
    #[serde(default)]
    pub(crate) names: Vec<(String, String)>,
    /// What the layer goes without.
    #[serde(default)]
    pub(crate) pruned: Vec<Saved>,
    /// The languages that the settings can ask for, as their codes; only the static layer has them.
    #[serde(default)]
    pub(crate) languages: Vec<String>,
    /// What people should know of it, a sentence.
    #[serde(default)]
    pub(crate) warning: Option<String>,
}

/// What the check of a tree found, and what it depends on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Checked {
    /// Everything that can change its outcome.
    pub(crate) inputs: Vec<Input>,
    /// What it loaded, in the form of [`LayerFacts::read`].
    pub(crate) read: Option<Vec<String>>,
    /// What people should know, a sentence each.
    pub(crate) warnings: Vec<String>,
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
    /// Where its OpenSSL looks for certificate authorities; nothing where the system is asked.
    #[serde(default)]
    pub(crate) authorities: Option<String>,
    /// Name and version of each native library that it reports.
    #[serde(default)]
    pub(crate) libraries: BTreeMap<String, String>,
}

/// The last stage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// [`SCHEMA`] when it was written.
    pub(crate) schema: u32,
    /// What was seen.
    pub(crate) seen: Seen,
    /// The four layers.
    pub(crate) layers: Vec<LayerRecord>,
    /// The staged interpreter.
    pub(crate) python: PythonFacts,
    /// The check of the tree.
    pub(crate) check: Checked,
    /// Every file of the staged tree, sorted by path.
    pub(crate) tree: Vec<HashedFile>,
    /// The layer of each of them, in the same order; nothing for the manifest.
    pub(crate) owners: Vec<Option<Layer>>,
    /// Digest over paths, modes, sizes and contents of the staged tree.
    pub(crate) digest: String,
}

impl Record {
    /// What was recorded of a layer.
    pub(crate) fn layer(&self, layer: Layer) -> Option<&LayerRecord> {
        self.layers.iter().find(|record| record.layer == layer)
    }

    /// The files of a layer, by their paths in the staged tree.
    pub(crate) fn files(&self, layer: Layer) -> impl Iterator<Item = &HashedFile> {
        self.tree.iter().zip(&self.owners).filter(move |(_, owner)| **owner == Some(layer)).map(|(file, _)| file)
    }

    /// The record in a file, unless it is of another form or can't be read.
    pub(crate) fn read(path: &Utf8Path) -> Option<Self> {
        read(path).filter(|record: &Self| record.schema == SCHEMA)
    }

    /// Only the files of such a record.
    pub(crate) fn read_tree(path: &Utf8Path) -> Option<Vec<HashedFile>> {
        #[derive(Deserialize)]
        struct Files {
            schema: u32,
            tree: Vec<HashedFile>,
        }
        read(path).filter(|files: &Files| files.schema == SCHEMA).map(|files| files.tree)
    }

    /// Takes over the new stats of files whose content is the old one.
    pub(crate) fn touch(&mut self, files: &[(String, Stat)]) {
        for (path, stat) in files {
            if let Ok(at) = self.tree.binary_search_by(|file| file.path.cmp(path)) {
                self.tree[at].stat = *stat;
            }
        }
    }

    /// Writes it, whole or not at all.
    pub(crate) fn write(&self, path: &Utf8Path) -> Result<()> {
        files::write_whole(path, |file| Ok(serde_json::to_writer(file, self)?))
    }
}

/// Reads a file piece by piece.
fn read<T: for<'a> Deserialize<'a>>(path: &Utf8Path) -> Option<T> {
    let file = std::io::BufReader::with_capacity(64 * 1024, std::fs::File::open(path).ok()?);
    serde_json::from_reader(file).ok()
}

/// The folder of a layer whose files lie at the top of the staged tree, wherever the others go.
pub(crate) const TOP: &str = "@top/";

/// Where the files of a layer lie in the staged tree.
pub(crate) struct Place(String);

impl Place {
    pub(crate) fn of(layer: Layer, python: &PythonFacts) -> Self {
        Self(match layer {
            Layer::Runtime => "python/".to_owned(),
            Layer::Packages => format!("python/{}/", python.purelib),
            Layer::App | Layer::Static => String::new(),
        })
    }

    /// The path in the staged tree of a file of the layer.
    pub(crate) fn staged(&self, path: &str) -> String {
        path.strip_prefix(TOP).map_or_else(|| [self.0.as_str(), path].concat(), str::to_owned)
    }

    /// The path in the layer of a file of the staged tree.
    pub(crate) fn stored(&self, path: &str) -> String {
        path.strip_prefix(&self.0).map_or_else(|| format!("{TOP}{path}"), str::to_owned)
    }
}

/// The digest of a tree: over each file's path, mode and content, in order of the paths.
pub(crate) fn tree_digest<'a>(files: impl IntoIterator<Item = (&'a str, bool, Digest)>) -> String {
    let line = |(path, executable, sha256)| format!("{sha256} {} {path}", if executable { "x" } else { "-" });
    hash::lines(files.into_iter().map(line))
}
