//! Makes the staged backend: missing layers into the store, a new tree beside the old one, one swap.
//!
//! A kill at any moment leaves the old tree or the new one, whole; the next run needs no help.

use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::base::act::Act;
use crate::base::ctx::Ctx;

use crate::base::fault::{Fault, Kind, Result};
use crate::base::stat::HashedFile;

use crate::base::{files, lock, walk};
use crate::stage::assemble::{self, Assembly};
use crate::stage::model::Layer;
use crate::stage::packages::Early;
use crate::stage::plan::StagePlan;
use crate::stage::record::{LayerFacts, LayerRecord, Record, SCHEMA};
use crate::stage::store::{Store, StoredLayer};
use crate::stage::{languages, observe, packages, project, runtime, swap};

impl Act for StagePlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        apply(ctx, self)
    }
}

/// Does what the plan says.
///
/// # Errors
/// Of kind [`Kind::Stale`] when another stage of this checkout has finished since the plan was made: plan again.
fn apply(ctx: &Ctx, plan: &StagePlan) -> Result<()> {
    if plan.is_up_to_date() {
        return Ok(());
    }
    let _lock = lock::hold(ctx)?;
    if observe::record_digest(ctx) != plan.decided_from {
        return Err(Fault::of(Kind::Stale, "another stage of this checkout was faster"));
    }
    swap::recover(ctx)?;
    clear_rubbish(ctx);
    let outcome = make(ctx, plan);
    clear_rubbish(ctx);
    outcome
}

fn make(ctx: &Ctx, plan: &StagePlan) -> Result<()> {
    let store = Store::open(ctx)?;
    let mut early = None;
    let runtime = layer(ctx, &store, plan, Layer::Runtime, |folder| {
        runtime::make(ctx, plan, folder, |python| early = install_early(ctx, &store, plan, python))
    })?;
    let python = runtime.python()?;
    packages::check_lock(ctx, plan, &runtime.tree.join(&python.executable))?;
    let tree = build(ctx, &store, plan, &runtime, early, Assembly::begin(ctx, plan, python))?;
    swap::swap(ctx, &tree.folder)?;
    // Dropping the old tree takes names off files that the new one shares, which changes their stat; so the
    // record is taken after it.
    clear_rubbish(ctx);
    let record = Record {
        schema: SCHEMA,
        seen: plan.seen.clone(),
        layers: plan
            .layers
            .iter()
            .map(|layer| LayerRecord {
                layer: layer.layer,
                key: layer.key.clone(),
                inputs: layer.inputs.clone(),
                facts: tree.facts.get(&layer.layer).cloned().unwrap_or_default(),
            })
            .collect(),
        python: python.clone(),
        tree: hashed(ctx, plan, &tree.files)?,
        digest: tree.digest,
    };
    let text =
        serde_json::to_vec(&record).map_err(|error| Fault::new("cannot write the stage record").because_of(&error))?;
    files::write_atomically(&ctx.layout.absolute(ctx.layout.stage_record()), &text)?;
    store.drop_unused(ctx, plan)
}

/// The stats of the files in their final place.
fn hashed(ctx: &Ctx, plan: &StagePlan, placed: &[assemble::Placed]) -> Result<Vec<HashedFile>> {
    let target = ctx.layout.absolute(&plan.target);
    placed
        .par_iter()
        .map(|file| {
            let stat = walk::stat(&target.join(&file.path))?;
            Ok(HashedFile { path: file.path.clone(), stat, sha256: file.sha256.clone() })
        })
        .collect()
}

/// Installs the packages while the interpreter is still being compiled: uv leaves the processors idle half of its time.
/// A failure is told when the packages are asked for, so that the interpreter is kept.
fn install_early(ctx: &Ctx, store: &Store, plan: &StagePlan, python: &Utf8Path) -> Option<Result<Early>> {
    let install = || {
        let tree = store.temporary(Layer::Packages)?.join("tree");
        let pruned = packages::install(ctx, plan, python, &tree)?;
        Ok(Early { tree, pruned })
    };
    plan.makes(Layer::Packages).then(install)
}

/// Makes the other layers side by side, and puts each in its place as soon as it is there: what can be collected
/// is known when the packages are, and collecting takes long enough to put everything else together meanwhile.
fn build(
    ctx: &Ctx,
    store: &Store,
    plan: &StagePlan,
    runtime: &StoredLayer,
    early: Option<Result<Early>>,
    mut assembly: Assembly<'_>,
) -> Result<assemble::Tree> {
    thread::scope(|scope| {
        let app =
            scope.spawn(|| layer(ctx, store, plan, Layer::App, |tree| project::sources(ctx, plan, runtime, tree)));
        let packages = scope
            .spawn(|| layer(ctx, store, plan, Layer::Packages, |tree| packages::make(ctx, plan, runtime, tree, early)));
        assembly.place(Layer::Runtime, runtime)?;
        let packages = joined(packages)?;
        thread::scope(|scope| {
            let collected = scope.spawn(|| {
                layer(ctx, store, plan, Layer::Static, |tree| {
                    project::static_files(ctx, plan, runtime, &packages, tree)
                })
            });
            assembly.place(Layer::Packages, &packages.part(|path| !languages::is_catalogue(path)))?;
            // A syntax error in the app fails both; the app's own message says where it is.
            assembly.place(Layer::App, &joined(app)?)?;
            let collected = joined(collected)?;
            assembly.place(Layer::Packages, &languages::chosen(&packages, &collected.facts.languages))?;
            assembly.place(Layer::Static, &collected)?;
            assembly.finish()
        })
    })
}

fn joined(thread: thread::ScopedJoinHandle<'_, Result<StoredLayer>>) -> Result<StoredLayer> {
    thread.join().unwrap_or_else(|_| Err(Fault::new("a layer could not be made").hint("run the command again with -v")))
}

/// One layer: the store's if it has it, otherwise made in a folder beside and put there whole.
fn layer(
    ctx: &Ctx,
    store: &Store,
    plan: &StagePlan,
    layer: Layer,
    make: impl FnOnce(&Utf8PathBuf) -> Result<LayerFacts>,
) -> Result<StoredLayer> {
    let wanted = plan.layer(layer);
    if !plan.makes(layer) {
        match store.load(wanted) {
            Ok(stored) => return Ok(stored),
            // A damaged store costs time, never the stage.
            Err(fault) => {
                let why = fault.what();
                ctx.ui.notice(format_args!("{layer} layer in the store is damaged and made again ({why})"));
            }
        }
    }
    let section = ctx.ui.section(&format!("{layer} layer"));
    let spinner = ctx.ui.spinner(layer.name());
    let folder = store.temporary(layer)?;
    let stored = make(&folder.join("tree")).and_then(|facts| store.keep(wanted, &folder, facts, plan.force));
    if stored.is_err() {
        // Its own failure would hide the one that counts; a later stage removes what is left.
        let _ = files::remove(&folder);
    }
    drop((spinner, section));
    stored
}

/// Trees of stages that were killed. What can't be removed now is removed by a later stage.
fn clear_rubbish(ctx: &Ctx) {
    if let Err(fault) = files::remove(&ctx.layout.absolute(ctx.layout.stage_temporary())) {
        ctx.ui.detail(format_args!("left behind: {fault}"));
    }
}
