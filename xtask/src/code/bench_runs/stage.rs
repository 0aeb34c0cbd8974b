//! Staging: cold, after an edit, after a change of a dependency, with nothing to do, and `--verify`.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use crate::base::fault::{Context, Fault, Result};
use crate::base::{files, walk};
use crate::code::bench_runs::project::{Network, Project};
use crate::code::bench_runs::{measure, naive};
use crate::code::figures::{Figure, Part, Row, Sample, Series};

/// Packages of which every Django project has one; the first that is locked is changed.
const CHANGEABLE: [&str; 4] = ["sqlparse", "asgiref", "whitenoise", "waitress"];

/// Everything that is timed.
#[derive(Default)]
struct Times {
    cold: Series,
    edited: Series,
    collected: Series,
    dependency: Series,
    nothing: Series,
    verify: Series,
    into_nothing: Series,
    again: Series,
}

/// Measures ours and the baseline in turn.
pub(crate) fn measure(project: &Project<'_>, runs: usize, advance: &dyn Fn()) -> Result<Part> {
    let mut part = Part {
        name: "stage",
        baseline: "delete all, copy the interpreter, build and install a wheel, collectstatic; no bytecode".to_owned(),
        ..Part::default()
    };
    project.stage(&[], Network::Allowed)?;
    let locks = Locks::prepare(project);
    if let Err(fault) = &locks {
        part.notes.push(format!("a change of a dependency was left out: {}", fault.what()));
    }
    let locks = locks.ok();
    let mut times = Times::default();
    for round in 0..=runs {
        measure_round(project, locks.as_ref(), round, &mut times)?;
        advance();
    }
    part.rows = rows(project, times, locks.is_some())?;
    Ok(part)
}

/// One run of each. What was made before is put aside, not deleted: a file system that is still busy with a mass
/// deletion would be measured instead.
fn measure_round(project: &Project<'_>, locks: Option<&Locks>, round: usize, times: &mut Times) -> Result<()> {
    let network = Network::in_round(round);
    let tree = project.beside(&format!("naive-{round}"));
    files::make_folder(&project.beside("aside"))?;
    files::rename(&project.root().join(project.ctx.layout.stage_root()), &project.beside(&format!("aside/{round}")))?;
    times.cold.push(staged(project, network, &["runtime", "packages", "app", "static"])?);
    times.into_nothing.push(naive::stage(project, &tree, network)?);
    edit_app(project, false, round)?;
    times.edited.push(staged(project, network, &["app"])?);
    edit_app(project, true, round)?;
    times.collected.push(staged(project, network, &["app", "static"])?);
    if let Some(locks) = locks {
        locks.change(project, round)?;
        times.dependency.push(staged(project, network, &["packages"])?);
    }
    times.nothing.push(staged(project, network, &[])?);
    times.verify.push(project.stage(&["--verify"], network)?.0);
    times.again.push(naive::stage(project, &tree, network)?);
    Ok(())
}

/// Stages, and makes sure that what was measured is what it is called.
fn staged(project: &Project<'_>, network: Network, expected: &[&str]) -> Result<Sample> {
    let (sample, result) = project.stage(&[], network)?;
    let layers = result["layers"].as_array().into_iter().flatten();
    let made: Vec<&Json> = layers.filter(|layer| layer["made"] == true).map(|layer| &layer["name"]).collect();
    let missing = expected.iter().any(|name| !made.iter().any(|made| made == name));
    if missing || expected.is_empty() && result["changed"] != false {
        return Err(Fault::new(format!("a stage that should make {expected:?} made {made:?}")));
    }
    Ok(sample)
}

/// Appends a comment to a Python source of the app, to one that `collectstatic` reads or to one that it does not.
fn edit_app(project: &Project<'_>, read: bool, round: usize) -> Result<()> {
    let backend = project.backend();
    let source_root = &project.ctx.config.backend.source_root;
    let record = project.record()?;
    let collected = record.read_when_collecting().unwrap_or_default();
    let sources = walk::files(&backend.join(source_root), |path| {
        path.ends_with('/') || Utf8Path::new(path).extension() == Some("py")
    })?;
    let mut paths = sources.iter().map(|file| format!("{source_root}/{}", file.path));
    let path = paths
        .find(|path| collected.contains(path) == read)
        .map(|path| backend.join(path))
        .ok_or_else(|| Fault::new(format!("{backend} has no source of the kind that is edited")))?;
    let text = std::fs::read_to_string(&path).fault(|| format!("cannot read {path}"))?;
    std::fs::write(&path, format!("{text}# edit {round}\n")).fault(|| format!("cannot write {path}"))
}

