//! Puts the layers together in the spare tree, which then changes places with the staged one.
//!
//! The spare tree is the one before the last. Most of its files are right already, so an edit costs what changed, not
//! what is there. Files are replaced, never written to: a program that still runs from the spare tree keeps the ones
//! that it has open.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::hash::Digest;
use crate::base::stat::{HashedFile, Stat};
use crate::base::text::{count, is_below};
use crate::base::walk::{self, Found};
use crate::base::{files, interrupt};
use crate::stage::model::Layer;
use crate::stage::plan::StagePlan;
use crate::stage::record::{LayerFacts, Place, PythonFacts, Record, tree_digest};
use crate::stage::store::StoredFile;
use crate::stage::{copies, folders, manifest};

/// A file of the new tree.
#[derive(Clone, Debug)]
struct Placed {
    path: String,
    layer: Option<Layer>,
    executable: bool,
    sha256: Digest,
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

/// A file that the spare tree has.
struct There {
    path: String,
    stat: Stat,
    /// Its digest, where it is as it was recorded.
    sha256: Option<Digest>,
    /// Whether a layer has it, or it is gone already.
    claimed: bool,
}

/// What the spare tree has, sorted by path: a large tree's files in a map would take half as much memory again.
struct Spare(Vec<There>);

impl Spare {
    /// The file in this place, unless it was claimed before.
    fn claim(&mut self, path: &str) -> Option<&There> {
        let at = self.0.binary_search_by(|there| there.path.as_str().cmp(path)).ok()?;
        let there = &mut self.0[at];
        (!std::mem::replace(&mut there.claimed, true)).then_some(there)
    }

    /// The paths that nobody claimed.
    fn strangers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|there| !there.claimed).map(|there| there.path.as_str())
    }
}

/// A tree that is being put together, layer by layer, while later layers are still made.
pub(crate) struct Assembly<'a> {
    ctx: &'a Ctx,
    plan: &'a StagePlan,
    python: &'a PythonFacts,
    folder: Utf8PathBuf,
    spare: Spare,
    /// What its layers say about themselves.
    pub(crate) facts: BTreeMap<Layer, LayerFacts>,
    files: Vec<Placed>,
}

impl<'a> Assembly<'a> {
    /// Takes the spare tree, or begins an empty one where there is none or nothing that was made before counts.
    pub(crate) fn begin(ctx: &'a Ctx, plan: &'a StagePlan, python: &'a PythonFacts) -> Result<Self> {
        let folder = ctx.layout.absolute(ctx.layout.stage_spare());
        let known = Record::read_tree(&ctx.layout.absolute(ctx.layout.spare_record())).filter(|_| !plan.force);
        if known.is_none() {
            files::remove(&folder)?;
        }
        files::make_folder(&folder)?;
        // From here on the tree is not whole.
        files::remove(&folder.join(manifest::FILE_NAME))?;
        let spare = compared(walk::tree(&folder)?, known.unwrap_or_default());
        Ok(Self { ctx, plan, python, folder, spare, facts: BTreeMap::new(), files: Vec::new() })
    }

    /// Adds files of a layer, which lie in `tree`.
    pub(crate) fn place(&mut self, layer: Layer, tree: &Utf8Path, files: Vec<StoredFile>) -> Result<()> {
        let place = Place::of(layer, self.python);
        let progress = self.ctx.ui.files(&format!("assemble {layer}"), files.len() as u64);
        let placed: Vec<Placed> = files.into_iter().map(|file| self.placed(layer, &place, file)).collect();
        refuse_a_file_for_a_folder(&self.files, &placed)?;
        let missing: Vec<&Placed> = placed.iter().filter(|file| file.stat.is_none()).collect();
        progress.add((placed.len() - missing.len()) as u64);
        self.make_folders(&missing)?;
        missing.par_iter().try_for_each(|file| {
            interrupt::check()?;
            progress.add(1);
            let (from, to) = (tree.join(place.stored(&file.path)), self.folder.join(&file.path));
            // What lies in its place goes first, whatever it is.
            files::remove(&to)?;
            copies::copy_file(&from, &to)
        })?;
        self.files.extend(placed);
        Ok(())
    }

    /// A file of the new tree, with its stat where the spare one has it already.
    fn placed(&mut self, layer: Layer, place: &Place, file: StoredFile) -> Placed {
        let StoredFile { path, executable, sha256, .. } = file;
        let path = place.staged(&path);
        let is_right = |there: &There| there.sha256 == Some(sha256) && there.stat.executable == executable;
        let stat = self.spare.claim(&path).filter(|there| is_right(there)).map(|there| there.stat);
        Placed { path, layer: Some(layer), executable, sha256, stat }
    }

