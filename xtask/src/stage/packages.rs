//! The packages layer: exactly what `uv.lock` says, hash-checked, without what a desktop app never uses.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::config::packages::Packages;
use crate::base::config::prune::PACKAGES;
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Kind, Result};
use crate::base::{files, process, walk};
use crate::stage::distribution::recorded;
use crate::stage::model::{LAYER, PYTHON};
use crate::stage::plan::StagePlan;
use crate::stage::plan::requirements::{RUNTIME_LOCK, missing};
use crate::stage::prune::{Prune, Saved};
use crate::stage::record::{LayerFacts, TOP};
use crate::stage::store::StoredLayer;
use crate::stage::{bytecode, copies, languages, notices, wheel};

/// What installers leave in a `.dist-info` about this one installation: times and places.
const INSTALLATION_NOTES: [&str; 4] = ["direct_url.json", "uv_cache.json", "uv_build.json", "REQUESTED"];

/// Packages that were installed before their layer was asked for.
pub(crate) struct Early {
    /// Where they are.
    pub(crate) tree: Utf8PathBuf,
    /// What was left out of them.
    pub(crate) pruned: Vec<Saved>,
}

/// The folders that installers put scripts into.
const SCRIPTS: [&str; 2] = ["bin", "Scripts"];

/// Makes the layer in `tree`, from `early` if that is there.
pub(crate) fn make(
    ctx: &Ctx,
    plan: &StagePlan,
    runtime: &StoredLayer,
    tree: &Utf8PathBuf,
    early: Option<Result<Early>>,
) -> Result<LayerFacts> {
    let python = runtime.interpreter(ctx, plan)?;
    let pruned = if let Some(early) = early {
        let early = early?;
        files::remove(tree)?;
        files::rename(&early.tree, tree)?;
        early.pruned
    } else {
        install(ctx, plan, &python, tree)?
    };
    bytecode::compile(ctx, &python, tree, &plan.children.compile_packages, bytecode::Broken::Skip)?;
    let own = ctx.layout.absolute(ctx.layout.runtime());
    let warning = notices::write(runtime, &own, tree, &tree.join(TOP).join(notices::FILE_NAME))?;
    Ok(LayerFacts { pruned, warning, ..LayerFacts::default() })
}

/// Installs what the lock says into `tree`, without bytecode, and tells what was left out of it. Any interpreter of the right version will do: uv only
/// asks it what it is.
pub(crate) fn install(ctx: &Ctx, plan: &StagePlan, python: &Utf8Path, tree: &Utf8Path) -> Result<Vec<Saved>> {
    let layer = tree.parent().unwrap_or(tree);
    let installed = layer.join("installed");
    let lists = write_lists(ctx, plan, layer, python)?;
    let places = [(LAYER, layer), (PYTHON, python)];
    plan.children.install.iter().try_for_each(|cmd| process::quiet(ctx, &cmd.filled(&places)).map(drop)).map_err(|fault| {
        fault.within("cannot install the locked dependencies").with_kind(Kind::Failed).hint(if plan.offline {
            "run the same command once with the network, so that what is missing or damaged is fetched"
        } else {
            "check the connection, proxy and index; a hash that differs from the lock means that the file was changed on its \
             way, and what has no wheel for this system is built when `packages.build` in dds.toml names it"
        })
    })?;
    files::make_folder(&installed)?;
    let pruned = tidy(ctx, python, &installed, tree)?;
    add_runtime(ctx, plan, tree)?;
    lists.iter().chain([&installed]).try_for_each(|scratch| files::remove(scratch))?;
    Ok(pruned)
}

/// Writes the lists of requirements that uv is given.
fn write_lists(ctx: &Ctx, plan: &StagePlan, layer: &Utf8Path, python: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let lock = read(&ctx.layout.absolute(ctx.layout.runtime()).join(RUNTIME_LOCK))?;
    let given = plan.seen.packages.iter().map(|package| package.name.as_str()).collect();
    let mut lists = vec![
        ("built".to_owned(), wheel::requirements(ctx, plan, layer, python)?),
        ("runtime".to_owned(), missing(&given, &lock)),
    ];
    let texts = plan.sources.lists.values().enumerate();
    lists.extend(texts.map(|(at, text)| (format!("requirements-{at}"), text.clone())));
    let write = |(name, text): (String, String)| {
        let path = layer.join(format!("{name}.txt"));
        files::write_atomically(&path, text.as_bytes()).map(|()| path)
    };
    lists.into_iter().map(write).collect()
}

/// Refuses a lock that was not made from the project as it is.
pub(crate) fn check_lock(ctx: &Ctx, plan: &StagePlan, python: &Utf8Path) -> Result<()> {
    let Some(checks) = &plan.children.check_lock else { return Ok(()) };
    let [first, second] = checks.each_ref().map(|cmd| cmd.filled(&[(PYTHON, python)]));
    if process::quiet(ctx, &first).is_ok() {
        return Ok(());
    }
    process::quiet(ctx, &second).map(drop).map_err(|fault| {
        fault
            .within("uv.lock does not fit pyproject.toml")
            .with_kind(Kind::Failed)
            .hint(format!("run `uv lock` in the folder {} and commit uv.lock", ctx.layout.backend()))
    })
}

