//! Staging: cold, after an edit, after a change of a dependency, with nothing to do, and `--verify`.

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use indicatif::ProgressBar;
use serde_json::Value as Json;
use walkdir::WalkDir;

use crate::figures::{Figure, Part, Row, Sample, Series};
use crate::project::{Network, Project};
use crate::{baseline, measure};

/// What one does without this tool.
pub(crate) const BASELINE: &str =
    "delete all, copy the interpreter, build and install a wheel, collectstatic; no bytecode";

/// What has to be said about the memory.
pub(crate) const OF_ITSELF: &str = "memory is that of the program itself, without uv and Python that it starts";

/// Packages of which every Django project has one; the first that is locked is changed.
const CHANGEABLE: [&str; 4] = ["sqlparse", "asgiref", "whitenoise", "waitress"];

/// Everything that is timed.
#[derive(Default)]
struct Times {
    cold: Series,
    first: Series,
    edited: Series,
    collected: Series,
    dependency: Series,
    nothing: Series,
    verify: Series,
    into_nothing: Series,
    again: Series,
}

/// Measures ours and the baseline in turn.
pub(crate) fn measure(project: &Project, runs: usize, bar: &ProgressBar) -> Result<Part> {
    let mut part = Part { name: "stage", baseline: BASELINE.to_owned(), ..Part::default() };
    project.stage(&[], Network::Allowed)?;
    let locks = Locks::prepare(project);
    if let Err(error) = &locks {
        part.notes.push(format!("a change of a dependency was left out: {error}"));
    }
    let locks = locks.ok();
    let mut times = Times::default();
    for round in 0..=runs {
        measure_round(project, locks.as_ref(), round, &mut times)?;
        bar.inc(1);
    }
    part.rows = rows(&times, locks.is_some());
    part.rows.extend(sizes(&project.staged(), &project.beside("naive-0"))?);
    part.notes.push(OF_ITSELF.to_owned());
    Ok(part)
}

/// One run of each. What was made before is put aside, not deleted: a file system that is still busy with a mass
/// deletion would be measured instead.
fn measure_round(project: &Project, locks: Option<&Locks>, round: usize, times: &mut Times) -> Result<()> {
    let network = Network::in_round(round);
    let tree = project.beside(&format!("naive-{round}"));
    fs_err::create_dir_all(project.beside("aside"))?;
    fs_err::rename(project.stage_root(), project.beside(&format!("aside/{round}")))?;
    times.cold.push(staged(project, network, &["runtime", "packages", "app", "static"])?);
    times.into_nothing.push(baseline::stage(project, &tree, network)?);
    // The second tree, which takes turns with the first from then on, is made by the first edit.
    for times in [&mut times.first, &mut times.edited] {
        edit_source(project, false, round)?;
        times.push(staged(project, network, &["app"])?);
    }
    edit_source(project, true, round)?;
    times.collected.push(staged(project, network, &["app", "static"])?);
    if let Some(locks) = locks {
        locks.change(project, round)?;
        times.dependency.push(staged(project, network, &["packages"])?);
    }
    times.nothing.push(staged(project, network, &[])?);
    times.verify.push(project.stage(&["--verify"], network)?.0);
    times.again.push(baseline::stage(project, &tree, network)?);
    Ok(())
}

/// Stages, and makes sure that what was measured is what it is called.
pub(crate) fn staged(project: &Project, network: Network, expected: &[&str]) -> Result<Sample> {
    let (sample, result) = project.stage(&[], network)?;
    let layers = result["layers"].as_array().into_iter().flatten();
    let made: Vec<&Json> = layers.filter(|layer| layer["made"] == true).map(|layer| &layer["name"]).collect();
    let is_missing = expected.iter().any(|name| !made.iter().any(|made| made == name));
    let is_as_expected = if expected.is_empty() { result["changed"] == false } else { !is_missing };
    ensure!(is_as_expected, "a stage that should make {expected:?} made {made:?}");
    Ok(sample)
}

/// Appends a comment to a Python source of the app, to one that `collectstatic` reads or to one that it does not.
pub(crate) fn edit_source(project: &Project, read: bool, round: usize) -> Result<()> {
    let record = project.record()?;
    let collected = record.read_when_collecting()?;
    let path = source(project, "py", |path| collected.contains(path) == read)?;
    append(&path, &format!("# edit {round}\n"))
}