    /// Makes the folders that some files need. What lies in the place of one goes.
    fn make_folders(&mut self, files: &[&Placed]) -> Result<()> {
        let folders: BTreeSet<&str> = files.iter().filter_map(|file| Some(file.path.rsplit_once('/')?.0)).collect();
        for folder in folders {
            for above in Utf8Path::new(folder).ancestors() {
                if self.spare.claim(above.as_str()).is_some() {
                    files::remove(&self.folder.join(above))?;
                }
            }
            files::make_folder(&self.folder.join(folder))?;
        }
        Ok(())
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
        self.files.par_sort_unstable_by(|a, b| (&a.path, a.layer).cmp(&(&b.path, b.layer)));
        refuse_two_layers(&self.files)?;
        self.remove_strangers()?;
        self.follow_settings()?;
        let manifest = write_manifest(self.ctx, self.plan, self.python, &self.folder)?;
        let at = self.files.partition_point(|file| file.path < manifest.path);
        self.files.insert(at, manifest);
        let lines = self.files.iter().map(|file| (file.path.as_str(), file.executable, file.sha256));
        Ok(Tree { digest: tree_digest(lines), facts: self.facts, files: self.files })
    }

    /// Removes the files that no layer has, and the folders that are empty after that.
    fn remove_strangers(&self) -> Result<()> {
        for path in self.spare.strangers() {
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

/// What a tree has, with the digests of the files that are as `known` says; both lists are sorted by path.
fn compared(found: Vec<Found>, known: Vec<HashedFile>) -> Spare {
    let mut known = known.into_iter().peekable();
    let compared = |Found { path, stat, .. }: Found| {
        while known.next_if(|known| known.path < path).is_some() {}
        let same = known.next_if(|known| known.path == path && known.stat == stat);
        There { path, stat, sha256: same.map(|known| known.sha256), claimed: false }
    };
    Spare(found.into_iter().map(compared).collect())
}

/// Refuses a path that two layers have.
fn refuse_two_layers(sorted: &[Placed]) -> Result<()> {
    let twice = sorted.array_windows().find(|[one, other]| one.path == other.path);
    let layers = twice.and_then(|[one, other]| Some((&one.path, one.layer?, other.layer?)));
    layers.map_or(Ok(()), |(path, one, other)| {
        Err(Fault::new(format!("{path} is in the {one} layer and in the {other} layer"))
            .hint("rename one of them, or leave one out with `backend.exclude` or `packages.prune` in dds.toml"))
    })
}

/// Refuses a file at the top of a layer whose name another layer has for a folder, such as `python`.
fn refuse_a_file_for_a_folder(before: &[Placed], new: &[Placed]) -> Result<()> {
    for (ones, others) in [(before, new), (new, before)] {
        for one in ones.iter().filter(|one| !one.path.contains('/')) {
            if let Some(other) = others.iter().find(|other| is_below(&other.path, &one.path)) {
                let [file, folder] = [one.layer, other.layer].map(|layer| layer.map_or("", Layer::name));
                return Err(Fault::new(format!(
                    "{} is a file of the {file} layer and a folder of the {folder} layer",
                    one.path
                ))
                .hint("leave the file out with `backend.exclude` in dds.toml, or rename it"));
            }
        }
    }
    Ok(())
}

fn write_manifest(ctx: &Ctx, plan: &StagePlan, python: &PythonFacts, folder: &Utf8Path) -> Result<Placed> {
    let value = manifest::manifest(&ctx.config.backend, python, &plan.seen.source);
    let text = format!("{value:#}\n");
    let path = folder.join(manifest::FILE_NAME);
    std::fs::write(&path, &text).fault(|| format!("cannot write {path}"))?;
    copies::settle_mode(&path)?;
    let (path, sha256) = (manifest::FILE_NAME.to_owned(), Digest::of(text.as_bytes()));
    Ok(Placed { path, layer: None, executable: false, sha256, stat: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_refused_where_another_layer_has_a_folder() {
        let file = |layer: Layer, path: &str| Placed {
            path: path.to_owned(),
            layer: Some(layer),
            executable: false,
            sha256: Digest::of(b""),
            stat: None,
        };
        let runtime = [file(Layer::Runtime, "python/bin/python3")];
        let refused = |path: &str| refuse_a_file_for_a_folder(&runtime, &[file(Layer::App, path)]);
        let told = refused("python").unwrap_err().to_string();
        assert!(told.contains("python is a file of the app layer and a folder of the runtime layer"), "{told}");
        for path in ["python.txt", "src/python", "python/more.py"] {
            refused(path).unwrap();
        }
    }
}
