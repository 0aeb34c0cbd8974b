//! The content-addressed store of layers: `<store>/<layer>/<key>/{layer.json, tree/}`.
//!
//! A layer appears there whole, by one rename, and is never changed afterwards. Versions of a layer share files with each
//! other; the staged tree never shares one with them.

use std::fs::{File, OpenOptions};
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Kind, Result};
use crate::base::hash::Digest;
use crate::base::host::Host;
use crate::base::layout::Layout;
use crate::base::stat::HashedFile;
use crate::base::{files, hash, interrupt, walk};
use crate::stage::copies;
use crate::stage::model::{Input, Layer};
use crate::stage::plan::StagePlan;
use crate::stage::plan::children::ARCHIVE;
use crate::stage::plan::facts::LayerPlan;
use crate::stage::record::{LayerFacts, Place, PythonFacts};

/// The file whose time says when something was used last.
pub(crate) const USED: &str = "used";

/// A file of a layer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredFile {
    /// Relative to the layer's tree.
    pub(crate) path: String,
    /// Bytes.
    pub(crate) size: u64,
    /// Whether it is a program.
    pub(crate) executable: bool,
    /// Of its content.
    pub(crate) sha256: Digest,
}

/// `layer.json`: what a layer was made of and what is in it.
#[derive(Debug, Serialize, Deserialize)]
struct Listing {
    inputs: Vec<Input>,
    files: Vec<StoredFile>,
    facts: LayerFacts,
}

/// A layer that is in the store.
#[derive(Debug)]
pub(crate) struct StoredLayer {
    /// Its files.
    pub(crate) tree: Utf8PathBuf,
    /// The list of them, sorted by path.
    pub(crate) files: Vec<StoredFile>,
    /// What it says about itself.
    pub(crate) facts: LayerFacts,
}

/// What was made for a layer, beside its files.
pub(crate) struct Made {
    /// What it says about itself.
    pub(crate) facts: LayerFacts,
    /// The files that it shares with an earlier version, sorted by path.
    pub(crate) linked: Vec<StoredFile>,
}

impl Made {
    /// A shared file.
    pub(crate) fn linked(&self, path: &str) -> Option<&StoredFile> {
        let at = self.linked.binary_search_by(|file| file.path.as_str().cmp(path));
        at.ok().map(|at| &self.linked[at])
    }
}

impl From<LayerFacts> for Made {
    fn from(facts: LayerFacts) -> Self {
        Self { facts, linked: Vec::new() }
    }
}

impl StoredLayer {
    /// The interpreter that compiles and installs: its own, or for another system that of this machine.
    pub(crate) fn interpreter(&self, ctx: &Ctx, plan: &StagePlan) -> Result<Utf8PathBuf> {
        let own = plan.own.as_ref().map(|own| ctx.layout.absolute(own.interpreter()));
        own.map_or_else(|| Ok(self.tree.join(&self.python()?.executable)), Ok)
    }

    /// The interpreter's facts; only the runtime layer has them.
    pub(crate) fn python(&self) -> Result<&PythonFacts> {
        self.facts.python.as_ref().ok_or_else(|| {
            Fault::new(format!("{} is not an interpreter", self.tree)).hint("run the command with --force")
        })
    }
}

/// The store, held open so that nobody drops layers that are being read.
pub(crate) struct Store {
    root: Utf8PathBuf,
    lock: File,
}

impl Store {
    /// Opens the store, making it if there is none.
    pub(crate) fn open(ctx: &Ctx) -> Result<Self> {
        let root = ctx.layout.absolute(ctx.layout.store());
        files::make_folder(&root)?;
        let path = root.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .fault(|| format!("cannot open the lock {path}"))?;
        lock.lock_shared().fault(|| format!("cannot lock {path}"))?;
        Ok(Self { root, lock })
    }

    fn folder(&self, plan: &LayerPlan) -> Utf8PathBuf {
        plan.layer.stored(&self.root, &plan.key)
    }

    /// A stored layer.
    ///
    /// # Errors
    /// It is not there, or files of it are.
    pub(crate) fn load(&self, plan: &LayerPlan) -> Result<StoredLayer> {
        load(&self.folder(plan))
    }

    /// A layer that another one is made from.
    ///
    /// # Errors
    /// Of kind [`Kind::Stale`] when it is damaged: without it the plan is another one.
    pub(crate) fn earlier(&self, ctx: &Ctx, layer: Layer, key: &str) -> Result<StoredLayer> {
        load(&layer.stored(&self.root, key)).or_else(|fault| self.give_up(ctx, layer, key, fault.what()))
    }

