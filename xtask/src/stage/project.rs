//! The layers of the project: its sources as they are in the checkout, and what `collectstatic` gathers from them.

use std::fs::File;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Kind, Result};
use crate::base::{files, process, walk};
use crate::stage::bytecode::{self, Broken};
use crate::stage::model::{LAYER, Layer, PACKAGES, PYTHON};
use crate::stage::plan::children::COLLECTOR;
use crate::stage::plan::increment::Recollect;
use crate::stage::plan::own::OwnStage;
use crate::stage::plan::{StagePlan, overlay};
use crate::stage::record::LayerFacts;
use crate::stage::store::{self, Made, Store, StoredFile, StoredLayer};
use crate::stage::trouble::{self, Failure};
use crate::stage::{check, copies, languages};

/// What `collect_static.py` reports.
#[derive(Debug, Deserialize)]
struct Report {
    read: Option<Vec<String>>,
    #[serde(default)]
    verbatim: Vec<(String, String)>,
    #[serde(default)]
    names: Vec<(String, String)>,
    /// What the settings say, where they could be read.
    languages: Option<languages::Settings>,
    failure: Option<Failure>,
}

/// Makes the app layer in `tree`: the entry script and the sources, with bytecode. What has not changed is taken over
/// from the last version.
pub(crate) fn sources(
    ctx: &Ctx,
    store: &Store,
    plan: &StagePlan,
    runtime: &StoredLayer,
    tree: &Utf8PathBuf,
) -> Result<Made> {
    let linked = plan.app_before.as_ref().map(|before| {
        let is_same = |file: &StoredFile| {
            let now = plan.seen.input(&file.path);
            now.is_some_and(|now| now.sha256 == file.sha256 && now.stat.executable == file.executable)
                || before.has_bytecode && bytecode::is_compiled(&file.path)
        };
        store::link_files(store.compiled(ctx, Layer::App, &before.key)?, tree, is_same)
    });
    let made = Made { facts: LayerFacts::default(), linked: linked.transpose()?.unwrap_or_default() };
    let changed = plan.app_files.iter().filter(|path| made.linked(path).is_none());
    copies::copy_files(&ctx.layout.absolute(ctx.layout.backend()), tree, changed.map(String::as_str))?;
    copy_beside(ctx, plan, tree, |_| true)?;
    if let Some(overlay) = &plan.seen.overlay {
        files::write_atomically(&tree.join(overlay::FILE_NAME), overlay.as_bytes())?;
        copies::settle_mode(&tree.join(overlay::FILE_NAME))?;
    }
    ctx.config.backend.folders.iter().try_for_each(|folder| make_empty(&tree.join(folder)))?;
    if plan.has_app_bytecode() {
        return Ok(made);
    }
    let python = runtime.interpreter(ctx, plan)?;
    let broken = if plan.seen.overlay.is_some() { Broken::Skip } else { Broken::Refuse };
    bytecode::compile(ctx, &python, tree, &plan.children.compile_app, broken)?;
    Ok(made)
}

/// An empty folder. Layers and packages are made of files, so it has one.
fn make_empty(folder: &Utf8Path) -> Result<()> {
    let file = folder.join(".keep");
    files::make_folder(folder)?;
    files::write_atomically(&file, b"")?;
    copies::settle_mode(&file)
}

/// Makes the static layer in `tree` from its last version and what changed since.
pub(crate) fn recollect(ctx: &Ctx, store: &Store, recollect: &Recollect, tree: &Utf8Path) -> Result<Made> {
    let before = store.earlier(ctx, Layer::Static, &recollect.from)?;
    let facts = before.facts.clone();
    let is_same = |file: &StoredFile| !recollect.files.iter().any(|(_, place)| *place == file.path);
    let linked = store::link_files(before, tree, is_same)?;
    copies::make_folders_for(tree, recollect.files.iter().map(|(_, place)| place.as_str()))?;
    for (source, place) in &recollect.files {
        let (from, to) = (ctx.layout.absolute(ctx.layout.backend()).join(source), tree.join(place));
        // As `collectstatic` does it, without the mode.
        let copy = || std::io::copy(&mut File::open(&from)?, &mut File::create_new(&to)?);
        copy().fault(|| format!("cannot copy {from} to {to}"))?;
    }
    Ok(Made { facts, linked })
}

