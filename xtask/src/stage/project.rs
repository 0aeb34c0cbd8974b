//! The layers of the project: its sources as they are in the checkout, and what `collectstatic` gathers from them.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Kind, Result};
use crate::base::{files, process, walk};
use crate::stage::bytecode::{self, Broken};
use crate::stage::languages;
use crate::stage::plan::StagePlan;
use crate::stage::plan::children::{COLLECTOR, LAYER, PACKAGES, PYTHON};
use crate::stage::record::LayerFacts;
use crate::stage::store::{self, StoredLayer};

/// What `collect_static.py` reports.
#[derive(Deserialize)]
struct Told {
    /// The Python sources that were read, where that is known.
    read: Option<Vec<String>>,
    /// What the settings say, where they could be read.
    languages: Option<languages::Settings>,
}

/// Makes the app layer in `tree`: the entry script and the sources, with bytecode.
pub(crate) fn sources(ctx: &Ctx, plan: &StagePlan, runtime: &StoredLayer, tree: &Utf8PathBuf) -> Result<LayerFacts> {
    copy_app(ctx, plan, tree)?;
    let python = runtime.tree.join(&runtime.python()?.executable);
    bytecode::compile(ctx, &python, tree, &plan.children.compile_app, Broken::Refuse)?;
    Ok(LayerFacts::default())
}

fn copy_app(ctx: &Ctx, plan: &StagePlan, to: &Utf8Path) -> Result<()> {
    store::copy_files(&ctx.layout.absolute(ctx.layout.backend()), to, plan.app_files.iter().map(String::as_str))
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
    let [data, app, script, report] =
        ["app-data", "app", "collect_static.py", "read.json"].map(|name| layer.join(name));
    files::write_atomically(&script, COLLECTOR.as_bytes())?;
    files::make_folder(&data)?;
    copy_app(ctx, plan, &app)?;
    files::make_folder(&tree.join("staticfiles"))?;
    let python = runtime.tree.join(&runtime.python()?.executable);
    let cmd = plan.children.collect.filled(&[(LAYER, layer), (PYTHON, &python), (PACKAGES, &packages.tree)]);
    process::quiet(ctx, &cmd).map_err(|fault| {
        fault.within("cannot collect the static files").with_kind(Kind::Failed).hint(
            "mend what Django says above; `uv run manage.py collectstatic --dry-run` in the backend folder shows the same",
        )
    })?;
    let told = std::fs::read(&report).fault(|| format!("cannot read {report}"))?;
    let told: Told = serde_json::from_slice(&told).fault(|| format!("cannot understand {report}"))?;
    let languages = told.languages.unwrap_or_default().shipped(ctx.config.packages.languages.as_deref());
    [data, app, script, report].iter().try_for_each(|scratch| files::remove(scratch))?;
    for file in walk::files(tree, |_| true)? {
        store::settle_mode(&tree.join(&file.path))?;
    }
    Ok(LayerFacts { read: told.read, languages, ..LayerFacts::default() })
}
