//! The files of a project: which there are, and the text of those that say how it works. Nothing is run.

use std::cell::RefCell;
use std::collections::BTreeMap;

use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::adopt::env_files::is_example;
use crate::adopt::facts::{Text, Tree, has_extension};
use crate::adopt::layout;
use crate::base::fault::{Context, Fault, Result};
use crate::base::hash;
use crate::base::text::decoded;
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
const NAMES: [&str; 11] = [
    "Pipfile.lock",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile",
    "Procfile",
    "Dockerfile",
    "Makefile",
    "package.json",
    "pytest.ini",
    "setup.cfg",
];

const EXTENSIONS: [&str; 8] = ["py", "toml", "yml", "yaml", "txt", "in", "pip", "sh"];

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
        let text = decoded(&bytes).replace("\r\n", "\n");
        Ok((file.path.clone(), Text { path: file.path.clone(), text }))
    });
    let mut tree = Tree {
        root: root.to_owned(),
        texts: texts.collect::<Result<_>>()?,
        stamp: hash::lines(stats.iter().map(String::as_str)),
        lost: lost.into_inner(),
        above: above(root),
        paths: found.into_iter().map(|file| file.path).collect(),
        home: String::new(),
    };
    tree.home = layout::entries(&tree).first().map_or_else(String::new, |text| text.folder().to_owned());
    Ok(tree)
}

/// The packages in the folders above, as far as the repository goes: an example project lies below its library.
fn above(root: &Utf8Path) -> BTreeMap<String, Utf8PathBuf> {
    let is_top = |folder: &&Utf8Path| folder.join(".git").exists();
    let Some(top) = root.ancestors().find(is_top) else { return BTreeMap::new() };
    let above = root.ancestors().skip(1).take_while(|folder| folder.starts_with(top));
    let packages = |place: &Utf8Path| {
        let entries = place.read_dir_utf8().into_iter().flatten().flatten().map(Utf8DirEntry::into_path);
        let packages = entries.filter(|path| path.join("__init__.py").is_file());
        packages.filter_map(|path| path.file_name().map(str::to_owned)).collect::<Vec<_>>()
    };
    let all = above.flat_map(|folder| {
        let names = [packages(folder), packages(&folder.join("src"))].concat();
        names.into_iter().map(|name| (name, folder.to_owned()))
    });
    // Of two with one name the nearer counts.
    let all: Vec<_> = all.collect();
    all.into_iter().rev().collect()
}

/// Whether a copy of the project has this file, or looks into this folder.
fn is_part(path: &str) -> bool {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_private = name == ".env" || name.starts_with(".env.") && !is_example(name);
    let is_database = ["sqlite3", "sqlite", "db", "log"].iter().any(|extension| has_extension(name, extension));
    !SKIPPED.contains(&name) && !is_private && !is_database
}

fn is_read(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    NAMES.contains(&name)
        || name.starts_with("Dockerfile")
        || is_example(name)
        || path.starts_with("README")
        || EXTENSIONS.iter().any(|extension| has_extension(name, extension))
}