/// Makes the static layer in `tree` for another system: from the tree for this machine.
pub(crate) fn collected_here(ctx: &Ctx, own: &OwnStage, tree: &Utf8Path) -> Result<LayerFacts> {
    let paths = own.record.files(Layer::Static).map(|file| file.path.as_str());
    copies::copy_files(&ctx.layout.absolute(&own.place), tree, paths)?;
    Ok(own.record.layer(Layer::Static).map(|layer| layer.facts.clone()).unwrap_or_default())
}

fn copy_app(ctx: &Ctx, plan: &StagePlan, to: &Utf8Path) -> Result<()> {
    copies::copy_files(&ctx.layout.absolute(ctx.layout.backend()), to, plan.app_files.iter().map(String::as_str))
}

fn copy_beside(ctx: &Ctx, plan: &StagePlan, to: &Utf8Path, wanted: impl Fn(&str) -> bool) -> Result<()> {
    for (from, place) in plan.beside.iter().filter(|(_, place)| wanted(place)) {
        let to = to.join(place);
        files::make_folder(to.parent().unwrap_or(&to))?;
        copies::copy_file(&ctx.layout.absolute(from), &to)?;
    }
    Ok(())
}

/// The project as it is collected from: its own, and what its settings are made of.
fn copy_for_collecting(ctx: &Ctx, plan: &StagePlan, app: &Utf8Path) -> Result<()> {
    copy_app(ctx, plan, app)?;
    copy_beside(ctx, plan, app, |place| !overlay::is_seed(place))?;
    let Some(overlay) = &plan.seen.overlay else { return Ok(()) };
    let text = overlay::with_static_root(overlay, &format!("../tree/{}", plan.static_folder));
    files::write_atomically(&app.join(overlay::FILE_NAME), text.as_bytes())
}

/// Puts the files of folders in which they were collected before into `to`.
fn copy_collected(ctx: &Ctx, plan: &StagePlan, to: &Utf8Path) -> Result<()> {
    let backend = ctx.layout.absolute(ctx.layout.backend());
    for folder in &ctx.config.backend.r#static.prebuilt {
        let files = plan.collected.iter().filter_map(|path| path.strip_prefix(folder.as_str())?.strip_prefix('/'));
        copies::copy_files(&backend.join(folder), to, files)?;
    }
    Ok(())
}

/// Makes the static layer in `tree`.
pub(crate) fn static_files(
    ctx: &Ctx,
    plan: &StagePlan,
    runtime: &StoredLayer,
    packages: &StoredLayer,
    tree: &Utf8PathBuf,
) -> Result<LayerFacts> {
    let layer = tree.parent().unwrap_or(tree);
    check::write_programs(layer, &[("collect_static.py", COLLECTOR)])?;
    copy_for_collecting(ctx, plan, &layer.join("app"))?;
    let collected = tree.join(plan.static_folder);
    files::make_folder(&collected)?;
    copy_collected(ctx, plan, &collected)?;
    let report = collect(ctx, plan, runtime, packages, layer)?;
    for scratch in ["app-data", "app", "collect_static.py", "run_project.py", "report.json"] {
        files::remove(&layer.join(scratch))?;
    }
    for file in walk::files(tree, |_| true)? {
        copies::settle_mode(&tree.join(&file.path))?;
    }
    let languages = report.languages.clone().unwrap_or_default().shipped(ctx.config.packages.languages.as_deref());
    let Report { read, verbatim, names, .. } = report;
    Ok(LayerFacts { read, verbatim, names, languages, ..LayerFacts::default() })
}

fn collect(
    ctx: &Ctx,
    plan: &StagePlan,
    runtime: &StoredLayer,
    packages: &StoredLayer,
    layer: &Utf8Path,
) -> Result<Report> {
    const WHAT: &str = "cannot collect the static files";
    let facts = runtime.python()?;
    let python = runtime.tree.join(&facts.executable);
    let cmd = plan.children.collect.filled(&[(LAYER, layer), (PYTHON, &python), (PACKAGES, &packages.tree)]);
    let outcome = process::quiet(ctx, &cmd);
    let report = check::read(&layer.join("report.json"));
    match (outcome, report) {
        (Err(fault), _) if fault.kind() == Kind::Interrupted => Err(fault),
        (_, Ok(Report { failure: Some(failure), .. })) => Err(trouble::fault(ctx, plan, facts, WHAT, &failure)),
        (Ok(_), report) => report,
        (Err(fault), _) => Err(fault.within(WHAT).with_kind(Kind::Failed).hint("mend what Django says above")),
    }
}
