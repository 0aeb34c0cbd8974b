//! The static layer: what `collectstatic` gathers with the packaged settings.

use camino::Utf8PathBuf;

use crate::base::cmd::Cmd;
use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Kind, Result};
use crate::base::{files, process, walk};
use crate::stage::model::StagePlan;
use crate::stage::plan::COLLECT_SCRIPT;
use crate::stage::record::LayerFacts;

use crate::stage::store::{self, StoredLayer};

/// Makes the layer in `tree`. The project's code runs, so it gets a throw-away data folder, may write no
/// bytecode, and sees none of the user's environment.
///
/// It runs on a copy of the app's sources of its own, so that it need not wait for the app layer's bytecode.
pub(crate) fn make(
    ctx: &Ctx,
    plan: &StagePlan,
    runtime: &StoredLayer,
    packages: &StoredLayer,
    tree: &Utf8PathBuf,
) -> Result<LayerFacts> {
    let config = &ctx.config.backend;
    let data = tree.with_file_name("app-data");
    let app = tree.with_file_name("app");
    let script = tree.with_file_name("collect_static.py");
    let report = tree.with_file_name("read.json");
    files::write_atomically(&script, COLLECT_SCRIPT.as_bytes())?;
    files::make_folder(&data)?;
    store::copy_files(&ctx.layout.absolute(ctx.layout.backend()), &app, plan.app_files.iter().map(String::as_str))?;
    files::make_folder(&tree.join("staticfiles"))?;
    let separator = ctx.host.path_list_separator();
    let cmd = Cmd::new(runtime.tree.join(&runtime.python()?.executable).as_str())
        .args(["-B", script.as_str(), config.manage.as_str(), app.as_str(), report.as_str()])
        .isolated()
        .env("PYTHONPATH", format!("{}{separator}{}", app.join(&config.source_root), packages.tree))
        .env("DJANGO_SETTINGS_MODULE", &config.settings_module)
        .env("DJANGO_SECRET_KEY", "only-for-collecting-static-files")
        .env("DESKTOP_DJANGO_RUNTIME_MODE", "packaged")
        .env("DESKTOP_DJANGO_APP_DATA_DIR", data.as_str())
        .env("DESKTOP_DJANGO_BUNDLE_DIR", tree.as_str())
        .cwd(app.clone());
    process::quiet(ctx, &cmd).map_err(|fault| {
        fault.within("cannot collect the static files").with_kind(Kind::Failed).hint(
            "mend what Django says above; `uv run manage.py collectstatic --dry-run` in the backend folder shows the same",
        )
    })?;
    let read = std::fs::read(&report).fault(|| format!("cannot read {report}"))?;
    let read = serde_json::from_slice(&read).fault(|| format!("cannot understand {report}"))?;
    [data, app, script, report].iter().try_for_each(|scratch| files::remove(scratch))?;
    for file in walk::files(tree, |_| true)? {
        store::settle_mode(&tree.join(&file.path))?;
    }
    Ok(LayerFacts { read, ..LayerFacts::default() })
}
