//! Puts the layers together in the spare tree, which then changes places with the staged one.
//!
//! The spare tree is the one before the last. Most of its files are right already, so an edit costs what changed, not
//! what is there. Files are replaced, never written to: a program that still runs from the spare tree keeps the ones
//! that it has open.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::stat::{HashedFile, Known, Stat};
use crate::base::text::{count, is_below};
use crate::base::{files, hash, interrupt, walk};
use crate::stage::model::Layer;
use crate::stage::plan::StagePlan;
use crate::stage::record::{LayerFacts, PythonFacts, Record, prefix, tree_digest};
use crate::stage::store::{self, StoredLayer};
use crate::stage::{folders, manifest};

/// A file of the new tree.
#[derive(Clone, Debug)]
struct Placed {
    path: String,
    layer: Option<Layer>,
    executable: bool,
    sha256: String,
    /// Its stat, where it was right already.
    stat: Option<Stat>,
}

/// What is in the spare tree when it is whole and waits to be swapped in.
pub(crate) struct Tree {
    files: Vec<Placed>,
    /// What its layers say about themselves.
    pub(crate) facts: BTreeMap<Layer, LayerFacts>,
    /// Digest over all of it.
    pub(crate) digest: String,
}

impl Tree {
    /// The paths of its files.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }

    /// Its files as they lie in `folder`, for the record, and the layer of each.
    pub(crate) fn recorded(self, folder: &Utf8Path) -> Result<(Vec<HashedFile>, Vec<Option<Layer>>)> {
        let owners = self.files.iter().map(|file| file.layer).collect();
        let recorded = |file: Placed| {
            let stat = file.stat.map_or_else(|| walk::stat(&folder.join(&file.path)), Ok)?;
            Ok(HashedFile { path: file.path, stat, sha256: file.sha256 })
        };
        Ok((self.files.into_par_iter().map(recorded).collect::<Result<_>>()?, owners))
    }
}

/// A tree that is being put together, layer by layer, while later layers are still made.
pub(crate) struct Assembly<'a> {
    ctx: &'a Ctx,
    plan: &'a StagePlan,
    python: &'a PythonFacts,
    folder: Utf8PathBuf,
    /// What the spare tree should have.
    known: Option<Record>,
    /// What it has.
    there: HashMap<String, Stat>,
    owner: HashMap<String, Layer>,
    facts: BTreeMap<Layer, LayerFacts>,
    files: Vec<Placed>,
}

impl<'a> Assembly<'a> {
    /// Takes the spare tree, or begins an empty one where there is none or nothing that was made before counts.
    pub(crate) fn begin(ctx: &'a Ctx, plan: &'a StagePlan, python: &'a PythonFacts) -> Result<Self> {
        let folder = ctx.layout.absolute(ctx.layout.stage_spare());
        let known = Record::read(&ctx.layout.absolute(ctx.layout.spare_record())).filter(|_| !plan.force);
        if known.is_none() {
            files::remove(&folder)?;
        }
        files::make_folder(&folder)?;
        // From here on the tree is not whole.
        files::remove(&folder.join(manifest::FILE_NAME))?;
        let found = walk::tree(&folder)?.into_iter();
        let there = found.map(|file| (file.path, file.stat)).collect();
        let (owner, facts, files) = (HashMap::new(), BTreeMap::new(), Vec::new());
        Ok(Self { ctx, plan, python, folder, known, there, owner, facts, files })
    }

    /// Adds a layer.
    pub(crate) fn place(&mut self, layer: Layer, stored: &StoredLayer) -> Result<()> {
        let prefix = prefix(layer, self.python);
        let progress = self.ctx.ui.progress(&format!("assemble {layer}"), stored.files.len() as u64);
        let paths: Vec<String> = stored.files.iter().map(|file| format!("{prefix}{}", file.path)).collect();
        self.claim(layer, &paths)?;
        self.make_folders(&paths)?;
        let known = Known::new(self.known.as_ref().map_or(&[], |record| &record.tree));
        let place = |(path, file): (String, &store::StoredFile)| {
            interrupt::check()?;
            progress.add(1);
            let is_right = |stat: &&Stat| {
                let known = known.unchanged(&path, stat);
                known.is_some_and(|known| known.sha256 == file.sha256 && known.stat.executable == file.executable)
            };
            let stat = self.there.get(&path).filter(is_right).copied();
            if stat.is_none() {
                self.copy(stored, file, &path)?;
            }
            Ok(Placed { path, layer: Some(layer), executable: file.executable, sha256: file.sha256.clone(), stat })
        };
        let placed: Vec<Placed> = paths.into_par_iter().zip(&stored.files).map(place).collect::<Result<_>>()?;
        self.facts.insert(layer, stored.facts.clone());
        self.files.extend(placed);
        Ok(())
    }