    /// A layer whose bytecode is taken over. Its archive is compared with its digest, because nobody does that later.
    ///
    /// # Errors
    /// As [`Self::earlier`].
    pub(crate) fn compiled(&self, ctx: &Ctx, layer: Layer, key: &str) -> Result<StoredLayer> {
        let stored = self.earlier(ctx, layer, key)?;
        let archive = stored.tree.join(ARCHIVE);
        let digest = stored.files.iter().find(|file| file.path == ARCHIVE).map(|file| file.sha256);
        if digest.is_some() && digest == hash::file(&archive).ok() {
            return Ok(stored);
        }
        self.give_up(ctx, layer, key, &format!("{archive} is not as it was stored"))
    }

    /// Removes a damaged layer.
    fn give_up<T>(&self, ctx: &Ctx, layer: Layer, key: &str, why: &str) -> Result<T> {
        ctx.ui.notice(format_args!("the last {layer} layer in the store is damaged and not used ({why})"));
        files::remove(&layer.stored(&self.root, key))?;
        Err(Fault::of(Kind::Stale, why.to_owned()))
    }

    /// A layer as the record of the last stage has it, where that is enough: nothing is made from it, and the files
    /// that the spare tree lacks are there.
    pub(crate) fn remembered(&self, plan: &StagePlan, layer: Layer) -> Option<StoredLayer> {
        let used = match layer {
            Layer::Runtime => Layer::ALL.into_iter().any(|other| plan.makes(other)),
            // The settings may ask for other languages than before.
            Layer::Packages => {
                plan.recollect.is_none() && (plan.makes(Layer::Static) || !plan.is_as_before(Layer::Static))
            }
            Layer::App | Layer::Static => false,
        };
        // It may have been dropped since it was seen; now that the store is held open, it stays.
        let is_there = self.folder(plan.layer(layer)).join("layer.json").is_file();
        let record = plan.before.as_ref().filter(|_| is_there && !used)?;
        let before = record.layer(layer).filter(|before| before.key == plan.layer(layer).key)?;
        let place = Place::of(layer, &record.python);
        let file = |HashedFile { path, stat, sha256 }: &HashedFile| StoredFile {
            path: place.stored(path),
            size: stat.size,
            executable: stat.executable,
            sha256: *sha256,
        };
        let files = record.files(layer).map(file).collect();
        Some(StoredLayer { tree: self.folder(plan.layer(layer)).join("tree"), files, facts: before.facts.clone() })
    }

    /// An empty folder in the store's file system to make a layer in. The caller's layer goes into `tree` in it.
    pub(crate) fn temporary(&self, layer: Layer) -> Result<Utf8PathBuf> {
        let parent = self.root.join("tmp");
        files::make_folder(&parent)?;
        let folder = tempfile::Builder::new()
            .prefix(&format!("{layer}-{}-", std::process::id()))
            .tempdir_in(&parent)
            .fault(|| format!("cannot make a folder in {parent}"))?
            .keep();
        let folder = Utf8PathBuf::from_path_buf(folder)
            .map_err(|path| Fault::new(format!("{} is not Unicode", path.display())))?;
        files::make_folder(&folder.join("tree"))?;
        Ok(folder)
    }

    /// Lists what was made and puts it in place. Where another process was faster, its layer is taken, unless the layer
    /// is to be replaced by force: that process may be reading it.
    pub(crate) fn keep(&self, plan: &LayerPlan, temporary: &Utf8Path, made: Made, force: bool) -> Result<StoredLayer> {
        if let Some(stored) = self.load(plan).ok().filter(|_| !force) {
            files::remove(temporary)?;
            return Ok(stored);
        }
        let files = list(&temporary.join("tree"), &made)?;
        let listing = Listing { inputs: plan.inputs.clone(), files, facts: made.facts };
        files::write_whole(&temporary.join("layer.json"), |file| Ok(serde_json::to_writer(file, &listing)?))?;
        let folder = self.folder(plan);
        files::make_folder(&self.root.join(plan.layer.name()))?;
        // What lies there is damaged or to be replaced by force. It goes aside first, and so a reader of it loses it at
        // most in the middle of a copy, which that reader notices.
        let aside = temporary.with_extension("replaced");
        if folder.exists() {
            files::rename(&folder, &aside)?;
        }
        if let Err(fault) = files::rename(temporary, &folder) {
            // In this very moment another process may have put it there.
            return self.load(plan).map_err(|_| fault);
        }
        files::remove(&aside)?;
        Ok(StoredLayer { tree: folder.join("tree"), files: listing.files, facts: listing.facts })
    }

