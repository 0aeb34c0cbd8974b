//! What the inventory is made of: the staged tree's distributions, its interpreter's own words, the lock files.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::ask::ask;
use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Fault, Result};
use crate::release::plan::sbom::python::{self, Distribution, Interpreter};
use crate::stage::observe;
use crate::stage::record::Record;

/// The staged tree and its record.
///
/// # Errors
/// Nothing is staged.
pub(crate) fn staged(ctx: &Ctx) -> Result<(Utf8PathBuf, Record)> {
    let tree = ctx.layout.absolute(ctx.layout.staged_backend());
    match observe::record(ctx) {
        Some(record) if tree.is_dir() => Ok((tree, record)),
        _ => Err(Fault::new(format!("there is no staged backend in {}", ctx.layout.staged_backend()))
            .hint("run `cargo xtask packaged-stage` first: the inventory is of what is staged")),
    }
}

/// The installed distributions, sorted by folder name.
pub(crate) fn distributions(tree: &Utf8Path, record: &Record) -> Result<Vec<Distribution>> {
    let packages = tree.join("python").join(&record.python.purelib);
    let mut folders: Vec<Utf8PathBuf> = packages
        .read_dir_utf8()
        .fault(|| format!("cannot read {packages}"))?
        .flatten()
        .map(camino::Utf8DirEntry::into_path)
        .filter(|path| path.extension() == Some("dist-info"))
        .collect();
    folders.sort_unstable();
    folders
        .iter()
        .map(|folder| {
            let read = |name: &str| {
                let path = folder.join(name);
                std::fs::read_to_string(&path).fault(|| format!("cannot read {path}"))
            };
            python::distribution(&read("METADATA")?, &read("WHEEL")?).ok_or_else(|| {
                Fault::new(format!("{folder} does not say which distribution it is"))
                    .hint("`cargo xtask packaged-stage --force` stages anew")
            })
        })
        .collect()
}

/// Asks the staged interpreter what it is and what it is linked with.
pub(crate) fn interpreter(tree: &Utf8Path, record: &Record) -> Result<Interpreter> {
    const QUESTION: &str = "import json, sys
libraries = {}
def tell(name, ask):
    try:
        libraries[name] = str(ask())
    except (ImportError, AttributeError):
        pass
def openssl():
    import ssl
    name, version = ssl.OPENSSL_VERSION.split()[:2]
    libraries[name.lower()] = version
    raise ImportError
def ncurses():
    import curses
    return '.'.join(map(str, curses.ncurses_version))
tell('openssl', openssl)
tell('sqlite', lambda: __import__('sqlite3').sqlite_version)
tell('zlib', lambda: __import__('zlib').ZLIB_RUNTIME_VERSION)
tell('expat', lambda: __import__('pyexpat').EXPAT_VERSION.removeprefix('expat_'))
tell('libmpdec', lambda: __import__('_decimal').__libmpdec_version__)
tell('ncurses', ncurses)
tell('zstd', lambda: __import__('_zstd').zstd_version)
print(json.dumps(dict(implementation=sys.implementation.name, version='.'.join(map(str, sys.version_info[:3])), libraries=libraries)))";
    let python = tree.join("python").join(&record.python.executable);
    let answer = ask(tree, &python, &["-I", "-B", "-W", "ignore", "-c", QUESTION]).map_err(|fault| {
        fault
            .within(format!("cannot ask {python} about itself"))
            .hint("`cargo xtask packaged-stage --verify` says whether the staged tree is whole")
    })?;
    serde_json::from_str(&answer).fault(|| format!("cannot understand what {python} says of itself"))
}

/// The text of a file of the repository.
pub(crate) fn text(ctx: &Ctx, path: &Utf8Path) -> Result<String> {
    std::fs::read_to_string(ctx.layout.absolute(path)).fault(|| format!("cannot read {path}"))
}