    /// Refuses a path that another layer has.
    fn claim(&mut self, layer: Layer, paths: &[String]) -> Result<()> {
        for path in paths {
            if let Some(other) = self.owner.insert(path.clone(), layer) {
                return Err(Fault::new(format!("{path} is in the {other} layer and in the {layer} layer")).hint(
                    "rename one of them, or leave one out with `backend.exclude` or `packages.prune` in dds.toml",
                ));
            }
        }
        Ok(())
    }

    /// Makes the folders that some files need. What lies in the place of one goes.
    fn make_folders(&mut self, paths: &[String]) -> Result<()> {
        let folders: BTreeSet<&str> = paths.iter().filter_map(|path| Some(path.rsplit_once('/')?.0)).collect();
        for folder in folders {
            for above in Utf8Path::new(folder).ancestors() {
                if self.there.remove(above.as_str()).is_some() {
                    files::remove(&self.folder.join(above))?;
                }
            }
            files::make_folder(&self.folder.join(folder))?;
        }
        Ok(())
    }

    /// Copies a file out of the store. What lies in its place goes first, whatever it is.
    fn copy(&self, stored: &StoredLayer, file: &store::StoredFile, path: &str) -> Result<()> {
        let to = self.folder.join(path);
        files::remove(&to)?;
        store::copy_file(&stored.tree.join(&file.path), &to)
    }

    /// Takes out what a developer's program left in folders that it fills, and tells what the settings name and is not
    /// there.
    fn follow_settings(&mut self) -> Result<()> {
        let names = self.facts.get(&Layer::Static).map(|facts| facts.names.clone()).unwrap_or_default();
        for (setting, folder) in folders::filled(&names, &self.plan.app_files) {
            let (out, kept) = self
                .files
                .drain(..)
                .partition(|file: &Placed| file.layer == Some(Layer::App) && is_below(&file.path, folder));
            self.files = kept;
            if !out.is_empty() {
                self.ctx.ui.say(format_args!("left out  {folder}/  ({setting}, {})", count(out.len(), "file")));
            }
            out.iter().try_for_each(|file| files::remove(&self.folder.join(&file.path)))?;
        }
        for warning in folders::missing(self.ctx, self.plan, &names) {
            self.ctx.ui.notice(warning);
        }
        Ok(())
    }

    /// Removes what does not belong there and writes the manifest, the last of all files.
    pub(crate) fn finish(mut self) -> Result<Tree> {
        self.remove_strangers()?;
        self.follow_settings()?;
        let manifest = write_manifest(self.ctx, self.plan, self.python, &self.folder)?;
        self.files.push(manifest);
        self.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let lines = self.files.iter().map(|file| (file.path.as_str(), file.executable, file.sha256.as_str()));
        Ok(Tree { digest: tree_digest(lines), facts: self.facts, files: self.files })
    }

    /// Removes the files that no layer has, and the folders that are empty after that.
    fn remove_strangers(&self) -> Result<()> {
        for path in self.there.keys().filter(|path| !self.owner.contains_key(*path)) {
            files::remove(&self.folder.join(path))?;
            for above in Utf8Path::new(path).ancestors().skip(1).filter(|above| !above.as_str().is_empty()) {
                if std::fs::remove_dir(self.folder.join(above)).is_err() {
                    break;
                }
            }
        }
        Ok(())
    }
}

fn write_manifest(ctx: &Ctx, plan: &StagePlan, python: &PythonFacts, folder: &Utf8Path) -> Result<Placed> {
    let value = manifest::manifest(&ctx.config.backend, python, &plan.seen.source);
    let text = format!("{value:#}\n");
    let path = folder.join(manifest::FILE_NAME);
    std::fs::write(&path, &text).fault(|| format!("cannot write {path}"))?;
    store::settle_mode(&path)?;
    let (path, sha256) = (manifest::FILE_NAME.to_owned(), hash::bytes(text.as_bytes()));
    Ok(Placed { path, layer: None, executable: false, sha256, stat: None })
}
