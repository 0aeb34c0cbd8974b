//! One file per command: its arguments, and `run`, which observes, plans and finishes.

pub(crate) mod airgap_kit;
pub(crate) mod backend_dev;
pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod checksums;
pub(crate) mod checksums_verify;
pub(crate) mod clean;
pub(crate) mod completions;
pub(crate) mod docs;
pub(crate) mod docs_build;
pub(crate) mod docs_serve;
pub(crate) mod doctor;
pub(crate) mod electron;
pub(crate) mod format;
mod github;
pub(crate) mod github_package;
pub(crate) mod github_package_download;
pub(crate) mod github_package_download_latest;
pub(crate) mod github_package_latest_path;
pub(crate) mod github_package_latest_run;
pub(crate) mod github_package_tauri;
pub(crate) mod github_package_tauri_download;
pub(crate) mod github_package_tauri_download_latest;
pub(crate) mod github_package_tauri_latest_path;
pub(crate) mod github_package_tauri_latest_run;
pub(crate) mod github_release_publish;
pub(crate) mod github_release_verify;
mod icons;
pub(crate) mod install;
pub(crate) mod lint;
pub(crate) mod man;
pub(crate) mod migrate;
pub(crate) mod packaged_stage;
mod packages;
pub(crate) mod positron;
pub(crate) mod positron_icons;
pub(crate) mod release_notes;
pub(crate) mod sbom;
pub(crate) mod task_worker;
pub(crate) mod tauri;
pub(crate) mod test;
pub(crate) mod test_one;
pub(crate) mod typecheck;
pub(crate) mod update_manifest;

use camino::{Utf8Path, Utf8PathBuf};

use crate::ctx::Ctx;
use crate::exec;
use crate::fault::Result;
use crate::probe;
use crate::step::{Plan, Step};

/// uv, brought first where the machine has none. Nothing only under `--dry-run` on such a machine.
fn uv(ctx: &Ctx) -> Result<Option<Utf8PathBuf>> {
    if probe::tools::uv(ctx)?.is_none() {
        exec::finish(ctx, &Plan::new().then(Step::InstallUv)).map(drop)?;
    }
    probe::tools::uv(ctx)
}

/// The interpreter for the backend's `.venv`, where it is still to be made and uv would not find one by itself.
fn interpreter(ctx: &Ctx) -> Result<Option<Utf8PathBuf>> {
    interpreter_of(ctx, &ctx.layout.backend_venv())
}

/// The same for another environment.
fn interpreter_of(ctx: &Ctx, venv: &Utf8Path) -> Result<Option<Utf8PathBuf>> {
    let Some(uv) = uv(ctx)? else { return Ok(None) };
    Ok(probe::python::for_environment(ctx, &uv, venv))
}