/// Two lock files that differ in the version of one package.
struct Locks {
    newer: String,
    older: String,
}

impl Locks {
    /// Lets uv lock an older version of one package.
    fn prepare(project: &Project<'_>) -> Result<Self> {
        let lock = project.backend().join("uv.lock");
        let read = |path: &Utf8Path| std::fs::read_to_string(path).fault(|| format!("cannot read {path}"));
        let newer = read(&lock)?;
        let (name, version) = CHANGEABLE
            .iter()
            .find_map(|name| Some((name, locked_version(&newer, name)?)))
            .ok_or_else(|| Fault::new("none of the packages that every Django project has is locked"))?;
        let folder = project.beside("older-lock");
        files::make_folder(&folder)?;
        for file in ["pyproject.toml", "uv.lock"] {
            files::copy(&project.backend().join(file), &folder.join(file))?;
        }
        let mut command = measure::program(project.ctx, project.uv());
        command.args(["lock", "--quiet", "--python", project.staged_python()?.as_str()]);
        command.args(["--upgrade-package", &format!("{name}<{version}")]).current_dir(&folder);
        measure::whole(command)?;
        let older = read(&folder.join("uv.lock"))?;
        if older == newer {
            Err(Fault::new(format!("there is no {name} older than {version}")))
        } else {
            Ok(Self { newer, older })
        }
    }

    /// Writes the lock file that is not there now. A comment makes it one that the store has never seen.
    fn change(&self, project: &Project<'_>, round: usize) -> Result<()> {
        let path = project.backend().join("uv.lock");
        let text = if round.is_multiple_of(2) { &self.older } else { &self.newer };
        std::fs::write(&path, format!("{text}# round {round}\n")).fault(|| format!("cannot write {path}"))
    }
}

/// The version of a package in the text of a uv.lock.
fn locked_version(lock: &str, name: &str) -> Option<String> {
    let lock: toml::Table = toml::from_str(lock).ok()?;
    let package = lock.get("package")?.as_array()?.iter().find(|package| package["name"].as_str() == Some(name))?;
    package.get("version")?.as_str().map(str::to_owned)
}

fn rows(project: &Project<'_>, times: Times, with_dependency: bool) -> Result<Vec<Row>> {
    let again = || Some(Figure::Time(times.again.clone()));
    let row = |name, ours, baseline| Row { name, ours: Figure::Time(ours), baseline };
    let mut rows = vec![
        row("cold (baseline: into nothing)", times.cold, Some(Figure::Time(times.into_nothing))),
        row("one app file edited", times.edited, again()),
        row("the same, read by collectstatic", times.collected, again()),
    ];
    if with_dependency {
        rows.push(row("one dependency changed", times.dependency, again()));
    }
    rows.push(row("nothing changed", times.nothing, again()));
    rows.push(row("--verify", times.verify, None));
    let (bytes, files) = size(&project.staged())?;
    let (their_bytes, their_files) = size(&project.beside("naive-0"))?;
    rows.push(Row { name: "tree, bytes", ours: Figure::Bytes(bytes), baseline: Some(Figure::Bytes(their_bytes)) });
    rows.push(Row { name: "tree, files", ours: Figure::Files(files), baseline: Some(Figure::Files(their_files)) });
    Ok(rows)
}

/// Bytes and number of the files in a tree; links count as themselves.
fn size(tree: &Utf8PathBuf) -> Result<(u64, u64)> {
    let mut sum = (0, 0);
    for entry in walkdir::WalkDir::new(tree) {
        let entry = entry.fault(|| format!("cannot read {tree}"))?;
        if !entry.file_type().is_dir() {
            let metadata = entry.metadata().fault(|| format!("cannot read {tree}"))?;
            sum = (sum.0 + metadata.len(), sum.1 + 1);
        }
    }
    Ok(sum)
}
