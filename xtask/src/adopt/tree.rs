//! The files of a project: which there are, and the text of those that say how it works. Nothing is run.

use std::cell::RefCell;

use camino::Utf8Path;
use rayon::prelude::*;

use crate::adopt::facts::{Text, Tree, has_extension};
use crate::base::fault::{Context, Fault, Result};
use crate::base::hash;
use crate::base::walk;

/// Folders that are made, fetched or private: no copy has them.
const SKIPPED: [&str; 14] = [
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "venv",
    "env",
    "node_modules",
    "__pycache__",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".idea",
];

/// A larger file is data and says nothing of how the project works.
const MOST_BYTES: u64 = 512 * 1024;

/// Names of text files without a telling extension, or of one that means other things elsewhere.
const NAMES: [&str; 10] = [
    "Pipfile.lock",
    "uv.lock",
    "poetry.lock",
    "Pipfile",
    "Procfile",
    "Dockerfile",
    "Makefile",
    "package.json",
    "pytest.ini",
    "setup.cfg",
];

const EXTENSIONS: [&str; 7] = ["py", "toml", "yml", "yaml", "txt", "in", "sh"];

/// Reads the project in a folder.
///
/// # Errors
/// There is no such folder, or a file in it can't be read.
pub(crate) fn read(root: &Utf8Path) -> Result<Tree> {
    if !root.is_dir() {
        return Err(Fault::new(format!("{root} is not a folder")).hint("give the folder of a Django project"));
    }
    let lost = RefCell::new(Vec::new());
    let found = walk::files(root, |path| {
        if is_part(path) && !root.join(path).exists() {
            lost.borrow_mut().push(path.to_owned());
            return false;
        }
        is_part(path)
    })?;
    let stats: Vec<String> =
        found.iter().map(|file| format!("{} {} {}", file.path, file.stat.size, file.stat.modified_ns)).collect();
    let texts = found.par_iter().filter(|file| is_read(&file.path) && file.stat.size <= MOST_BYTES);
    let texts = texts.map(|file| {
        let path = root.join(&file.path);
        let bytes = std::fs::read(&path).fault(|| format!("cannot read {path}"))?;
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        Ok((file.path.clone(), Text { path: file.path.clone(), text }))
    });
    Ok(Tree {
        root: root.to_owned(),
        texts: texts.collect::<Result<_>>()?,
        stamp: hash::lines(stats.iter().map(String::as_str)),
        lost: lost.into_inner(),
        paths: found.into_iter().map(|file| file.path).collect(),
    })
}

/// Whether a copy of the project has this file, or looks into this folder.
fn is_part(path: &str) -> bool {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_private = name == ".env" || name.starts_with(".env.") && !name.ends_with("example");
    let is_database = ["sqlite3", "sqlite", "db", "log"].iter().any(|extension| has_extension(name, extension));
    !SKIPPED.contains(&name) && !is_private && !is_database
}

fn is_read(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    NAMES.contains(&name)
        || name.starts_with("Dockerfile")
        || EXTENSIONS.iter().any(|extension| has_extension(name, extension))
}
