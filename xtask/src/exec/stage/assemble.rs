//! Puts the layers together beside the old tree.
//!
//! A file that the old tree has in the same form is linked from there, never from the store: what somebody edits
//! in the staged tree must not get into the store.

use std::collections::HashMap;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::manifest;
use super::store::{self, StoredFile, StoredLayer};
use crate::ctx::Ctx;
use crate::exec::interrupt;
use crate::fault::{Context, Fault, Result};
use crate::hash;
use crate::probe::walk;
use crate::record::{Known, Record, tree_digest};
use crate::step::stage::{Layer, StagePlan};

/// A file of the new tree.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    /// Relative to the tree.
    pub(super) path: String,
    /// Whether it is a program.
    executable: bool,
    /// Lower-case hex.
    pub(super) sha256: String,
}

/// A whole tree that waits to be swapped in.
pub(super) struct Tree {
    /// Where it is.
    pub(super) folder: Utf8PathBuf,
    /// Its files, sorted by path.
    pub(super) files: Vec<Placed>,
    /// Digest over all of it.
    pub(super) digest: String,
}

/// The tree that is replaced, as far as it can be reused.
pub(super) struct Old {
    record: Option<Record>,
}

impl Old {
    /// The old tree; an empty one under `--force`.
    pub(super) fn of(ctx: &Ctx, plan: &StagePlan) -> Self {
        let text = std::fs::read(ctx.layout.absolute(ctx.layout.stage_record())).ok().filter(|_| !plan.force);
        Self { record: text.and_then(|text| serde_json::from_slice(&text).ok()) }
    }
}

/// Makes the new tree, the manifest last.
pub(super) fn assemble(ctx: &Ctx, plan: &StagePlan, layers: &[StoredLayer; 4], old: &Old) -> Result<Tree> {
    let folder = ctx.layout.absolute(ctx.layout.stage_temporary()).join(format!("backend-{}", std::process::id()));
    let wanted = wanted(layers)?;
    let _section = ctx.ui.section("assemble");
    let progress = ctx.ui.progress("assemble", wanted.len() as u64);
    store::make_folders_for(&folder, wanted.iter().map(|(path, _, _)| path.as_str()))?;
    let known = Known::new(old.record.as_ref().map_or(&[], |record| &record.tree));
    let target = ctx.layout.absolute(&plan.target);
    wanted.par_iter().try_for_each(|(path, file, source)| {
        interrupt::check()?;
        progress.add(1);
        let to = folder.join(path);
        let reusable = known.get(path).filter(|known| known.sha256 == file.sha256);
        let linked = reusable.is_some_and(|known| {
            let from = target.join(path);
            walk::stat(&from).is_ok_and(|stat| stat == known.stat) && std::fs::hard_link(&from, &to).is_ok()
        });
        if linked { Ok(()) } else { store::copy_file(source, &to) }
    })?;
    let mut files: Vec<Placed> = wanted
        .into_iter()
        .map(|(path, file, _)| Placed { path, executable: file.executable, sha256: file.sha256.clone() })
        .collect();
    files.push(write_manifest(ctx, plan, layers, &folder)?);
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let digest = tree_digest(files.iter().map(|file| (file.path.as_str(), file.executable, file.sha256.as_str())));
    Ok(Tree { folder, files, digest })
}

type Wanted<'a> = (String, &'a StoredFile, Utf8PathBuf);

/// Every file with its place in the tree, and where the store has it.
fn wanted(layers: &[StoredLayer; 4]) -> Result<Vec<Wanted<'_>>> {
    let purelib = &layers[Layer::Runtime as usize].python()?.purelib;
    let prefixes = ["python/".to_owned(), format!("python/{purelib}/"), String::new(), String::new()];
    let mut owner: HashMap<String, Layer> = HashMap::new();
    let mut wanted = Vec::new();
    for ((layer, prefix), stored) in Layer::ALL.iter().zip(prefixes).zip(layers) {
        for file in &stored.files {
            let path = format!("{prefix}{}", file.path);
            if let Some(other) = owner.insert(path.clone(), *layer) {
                return Err(Fault::new(format!("{path} is in the {other} layer and in the {layer} layer")).hint(
                    "rename one of them, or leave one out with `backend.exclude` or `packages.prune` in dds.toml",
                ));
            }
            wanted.push((path, file, stored.tree.join(&file.path)));
        }
    }
    Ok(wanted)
}

fn write_manifest(ctx: &Ctx, plan: &StagePlan, layers: &[StoredLayer; 4], folder: &Utf8Path) -> Result<Placed> {
    let python = layers[Layer::Runtime as usize].python()?;
    let value = manifest::manifest(&ctx.config.backend, python, &plan.source);
    let text = format!("{value:#}\n");
    let path = folder.join(manifest::FILE_NAME);
    std::fs::write(&path, &text).fault(|| format!("cannot write {path}"))?;
    store::settle_mode(&path)?;
    Ok(Placed { path: manifest::FILE_NAME.to_owned(), executable: false, sha256: hash::bytes(text.as_bytes()) })
}
