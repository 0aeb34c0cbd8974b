//! What the lock says and what it was made from. uv is only asked when one of its files has changed.

use camino::Utf8Path;
use rayon::prelude::*;

use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Kind, Result};
use crate::base::stat::{HashedFile, Known};
use crate::base::walk::{self, Found};
use crate::base::{hash, process};
use crate::stage::model::{Input, Seen};
use crate::stage::plan::children::export_requirements;
use crate::stage::plan::requirements::{Package, Source, folders, packages};
use crate::stage::record::Record;

/// A file that was changed this shortly before it was hashed could change again without its time changing.
const RACY_NS: i64 = 2_000_000_000;

/// What was found.
pub(crate) struct Locked {
    /// The `pyproject.toml` files.
    pub(crate) projects: Vec<HashedFile>,
    /// What was asked for.
    pub(crate) asked: Vec<Input>,
    /// The distributions.
    pub(crate) packages: Vec<Package>,
    /// The files of those that are folders.
    pub(crate) folders: Vec<HashedFile>,
}

/// Looks at the lock, whose digest is among `inputs`.
pub(crate) fn observe(ctx: &Ctx, record: Option<&Record>, inputs: &[HashedFile]) -> Result<Locked> {
    let lock = inputs.iter().filter(|file| file.path == "uv.lock");
    let mut asked: Vec<Input> = lock.map(|file| Input::new(&file.path, &file.sha256)).collect();
    let projects = projects(ctx, record.filter(|record| record.seen.asked_packages.starts_with(&asked)))?;
    let options = &ctx.config.packages;
    asked.extend(projects.iter().map(|file| Input::new(&file.path, &file.sha256)));
    asked.push(Input::new("packages.groups", options.groups.join(",")));
    asked.push(Input::new("packages.extras", options.extras.join(",")));
    let packages = match record.filter(|record| record.seen.asked_packages == asked) {
        Some(record) => record.seen.packages.clone(),
        None => export(ctx)?,
    };
    Ok(Locked { folders: files_of_folders(ctx, record, &packages)?, projects, asked, packages })
}

/// The digests of the projects that the lock was made from, whose places an earlier record of it knows.
fn projects(ctx: &Ctx, record: Option<&Record>) -> Result<Vec<HashedFile>> {
    const NAME: &str = "pyproject.toml";
    let backend = ctx.layout.absolute(ctx.layout.backend());
    let paths: Vec<String> = if let Some(record) = record {
        record.seen.projects.iter().map(|file| file.path.clone()).collect()
    } else {
        let others = folders(&read(&backend.join("uv.lock"))?)?.into_iter().filter(|folder| folder != ".");
        let others = others.map(|folder| format!("{folder}/{NAME}")).filter(|path| backend.join(path).is_file());
        std::iter::once(NAME.to_owned()).chain(others).collect()
    };
    let found: Result<_> = paths.iter().map(|path| one(&backend, path)).collect();
    hashed(&backend, found?, record, |seen| &seen.projects)
}

fn export(ctx: &Ctx) -> Result<Vec<Package>> {
    let backend = ctx.layout.absolute(ctx.layout.backend());
    let output = process::quiet(ctx, &export_requirements(&ctx.config, &ctx.layout))
        .map_err(|fault| fault.within("cannot read the locked dependencies").with_kind(Kind::Failed))?;
    let exported = String::from_utf8_lossy(&output.stdout);
    packages(&exported, &read(&backend.join("uv.lock"))?, &read(&backend.join("pyproject.toml"))?)
}

fn files_of_folders(ctx: &Ctx, record: Option<&Record>, packages: &[Package]) -> Result<Vec<HashedFile>> {
    let backend = ctx.layout.absolute(ctx.layout.backend());
    let mut found = Vec::new();
    for package in packages {
        let of_folder = match &package.source {
            Source::Folder(folder) => {
                let files = walk::files(&backend.join(folder), is_source)?;
                files.into_iter().map(|file| Found { path: format!("{folder}/{}", file.path), ..file }).collect()
            }
            Source::Flat(folder) => {
                let names = package.wheels.iter().chain(&package.archive);
                names.map(|name| one(&backend, &format!("{folder}/{name}"))).collect::<Result<_>>()?
            }
            _ => Vec::new(),
        };
        found.extend(of_folder);
    }
    hashed(&backend, found, record, |seen| &seen.folders)
}

/// Whether a file below a dependency's folder can matter to its build.
fn is_source(path: &str) -> bool {
    const NOT: [&str; 5] = [".git", ".venv", "__pycache__", "node_modules", ".ruff_cache"];
    let is_made = |part: &str| NOT.contains(&part) || part.ends_with(".egg-info");
    !path.split('/').any(is_made) && !path.starts_with("build/") && !path.starts_with("dist/")
}

fn read(path: &Utf8Path) -> Result<String> {
    std::fs::read_to_string(path).fault(|| format!("cannot read {path}"))
}

/// One file as [`walk::files`] finds it.
pub(crate) fn one(folder: &Utf8Path, name: &str) -> Result<Found> {
    Ok(Found { path: name.to_owned(), stat: walk::stat(&folder.join(name))?, is_link: false })
}

/// Files with their digests; those of unchanged ones come from a list of the record.
pub(crate) fn hashed(
    folder: &Utf8Path,
    found: Vec<Found>,
    record: Option<&Record>,
    before: impl Fn(&Seen) -> &[HashedFile],
) -> Result<Vec<HashedFile>> {
    let known = Known::new(record.map_or(&[], |record| before(&record.seen)));
    let settled = record.map_or(0, |record| record.seen.taken_ns) - RACY_NS;
    let hash = |file: Found| {
        let sha256 = match known.unchanged(&file.path, &file.stat) {
            Some(known) if file.stat.modified_ns.max(file.stat.changed_ns) < settled => known.sha256.clone(),
            _ => hash::file(&folder.join(&file.path))?,
        };
        Ok(HashedFile { path: file.path, stat: file.stat, sha256 })
    };
    found.into_par_iter().map(hash).collect()
}
