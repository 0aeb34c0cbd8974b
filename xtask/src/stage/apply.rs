//! Makes the staged backend: missing layers into the store, a new tree beside the old one, one swap.
//!
//! A kill at any moment leaves the old tree or the new one, whole; the next run needs no help.

use std::mem::take;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Kind, Result};
use crate::base::host::Os;
use crate::base::{files, lock};
use crate::stage::assemble::{Assembly, Tree};
use crate::stage::model::Layer;
use crate::stage::packages::{self, Early};
use crate::stage::plan::StagePlan;
use crate::stage::plan::facts::LayerPlan;
use crate::stage::record::{Checked, LayerRecord, PythonFacts, Record, SCHEMA};
use crate::stage::store::{Made, Store, StoredFile, StoredLayer};
use crate::stage::{check, copies, languages, observe, project, runtime, swap};

/// Does what the plan says; returns the new record, where there is one.
///
/// # Errors
/// Of kind [`Kind::Stale`] when another stage of this checkout has finished since the plan was made: plan again.
pub(crate) fn apply(ctx: &Ctx, plan: &StagePlan) -> Result<Option<Record>> {
    if plan.is_up_to_date() && !plan.refresh {
        return Ok(None);
    }
    let _lock = lock::hold(ctx)?;
    let here = ctx.for_target(ctx.host);
    let _here = plan.own.as_ref().map(|_| lock::hold(&here)).transpose()?;
    let is_other = plan.own.as_ref().is_some_and(|own| observe::record_digest(&here) != own.digest);
    if is_other || observe::record_digest(ctx) != plan.decided_from {
        return Err(Fault::of(Kind::Stale, "another stage of this checkout was faster"));
    }
    swap::recover(ctx)?;
    if plan.is_up_to_date() {
        refresh(ctx, plan)?;
        return Ok(None);
    }
    make(ctx, plan).map(Some)
}

/// Writes what was seen into the record, so that the next stage need not look as closely.
fn refresh(ctx: &Ctx, plan: &StagePlan) -> Result<()> {
    let Some(before) = &plan.before else { return Ok(()) };
    let record = Record { seen: plan.seen.clone(), ..before.clone() };
    record.write(&ctx.layout.absolute(ctx.layout.stage_record()))
}

fn make(ctx: &Ctx, plan: &StagePlan) -> Result<Record> {
    files::for_everyone();
    let store = Store::open(ctx)?;
    // That of the app is compared where its files are taken over.
    let mut others =
        plan.compiled.iter().filter(|(_, key)| plan.app_before.as_ref().is_none_or(|before| before.key != *key));
    others.try_for_each(|(layer, key)| store.compiled(ctx, *layer, key).map(drop))?;
    let mut early = None;
    let mut runtime = layer(ctx, &store, plan, Layer::Runtime, |folder| {
        runtime::make(ctx, plan, folder, |python| early = install_early(ctx, &store, plan, python)).map(Made::from)
    })?;
    let files = take(&mut runtime.files);
    let python = runtime.python()?;
    packages::check_lock(ctx, plan, &runtime.interpreter(ctx, plan)?)?;
    let tree = build(ctx, &store, plan, &runtime, files, early, Assembly::begin(ctx, plan, python)?)?;
    for warning in tree.facts.values().filter_map(|facts| facts.warning.as_ref()) {
        ctx.ui.notice(warning);
    }
    let check = check::check(ctx, plan, python, &tree)?;
    swap::swap(ctx)?;
    let record = write_records(ctx, plan, python.clone(), tree, check)?;
    store.drop_unused(ctx, plan)?;
    Ok(record)
}

/// Records what is staged now. What was recorded of the tree before belongs to the spare one from now on; its files
/// have their old stats, since only the name of the folder above them changed.
fn write_records(ctx: &Ctx, plan: &StagePlan, python: PythonFacts, tree: Tree, check: Checked) -> Result<Record> {
    let [path, spare] = [ctx.layout.stage_record(), ctx.layout.spare_record()].map(|path| ctx.layout.absolute(path));
    match &plan.before {
        Some(_) if path.exists() => files::rename(&path, &spare)?,
        _ => files::remove(&spare)?,
    }
    let recorded = |layer: &LayerPlan| LayerRecord {
        layer: layer.layer,
        key: layer.key.clone(),
        inputs: layer.inputs.clone(),
        facts: tree.facts.get(&layer.layer).cloned().unwrap_or_default(),
    };
    let layers = plan.layers.iter().map(recorded).collect();
    let digest = tree.digest.clone();
    let (tree, owners) = tree.recorded(&ctx.layout.absolute(&plan.target))?;
    let record = Record { schema: SCHEMA, seen: plan.seen.clone(), layers, python, check, tree, owners, digest };
    record.write(&path)?;
    Ok(record)
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
    runtime_files: Vec<StoredFile>,
    early: Option<Result<Early>>,
    mut assembly: Assembly<'_>,
) -> Result<Tree> {
    thread::scope(|scope| {
        let app = scope
            .spawn(|| layer(ctx, store, plan, Layer::App, |tree| project::sources(ctx, store, plan, runtime, tree)));
        let packages = scope.spawn(|| {
            let make = |tree: &_| packages::make(ctx, plan, runtime, tree, early).map(Made::from);
            layer(ctx, store, plan, Layer::Packages, make)
        });
        assembly.place(Layer::Runtime, &runtime.tree, runtime_files)?;
        let mut packages = joined(packages)?;
        let packages_files = take(&mut packages.files).into_iter();
        let (catalogues, others) = packages_files.partition(|file| languages::is_catalogue(&file.path));
        let collected = thread::scope(|scope| {
            let collected = scope.spawn(|| {
                layer(ctx, store, plan, Layer::Static, |tree| match (&plan.recollect, &plan.own) {
                    (Some(recollect), _) => project::recollect(ctx, store, recollect, tree),
                    (None, Some(own)) => project::collected_here(ctx, own, tree).map(Made::from),
                    (None, None) => project::static_files(ctx, plan, runtime, &packages, tree).map(Made::from),
                })
            });
            assembly.place(Layer::Packages, &packages.tree, others)?;
            // A syntax error in the app fails both; the app's own message says where it is.
            let app = joined(app)?;
            assembly.place(Layer::App, &app.tree, app.files)?;
            assembly.facts.insert(Layer::App, app.facts);
            joined(collected)
        })?;
        let (chosen, saved) = languages::chosen(catalogues, &collected.facts.languages);
        assembly.place(Layer::Packages, &packages.tree, chosen)?;
        packages.facts.pruned.extend(saved);
        assembly.place(Layer::Static, &collected.tree, collected.files)?;
        let facts = [runtime.facts.clone(), packages.facts, collected.facts];
        assembly.facts.extend([Layer::Runtime, Layer::Packages, Layer::Static].into_iter().zip(facts));
        assembly.finish()
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
    make: impl FnOnce(&Utf8PathBuf) -> Result<Made>,
) -> Result<StoredLayer> {
    let wanted = plan.layer(layer);
    if !plan.makes(layer) {
        if let Some(stored) = store.remembered(plan, layer) {
            return Ok(stored);
        }
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
    let stored = make(&folder.join("tree")).and_then(|made| {
        if ctx.is_foreign() && ctx.target.os == Os::Windows {
            copies::forget_modes(&folder.join("tree"))?;
        }
        store.keep(wanted, &folder, made, plan.force)
    });
    if stored.is_err() {
        // Its own failure would hide the one that counts; a later stage removes what is left.
        let _ = files::remove(&folder);
    }
    drop((spinner, section));
    stored
}
