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
use crate::stage::plan::pinned::{self, Pinned};
use crate::stage::plan::requirements::{Package, Source, folders, packages};
use crate::stage::record::Record;

/// A file that was changed this shortly before it was hashed could change again without its time changing.
const RACY_NS: i64 = 2_000_000_000;

/// What was found.
pub(crate) struct Locked {
    /// `uv.lock` or the file of requirements, relative to `dds.toml`.
    pub(crate) lock: HashedFile,
    /// What a file of requirements says about indexes.
    pub(crate) indexes: Vec<String>,
    /// The `pyproject.toml` files.
    pub(crate) projects: Vec<HashedFile>,
    /// What was asked for.
    pub(crate) asked: Vec<Input>,
    /// The distributions.
    pub(crate) packages: Vec<Package>,
    /// The files of those that are folders.
    pub(crate) folders: Vec<HashedFile>,
}

/// Looks at the lock.
pub(crate) fn observe(ctx: &Ctx, record: Option<&Record>) -> Result<Locked> {
    let lock = lock(ctx, record)?;
    let mut asked = vec![Input::new(&lock.path, lock.sha256)];
    let options = &ctx.config.packages;
    let projects = match options.requirements {
        Some(_) => Vec::new(),
        None => projects(ctx, record.filter(|record| record.seen.asked_packages.starts_with(&asked)))?,
    };
    asked.extend(projects.iter().map(|file| Input::new(&file.path, file.sha256)));
    asked.push(Input::new("packages.groups", options.groups.join(",")));
    asked.push(Input::new("packages.extras", options.extras.join(",")));
    asked.push(Input::new("packages", format!("{:?} {:?} {:?}", options.add, options.drop, options.replace)));
    let Pinned { packages, indexes } = match record.filter(|record| record.seen.asked_packages == asked) {
        Some(Record { seen, .. }) => Pinned { packages: seen.packages.clone(), indexes: seen.indexes.clone() },
        None if options.requirements.is_some() => pinned(ctx, &lock.path)?,
        None => Pinned { packages: export(ctx)?, indexes: Vec::new() },
    };
    Ok(Locked { folders: files_of_folders(ctx, record, &packages)?, lock, indexes, projects, asked, packages })
}

fn lock(ctx: &Ctx, record: Option<&Record>) -> Result<HashedFile> {
    let adopt = adopt(ctx);
    let (path, hint) = if let Some(path) = &ctx.config.packages.requirements {
        (path.clone(), format!("{adopt} writes it"))
    } else {
        let is_adopted = ctx.config.backend.is_adopted();
        let or = if is_adopted { format!("; or {adopt} makes a list of its own") } else { String::new() };
        let hint = format!("run `uv lock` in the backend folder and commit uv.lock{or}");
        (ctx.layout.backend().join("uv.lock"), hint)
    };
    let found = one(ctx.layout.root(), path.as_str()).map_err(|fault| fault.hint(hint))?;
    let mut files = hashed(ctx.layout.root(), vec![found], record, |seen| std::slice::from_ref(&seen.lock))?;
    Ok(files.remove(0))
}

/// The command that locks what a project asks for.
fn adopt(ctx: &Ctx) -> String {
    format!("`cargo xtask adopt {}`", ctx.layout.backend())
}

/// What a file of requirements says, where it is what `dds.toml` asks for.
fn pinned(ctx: &Ctx, path: &str) -> Result<Pinned> {
    let list = pinned::read(&read(&ctx.layout.absolute(path))?, path, &adopt(ctx))?;
    match pinned::objection(&list.packages, &ctx.config.packages, path, &adopt(ctx)) {
        Some(objection) => Err(objection),
        None => Ok(list),
    }
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
                let names = package.files();
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
            Some(known) if file.stat.modified_ns.max(file.stat.changed_ns) < settled => known.sha256,
            _ => hash::file(&folder.join(&file.path))?,
        };
        Ok(HashedFile { path: file.path, stat: file.stat, sha256 })
    };
    found.into_par_iter().map(hash).collect()
}
