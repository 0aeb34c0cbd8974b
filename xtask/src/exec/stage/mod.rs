//! Makes the staged backend: missing layers into the store, a new tree beside the old one, one swap.
//!
//! A kill at any moment leaves the old tree or the new one, whole; the next run needs no help.

mod app;
mod assemble;
mod bytecode;
mod collect;
mod elf;
mod lock;
mod manifest;
mod packages;
mod runtime;
mod store;
mod swap;

use std::thread;

use camino::Utf8PathBuf;
use rayon::prelude::*;

use self::store::{Store, StoredLayer};
pub(super) use lock::hold_file;
pub(super) use swap::exchange;

use crate::ctx::Ctx;
use crate::exec::files;
use crate::fault::{Fault, Kind, Result};
use crate::probe;
use crate::record::{HashedFile, LayerRecord, Record, SCHEMA};
use crate::step::stage::{Layer, StagePlan};

/// Does what the plan says.
///
/// # Errors
/// Of kind [`Kind::Stale`] when another stage of this checkout has finished since the plan was made: plan again.
pub(crate) fn apply(ctx: &Ctx, plan: &StagePlan) -> Result<()> {
    if plan.is_up_to_date() {
        return Ok(());
    }
    let _lock = lock::hold(ctx)?;
    if probe::stage::record_digest(ctx) != plan.decided_from {
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
    let layers = make_layers(ctx, &store, plan)?;
    let old = assemble::Old::of(ctx, plan);
    let tree = assemble::assemble(ctx, plan, &layers, &old)?;
    let python = layers[Layer::Runtime as usize].python()?;
    swap::swap(ctx, &tree.folder)?;
    // Dropping the old tree takes names off files that the new one shares, which changes their stat; so the
    // record is taken after it.
    clear_rubbish(ctx);
    let record = Record {
        schema: SCHEMA,
        taken_ns: plan.seen.taken_ns,
        request: plan.seen.request.clone(),
        source: plan.source.clone(),
        instead_of: plan.seen.instead_of.clone(),
        uv_version: plan.seen.uv_version.clone(),
        inputs: plan.seen.inputs.clone(),
        layers: plan
            .layers
            .iter()
            .map(|layer| LayerRecord { layer: layer.layer, key: layer.key.clone(), inputs: layer.inputs.clone() })
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
            let stat = probe::walk::stat(&target.join(&file.path))?;
            Ok(HashedFile { path: file.path.clone(), stat, sha256: file.sha256.clone() })
        })
        .collect()
}

/// The four layers, from the store or made now: the app beside the packages and what is collected with them.
fn make_layers(ctx: &Ctx, store: &Store, plan: &StagePlan) -> Result<[StoredLayer; 4]> {
    let runtime = layer(ctx, store, plan, Layer::Runtime, |folder| runtime::make(ctx, plan, folder))?;
    let (packages, collected, app) = thread::scope(|scope| {
        let app = scope.spawn(|| layer(ctx, store, plan, Layer::App, |folder| app::make(ctx, plan, &runtime, folder)));
        let others = packages_and_static(ctx, store, plan, &runtime);
        let app = app.join().unwrap_or_else(|_| Err(Fault::new("the app layer could not be made")));
        // A syntax error in the app fails both; the app's own message says where it is.
        let app = app?;
        let (packages, collected) = others?;
        Ok::<_, Fault>((packages, collected, app))
    })?;
    Ok([runtime, packages, app, collected])
}

fn packages_and_static(
    ctx: &Ctx,
    store: &Store,
    plan: &StagePlan,
    runtime: &StoredLayer,
) -> Result<(StoredLayer, StoredLayer)> {
    let packages = layer(ctx, store, plan, Layer::Packages, |folder| packages::make(ctx, plan, runtime, folder))?;
    let collected =
        layer(ctx, store, plan, Layer::Static, |folder| collect::make(ctx, plan, runtime, &packages, folder))?;
    Ok((packages, collected))
}

/// One layer: the store's if it has it, otherwise made in a folder beside and put there whole.
fn layer(
    ctx: &Ctx,
    store: &Store,
    plan: &StagePlan,
    layer: Layer,
    make: impl FnOnce(&Utf8PathBuf) -> Result<Option<crate::record::PythonFacts>>,
) -> Result<StoredLayer> {
    let wanted = plan.layer(layer);
    if !plan.makes(layer) {
        match store.load(wanted) {
            Ok(stored) => return Ok(stored),
            // A damaged store costs time, never the stage.
            Err(fault) => {
                ctx.ui.notice(format_args!("{} layer in the store is damaged and made again ({})", layer, fault.what()))
            }
        }
    }
    let section = ctx.ui.section(&format!("{layer} layer"));
    let spinner = ctx.ui.spinner(layer.name());
    let folder = store.temporary(layer)?;
    let stored = make(&folder.join("tree")).and_then(|python| store.keep(wanted, &folder, python));
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