    /// Marks what this stage used and drops the layers that the last few stages did not use. When another stage
    /// is reading the store, a later one will do it.
    pub(crate) fn drop_unused(self, ctx: &Ctx, plan: &StagePlan) -> Result<()> {
        for layer in &plan.layers {
            let path = self.folder(layer).join(USED);
            std::fs::write(&path, b"").fault(|| format!("cannot write {path}"))?;
        }
        drop(self.lock.unlock());
        if self.lock.try_lock().is_err() {
            return Ok(());
        }
        let keep = ctx.config.stage.keep * stages(ctx);
        plan.layers.iter().try_for_each(|layer| self.drop_oldest(layer.layer.name(), keep))?;
        if !plan.sources.builds.is_empty() {
            self.drop_oldest("wheels", keep * plan.sources.builds.len())?;
        }
        files::remove(&self.root.join("tmp"))
    }

    /// Drops all but the `keep` folders that were used last.
    fn drop_oldest(&self, name: &str, keep: usize) -> Result<()> {
        let mut versions: Vec<(SystemTime, Utf8PathBuf)> = Vec::new();
        let folder = self.root.join(name);
        for entry in folder.read_dir_utf8().fault(|| format!("cannot read {folder}"))?.flatten() {
            let used = std::fs::metadata(entry.path().join(USED)).and_then(|used| used.modified());
            versions.push((used.unwrap_or(SystemTime::UNIX_EPOCH), entry.into_path()));
        }
        versions.sort_unstable_by_key(|(used, _)| std::cmp::Reverse(*used));
        versions.into_iter().skip(keep).try_for_each(|(_, old)| files::remove(&old))
    }
}

/// How many systems this checkout has a stage for: each keeps versions of its own.
fn stages(ctx: &Ctx) -> usize {
    let is_staged = |layout: Layout| layout.absolute(layout.stage_record()).is_file();
    let others = Host::ALL.iter().filter(|target| is_staged(ctx.layout.for_target(&target.to_string())));
    1 + others.count()
}

fn load(folder: &Utf8Path) -> Result<StoredLayer> {
    let path = folder.join("layer.json");
    let text = std::fs::read(&path).fault(|| format!("cannot read {path}"))?;
    let listing: Listing = serde_json::from_slice(&text).fault(|| format!("{path} is damaged"))?;
    let tree = folder.join("tree");
    let found = walk::tree(&tree)?;
    let same = |(listed, found): (&StoredFile, &walk::Found)| {
        listed.path == found.path
            && listed.size == found.stat.size
            && (!cfg!(unix) || listed.executable == found.stat.executable)
    };
    if listing.files.len() != found.len() || !listing.files.iter().zip(&found).all(same) {
        return Err(Fault::new(format!("{tree} is not as it was stored")));
    }
    Ok(StoredLayer { tree, files: listing.files, facts: listing.facts })
}

/// Hashes the files of a finished layer that are new. A link in it is a fault: the tree must not have any.
fn list(tree: &Utf8Path, made: &Made) -> Result<Vec<StoredFile>> {
    walk::tree(tree)?
        .into_par_iter()
        .map(|file| {
            interrupt::check()?;
            if file.is_link {
                return Err(Fault::new(format!("{tree}/{} is a symbolic link", file.path))
                    .hint("report this: staging should have replaced it"));
            }
            let linked = made.linked(&file.path).map(|linked| linked.sha256);
            let sha256 = linked.map_or_else(|| hash::file(&tree.join(&file.path)), Ok)?;
            Ok(StoredFile { path: file.path, size: file.stat.size, executable: file.stat.executable, sha256 })
        })
        .collect()
}

/// Takes over the files of a stored layer for which `keep` is true. Nothing in the store is ever written to, so layers
/// share files by hard links, and each keeps them when the other one is dropped; where the file system has no links, they
/// are copied.
pub(crate) fn link_files(
    from: StoredLayer,
    to: &Utf8Path,
    keep: impl Fn(&StoredFile) -> bool,
) -> Result<Vec<StoredFile>> {
    let files: Vec<StoredFile> = from.files.into_iter().filter(keep).collect();
    copies::make_folders_for(to, files.iter().map(|file| file.path.as_str()))?;
    files.par_iter().try_for_each(|StoredFile { path, .. }| {
        interrupt::check()?;
        let (from, to) = (from.tree.join(path), to.join(path));
        std::fs::hard_link(&from, &to).or_else(|_| copies::copy_file(&from, &to))
    })?;
    Ok(files)
}