/// Copies `desktop_runtime`, where the project does not bring one of its own.
fn add_runtime(ctx: &Ctx, plan: &StagePlan, tree: &Utf8Path) -> Result<()> {
    if tree.join("desktop_runtime").exists() {
        return Ok(());
    }
    let sources = plan.seen.runtime.iter().filter_map(|file| file.path.strip_prefix("src/"));
    copies::copy_files(&ctx.layout.absolute(ctx.layout.runtime()).join("src"), tree, sources)
}

fn read(path: &Utf8Path) -> Result<String> {
    std::fs::read_to_string(path).fault(|| format!("cannot read {path}"))
}

/// Takes over what is shipped, all languages among it; tells what is not.
fn tidy(ctx: &Ctx, python: &Utf8Path, installed: &Utf8Path, tree: &Utf8Path) -> Result<Vec<Saved>> {
    let Packages { prune, keep, .. } = &ctx.config.packages;
    let prune = Prune::new("packages.prune", PACKAGES, keep, prune)?;
    let mut kept =
        walk::files(installed, |path| !is_about_this_place(path) && prune.keeps(path, &installed.join(path)))?;
    let mut scripts = Saved { what: "scripts that start the Python of this machine".to_owned(), ..Saved::default() };
    let mut failed = None;
    kept.retain(|file| match starts_interpreter(&installed.join(&file.path), &file.path, python) {
        Ok(false) => true,
        Ok(true) => {
            scripts.files += 1;
            scripts.bytes += file.stat.size;
            false
        }
        Err(fault) => failed.replace(fault).is_none(),
    });
    failed.map_or(Ok(()), Err)?;
    let paths: Vec<&str> = kept.iter().map(|file| file.path.as_str()).collect();
    copies::copy_files(installed, tree, paths.iter().copied())?;
    let records = paths.iter().filter(|path| is_note(path, &["RECORD"]));
    records.into_iter().try_for_each(|path| rewrite_record(&tree.join(path), &paths))?;
    Ok(prune.saved().into_iter().chain((scripts.files > 0).then_some(scripts)).collect())
}

/// Whether a path is a note of an installer about one of these installations. Packages may bring copies of others,
/// with notes of theirs: those are their files.
fn is_note(path: &str, names: &[&str]) -> bool {
    path.split_once('/').is_some_and(|(folder, name)| folder.ends_with(".dist-info") && names.contains(&name))
}

fn is_about_this_place(path: &str) -> bool {
    path.contains("__pycache__/") || path == ".lock" || is_note(path, &INSTALLATION_NOTES)
}

/// Whether a file is a script, or on Windows a program, that starts the interpreter that it was installed with. Other
/// programs that a package brings stay: its modules know where to find them.
fn starts_interpreter(file: &Utf8Path, path: &str, python: &Utf8Path) -> Result<bool> {
    let is_script = path.split_once('/').is_some_and(|(folder, name)| SCRIPTS.contains(&folder) && !name.contains('/'));
    if !is_script {
        return Ok(false);
    }
    let bytes = std::fs::read(file).fault(|| format!("cannot read {file}"))?;
    let first = bytes.split(|byte| *byte == b'\n').take(2).flatten().copied().collect::<Vec<u8>>();
    // How installers start a Python whose path has blanks; it may also have line breaks.
    let is_shell = bytes.starts_with(b"#!/bin/sh\n'''exec' ");
    let names = |bytes: &[u8], what: &str| memchr::memmem::find(bytes, what.as_bytes()).is_some();
    Ok(is_shell || names(&bytes, python.as_str()) || bytes.starts_with(b"#!") && names(&first, "python"))
}

/// Leaves in a `RECORD` (the `PyPA`'s "recording installed packages") only the files that are there, in a fixed order.
/// It has no catalogues: which of them are shipped is known later.
fn rewrite_record(path: &Utf8Path, kept: &[&str]) -> Result<()> {
    let text = std::fs::read_to_string(path).fault(|| format!("cannot read {path}"))?;
    let is_kept = |line: &&str| {
        let name = recorded(line);
        kept.binary_search(&name).is_ok() && !languages::is_catalogue(name)
    };
    let mut lines: Vec<&str> = text.lines().filter(is_kept).collect();
    if lines.is_empty() {
        return Err(Fault::new(format!("{path} lists no file of its package"))
            .hint("report this together with the package's name"));
    }
    lines.sort_unstable();
    std::fs::write(path, lines.join("\n") + "\n").fault(|| format!("cannot write {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_notes_of_installations_count() {
        assert!(is_note("django-6.0.dist-info/RECORD", &["RECORD"]));
        assert!(!is_note("setuptools/_vendor/tomli-2.0.dist-info/RECORD", &["RECORD"]));
        assert!(!is_note("a.dist-info/licenses/RECORD", &["RECORD"]));
    }
}