/// The first file of the app, by name, that has an extension and that is wanted.
pub(crate) fn source(project: &Project, extension: &str, wanted: impl Fn(&Utf8Path) -> bool) -> Result<Utf8PathBuf> {
    let backend = project.backend();
    let entries = WalkDir::new(backend.join(project.facts.source_root())).sort_by_file_name().into_iter().flatten();
    let paths = entries.filter_map(|entry| Utf8PathBuf::try_from(entry.into_path()).ok());
    let is_wanted =
        |path: &Utf8PathBuf| path.extension() == Some(extension) && path.strip_prefix(&backend).is_ok_and(&wanted);
    paths
        .into_iter()
        .find(is_wanted)
        .with_context(|| format!("{backend} has no .{extension} file that could be edited"))
}

/// Adds a line to a file.
pub(crate) fn append(path: &Utf8Path, line: &str) -> Result<()> {
    Ok(fs_err::write(path, fs_err::read_to_string(path)? + line)?)
}

/// Two lock files that differ in the version of one package.
struct Locks {
    newer: String,
    older: String,
}

impl Locks {
    /// Lets uv lock an older version of one package, in a copy of the backend.
    fn prepare(project: &Project) -> Result<Self> {
        let lock = project.backend().join("uv.lock");
        let newer = fs_err::read_to_string(&lock)?;
        let locked = CHANGEABLE.iter().find_map(|name| Some((name, locked_version(&newer, name)?)));
        let (name, version) = locked.context("none of the packages that every Django project has is locked")?;
        let mut command = measure::program(project.uv());
        command.args(["lock", "--quiet", "--python", project.staged_python()?.as_str()]);
        command.args(["--upgrade-package", &format!("{name}<{version}")]).current_dir(project.backend());
        measure::whole(command)?;
        let older = fs_err::read_to_string(&lock)?;
        fs_err::write(&lock, &newer)?;
        ensure!(older != newer, "there is no {name} older than {version}");
        Ok(Self { newer, older })
    }

    /// Writes the lock file that is not there now. A comment makes it one that the store has never seen.
    fn change(&self, project: &Project, round: usize) -> Result<()> {
        let text = if round.is_multiple_of(2) { &self.older } else { &self.newer };
        Ok(fs_err::write(project.backend().join("uv.lock"), format!("{text}# round {round}\n"))?)
    }
}

/// The version of a package in the text of a uv.lock.
fn locked_version(lock: &str, name: &str) -> Option<String> {
    let lock: toml::Table = toml::from_str(lock).ok()?;
    let package = lock.get("package")?.as_array()?.iter().find(|package| package["name"].as_str() == Some(name))?;
    package.get("version")?.as_str().map(str::to_owned)
}

fn rows(times: &Times, with_dependency: bool) -> Vec<Row> {
    let again = Some(&times.again);
    let mut rows = vec![
        Row::times("cold (baseline: into nothing)", &times.cold, Some(&times.into_nothing)),
        Row::times("first edit of an app file", &times.first, again),
        Row::times("one app file edited", &times.edited, again),
        Row::times("the same, read by collectstatic", &times.collected, again),
    ];
    if with_dependency {
        rows.push(Row::times("one dependency changed", &times.dependency, again));
    }
    rows.push(Row::times("nothing changed", &times.nothing, again));
    rows.push(Row::times("--verify", &times.verify, None));
    let Times { cold, first, edited, collected, dependency, nothing, verify, .. } = times;
    let ours = [cold, first, edited, collected, dependency, nothing, verify];
    rows.extend(Row::peak_memory(ours, [&times.into_nothing, &times.again]));
    rows
}

/// Bytes and files of both trees.
pub(crate) fn sizes(ours: &Utf8Path, theirs: &Utf8Path) -> Result<[Row; 2]> {
    let ([bytes, files], [their_bytes, their_files]) = (size(ours)?, size(theirs)?);
    Ok([
        Row { name: "tree, bytes", ours: Figure::Bytes(bytes), baseline: Some(Figure::Bytes(their_bytes)) },
        Row { name: "tree, files", ours: Figure::Files(files), baseline: Some(Figure::Files(their_files)) },
    ])
}

/// Bytes and number of the files in a tree; links count as themselves.
fn size(tree: &Utf8Path) -> Result<[u64; 2]> {
    let mut sum = [0, 0];
    for entry in WalkDir::new(tree) {
        let entry = entry?;
        if !entry.file_type().is_dir() {
            sum = [sum[0] + entry.metadata()?.len(), sum[1] + 1];
        }
    }
    Ok(sum)
}
