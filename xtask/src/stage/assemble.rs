//! Puts the layers together beside the old tree.
//!
//! A file that the old tree has in the same form is linked from there, never from the store: what somebody edits
//! in the staged tree must not get into the store.

use std::collections::{BTreeMap, HashMap};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Fault, Result};
use crate::base::stat::Known;

use crate::base::text::count;
use crate::base::{files, hash, interrupt, walk};
use crate::stage::model::Layer;
use crate::stage::plan::StagePlan;
use crate::stage::record::{LayerFacts, PythonFacts, Record, tree_digest};
use crate::stage::store::{self, StoredLayer};
use crate::stage::{folders, manifest, observe};

/// A file of the new tree.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// Relative to the tree.
    pub(crate) path: String,
    /// Whether it is a program.
    executable: bool,
    /// Lower-case hex.
    pub(crate) sha256: String,
}

/// A whole tree that waits to be swapped in.
pub(crate) struct Tree {
    /// Where it is.
    pub(crate) folder: Utf8PathBuf,
    /// Its files, sorted by path.
    pub(crate) files: Vec<Placed>,
    /// What its layers say about themselves.
    pub(crate) facts: BTreeMap<Layer, LayerFacts>,
    /// Digest over all of it.
    pub(crate) digest: String,
}

/// A tree that is being put together, layer by layer, while later layers are still made.
pub(crate) struct Assembly<'a> {
    ctx: &'a Ctx,
    plan: &'a StagePlan,
    python: &'a PythonFacts,
    folder: Utf8PathBuf,
    /// The tree that is replaced, as far as it can be reused; nothing under `--force`.
    old: Option<Record>,
    owner: HashMap<String, Layer>,
    facts: BTreeMap<Layer, LayerFacts>,
    files: Vec<Placed>,
}

impl<'a> Assembly<'a> {
    /// An empty tree.
    pub(crate) fn begin(ctx: &'a Ctx, plan: &'a StagePlan, python: &'a PythonFacts) -> Self {
        let folder = ctx.layout.absolute(ctx.layout.stage_temporary()).join(format!("backend-{}", std::process::id()));
        let old = if plan.force { None } else { observe::record(ctx) };
        Self { ctx, plan, python, folder, old, owner: HashMap::new(), facts: BTreeMap::new(), files: Vec::new() }
    }

    /// Adds a layer.
    pub(crate) fn place(&mut self, layer: Layer, stored: &StoredLayer) -> Result<()> {
        let prefix = match layer {
            Layer::Runtime => "python/".to_owned(),
            Layer::Packages => format!("python/{}/", self.python.purelib),
            Layer::App | Layer::Static => String::new(),
        };
        let progress = self.ctx.ui.progress(&format!("assemble {layer}"), stored.files.len() as u64);
        let paths: Vec<String> = stored.files.iter().map(|file| format!("{prefix}{}", file.path)).collect();
        self.claim(layer, &paths)?;
        store::make_folders_for(&self.folder, paths.iter().map(String::as_str))?;
        let known = Known::new(self.old.as_ref().map_or(&[], |record| &record.tree));
        let target = self.ctx.layout.absolute(&self.plan.target);
        paths.par_iter().zip(&stored.files).try_for_each(|(path, file)| {
            interrupt::check()?;
            progress.add(1);
            let to = self.folder.join(path);
            let reusable = known.get(path).filter(|known| known.sha256 == file.sha256);
            let linked = reusable.is_some_and(|known| {
                let from = target.join(path);
                walk::stat(&from).is_ok_and(|stat| stat == known.stat) && std::fs::hard_link(&from, &to).is_ok()
            });
            if linked { Ok(()) } else { store::copy_file(&stored.tree.join(&file.path), &to) }
        })?;
        self.facts.insert(layer, stored.facts.clone());
        let placed = paths.into_iter().zip(&stored.files);
        self.files.extend(placed.map(|(path, file)| Placed {
            path,
            executable: file.executable,
            sha256: file.sha256.clone(),
        }));
        Ok(())
    }

    /// Refuses a path that another layer has. Before anything is written: the file that lies there may be a link to
    /// the old tree's, which has to stay as it is.
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

    /// Takes out what a developer's program left in folders that it fills, and tells what the settings name and is not
    /// there.
    fn follow_settings(&mut self) -> Result<()> {
        let names = self.facts.get(&Layer::Static).map(|facts| facts.names.clone()).unwrap_or_default();
        for (setting, folder) in folders::filled(&names, &self.plan.app_files) {
            let (out, kept) = self.files.drain(..).partition(|file: &Placed| folders::is_below(&file.path, folder));
            self.files = kept;
            if !out.is_empty() {
                self.ctx.ui.say(format_args!("left out  {folder}/  ({setting}, {})", count(out.len(), "file")));
            }
            out.iter().try_for_each(|file| files::remove(&self.folder.join(&file.path)))?;
        }
        folders::missing(self.ctx, self.plan, &names).iter().for_each(|warning| self.ctx.ui.notice(warning));
        Ok(())
    }

    /// Writes the manifest, the last of all files.
    pub(crate) fn finish(mut self) -> Result<Tree> {
        self.follow_settings()?;
        let manifest = write_manifest(self.ctx, self.plan, self.python, &self.folder)?;
        self.files.push(manifest);
        self.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let lines = self.files.iter().map(|file| (file.path.as_str(), file.executable, file.sha256.as_str()));
        Ok(Tree { digest: tree_digest(lines), folder: self.folder, facts: self.facts, files: self.files })
    }
}

fn write_manifest(ctx: &Ctx, plan: &StagePlan, python: &PythonFacts, folder: &Utf8Path) -> Result<Placed> {
    let value = manifest::manifest(&ctx.config.backend, python, &plan.seen.source);
    let text = format!("{value:#}\n");
    let path = folder.join(manifest::FILE_NAME);
    std::fs::write(&path, &text).fault(|| format!("cannot write {path}"))?;
    store::settle_mode(&path)?;
    Ok(Placed { path: manifest::FILE_NAME.to_owned(), executable: false, sha256: hash::bytes(text.as_bytes()) })
}
