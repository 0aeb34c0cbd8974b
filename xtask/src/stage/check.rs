//! The check at the end of a stage: the staged interpreter loads what a request needs, from the new tree, before that
//! takes the place of the old one.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Kind, Result};
use crate::base::{files, process};
use crate::stage::assemble::Tree;
use crate::stage::model::{LAYER, PYTHON, TREE};
use crate::stage::plan::StagePlan;
use crate::stage::plan::children::{CHECKER, SHARED};
use crate::stage::record::{Checked, PythonFacts};
use crate::stage::trouble::{self, Failure};

/// What `check_stage.py` reports.
#[derive(Debug, Deserialize)]
struct Report {
    #[serde(default)]
    step: String,
    outside: Vec<String>,
    #[serde(default)]
    migrations: Vec<String>,
    read: Option<Vec<String>>,
    #[serde(default)]
    written: Vec<String>,
    failure: Option<Failure>,
}

/// Checks a tree, unless nothing that the last check loaded has changed. Its warnings are told each time.
///
/// # Errors
/// The app would not start.
pub(crate) fn check(ctx: &Ctx, plan: &StagePlan, python: &PythonFacts, tree: &Tree) -> Result<Checked> {
    let checked = match &plan.check.before {
        Some(before) => before.clone(),
        None => run(ctx, plan, python, tree)?,
    };
    for warning in &checked.warnings {
        ctx.ui.notice(warning);
    }
    Ok(checked)
}

fn run(ctx: &Ctx, plan: &StagePlan, python: &PythonFacts, tree: &Tree) -> Result<Checked> {
    let section = ctx.ui.section("check");
    let [scratch, folder] =
        [ctx.layout.stage_root().join("check"), ctx.layout.stage_spare()].map(|path| ctx.layout.absolute(path));
    // A stage that was killed may have left its own.
    files::remove(&scratch)?;
    let report = report(ctx, plan, python, &folder, &scratch);
    files::remove(&scratch)?;
    let report = report?;
    drop(section);
    if !report.outside.is_empty() {
        return Err(Fault::new("the staged interpreter looks for modules outside its tree")
            .because(report.outside.join(", "))
            .hint(
                "a `.pth` file of a package names that folder; leave the file out with `packages.prune` in dds.toml",
            ));
    }
    let mut warnings: Vec<String> = missing_migrations(&report.migrations).into_iter().collect();
    warnings.extend(written(&folder, tree, &report.written)?);
    Ok(Checked { inputs: plan.check.inputs.clone(), read: report.read, warnings })
}

fn report(ctx: &Ctx, plan: &StagePlan, python: &PythonFacts, tree: &Utf8Path, scratch: &Utf8Path) -> Result<Report> {
    write_programs(scratch, &[("check_stage.py", CHECKER)])?;
    let interpreter = tree.join("python").join(&python.executable);
    let cmd = plan.children.check.filled(&[(LAYER, scratch), (PYTHON, &interpreter), (TREE, tree)]);
    let outcome = process::quiet(ctx, &cmd);
    let told = read(&scratch.join("report.json"));
    if outcome.as_ref().is_err_and(|fault| fault.kind() == Kind::Interrupted) {
        return Err(Fault::interrupted());
    }
    match (outcome, told) {
        (_, Ok(Report { failure: Some(failure), step, .. })) => {
            Err(trouble::fault(ctx, plan, python, &format!("the staged backend can't load {step}"), &failure))
        }
        (Ok(_), told) => told,
        (Err(fault), _) => Err(fault
            .within("the check of the staged backend did not come to an end")
            .with_kind(Kind::Failed)
            .hint("the app would not start either; the last lines above say where it stopped")),
    }
}

/// Makes a folder with a throw-away place for data and the programs that run the project's code.
pub(crate) fn write_programs(folder: &Utf8Path, programs: &[(&str, &str)]) -> Result<()> {
    files::make_folder(&folder.join("app-data"))?;
    programs
        .iter()
        .chain(&[("run_project.py", SHARED)])
        .try_for_each(|(name, text)| files::write_atomically(&folder.join(name), text.as_bytes()))
}

/// Reads the report of such a program.
pub(crate) fn read<T: for<'a> Deserialize<'a>>(path: &Utf8PathBuf) -> Result<T> {
    let text = std::fs::read(path).fault(|| format!("cannot read {path}"))?;
    serde_json::from_slice(&text).fault(|| format!("cannot understand {path}"))
}

fn missing_migrations(apps: &[String]) -> Option<String> {
    let apps = apps.join(", ");
    (!apps.is_empty())
        .then(|| format!("models have changes without a migration: {apps}; `makemigrations` in the project writes it"))
}

/// What was written into the tree while it was checked goes, and is told: the installed program may not do that.
fn written(folder: &Utf8Path, tree: &Tree, written: &[String]) -> Result<Option<String>> {
    let staged: BTreeSet<&str> = tree.paths().collect();
    let is_staged_folder = |path: &str| {
        let below = format!("{path}/");
        staged.range(below.as_str()..).next().is_some_and(|file| file.starts_with(&below))
    };
    let made: Vec<&String> = written.iter().filter(|path| !path.is_empty() && !is_staged_folder(path)).collect();
    if let Some(changed) = made.iter().find(|path| staged.contains(path.as_str())) {
        return Err(Fault::new(format!("loading the app opens {changed} for writing, which is part of the program"))
            .hint(
                "write below DESKTOP_DJANGO_APP_DATA_DIR instead: an installed program may lie in a read-only place",
            ));
    }
    made.iter().try_for_each(|path| files::remove(&folder.join(path)))?;
    Ok(made.first().map(|path| {
        format!("loading the app writes {path} beside its sources, where an installed program may not write")
    }))
}
