//! The runtime layer: an interpreter that is fetched or copied, relocatable, without links, pruned, compiled.

use std::fs::File;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::base::cmd::{Cmd, Sees};
use crate::base::config::Python;
use crate::base::config::prune::PYTHON;
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Kind, Result};
use crate::base::host::Os;
use crate::base::python::HostPython;
use crate::base::{files, process, walk};
use crate::stage::foreign::executable;
use crate::stage::model::{LAYER, RuntimeSource};
use crate::stage::plan::StagePlan;
use crate::stage::plan::children::{FINDER, FINDER_IMPORT, FINDER_NAME};
use crate::stage::plan::left_out::ENVIRONMENT;
use crate::stage::prune::Prune;
use crate::stage::record::{LayerFacts, PythonFacts};
use crate::stage::{bytecode, copies, elf, foreign};

/// The prefix that python-build-standalone compiles in; the place of every builder's own.
const NEUTRAL_PREFIX: &str = "/install";

/// Makes the layer in `tree`. While bytecode is compiled, `meanwhile` may use the interpreter.
pub(crate) fn make(
    ctx: &Ctx,
    plan: &StagePlan,
    tree: &Utf8PathBuf,
    meanwhile: impl FnOnce(&Utf8Path) + Send,
) -> Result<LayerFacts> {
    let Python { prune, keep, .. } = &ctx.config.python;
    let prune = Prune::new("python.prune", PYTHON, keep, prune)?;
    let fetched = tree.with_file_name("fetched");
    let runner = plan.own.as_ref().map(|own| ctx.layout.absolute(own.interpreter()));
    let version = bring(ctx, plan, tree, &fetched, &prune, runner.as_deref())?;
    let pruned = prune.saved();
    files::remove(&fetched)?;
    if ctx.target.os == Os::Linux {
        drop_unneeded_libpython(tree)?;
    }
    let python = tree.join(executable(ctx.target));
    if !python.is_file() {
        return Err(Fault::new(format!("the interpreter has no {}", executable(ctx.target)))
            .because(format!("source: {}", plan.seen.source))
            .hint("take another interpreter with `--python-source uv`, `host` or `archive:PATH`"));
    }
    if !ctx.is_foreign() {
        elf::check_libraries(ctx, &python, tree)?;
    }
    files::write_atomically(&standard_library(ctx, tree)?.join(format!("{FINDER_NAME}.py")), FINDER.as_bytes())?;
    let runner = runner.unwrap_or_else(|| python.clone());
    let compile = || bytecode::compile(ctx, &runner, tree, &plan.children.compile_runtime, bytecode::Broken::Skip);
    rayon::join(compile, || meanwhile(&runner)).0?;
    let facts = version.map_or_else(|| ask(ctx, &python, tree), |version| foreign::facts(ctx.target, version, tree))?;
    let import = tree.join(&facts.purelib).join(FINDER_IMPORT);
    files::write_atomically(&import, format!("import {FINDER_NAME}\n").as_bytes())?;
    keep_the_person_out(ctx, tree)?;
    Ok(LayerFacts { python: Some(facts), pruned, ..LayerFacts::default() })
}

/// Puts the interpreter into `tree`, without what is pruned; the version of one that can't be asked for it, because it
/// is for another system than `runner`, which does its work.
fn bring(
    ctx: &Ctx,
    plan: &StagePlan,
    tree: &Utf8Path,
    fetched: &Utf8Path,
    prune: &Prune,
    runner: Option<&Utf8Path>,
) -> Result<Option<String>> {
    let prefix = match &plan.seen.source {
        RuntimeSource::Uv { key, .. } => install_with_uv(ctx, plan, key, fetched)?,
        RuntimeSource::Archive { path, .. } => unpack(path, fetched)?,
        RuntimeSource::Host(host) => return copy_host(ctx, host, tree, prune).map(|()| None),
    };
    if ctx.is_foreign() {
        drop_dangling(&prefix)?;
    }
    let version = runner.map(|runner| foreign::version(ctx, plan, runner, &prefix));
    copies::move_tree(&prefix, tree, kept(&prefix, prune))?;
    copy_program(ctx, &prefix, tree)?;
    if let RuntimeSource::Uv { .. } = &plan.seen.source {
        forget_prefix(tree, &prefix)?;
    }
    version.transpose()
}

/// On Linux uv gives each interpreter links with the names that those of Linux have; one for Windows has nothing behind them.
fn drop_dangling(prefix: &Utf8Path) -> Result<()> {
    let entries = prefix.read_dir_utf8().fault(|| format!("cannot read {prefix}"))?;
    let mut links =
        entries.flatten().map(camino::Utf8DirEntry::into_path).filter(|path| path.is_symlink() && !path.exists());
    links.try_for_each(|link| files::remove(&link))
}

/// What a person has installed for themselves is no part of the program: a virtual environment without a home is this
/// interpreter itself, without their packages. Windows would look for the rest of it in another folder; there the finder
/// of bytecode does what it can.
fn keep_the_person_out(ctx: &Ctx, tree: &Utf8Path) -> Result<()> {
    if ctx.target.os == Os::Windows {
        return Ok(());
    }
    files::write_atomically(&tree.join(ENVIRONMENT), b"include-system-site-packages = false\n")
}

/// The folder of the interpreter's own modules.
fn standard_library(ctx: &Ctx, tree: &Utf8Path) -> Result<Utf8PathBuf> {
    if ctx.target.os == Os::Windows {
        return Ok(tree.join("Lib"));
    }
    let libraries = tree.join("lib");
    let entries = libraries.read_dir_utf8().fault(|| format!("cannot read {libraries}"))?;
    let mut folders = entries.flatten().map(camino::Utf8DirEntry::into_path);
    folders
        .find(|folder| folder.join("os.py").is_file())
        .ok_or_else(|| Fault::new(format!("the interpreter has no standard library in {libraries}")))
}

fn install_with_uv(ctx: &Ctx, plan: &StagePlan, key: &str, into: &Utf8Path) -> Result<Utf8PathBuf> {
    let layer = into.parent().unwrap_or(into);
    let cmds: Vec<_> = plan.children.fetch.iter().map(|cmd| cmd.filled(&[(LAYER, layer)])).collect();
    cmds.iter().try_for_each(|cmd| process::quiet(ctx, cmd).map(drop)).map_err(|fault| {
        // An archive with wrong bytes is no reason to take something else instead.
        let kind = if fault.to_string().to_lowercase().contains("hash mismatch") { Kind::Failed } else { Kind::Download };
        let what = if plan.offline {
            format!("{key} is not in the store, and --offline forbids to fetch it")
        } else {
            format!("{key} could not be downloaded")
        };
        fault.within(what).with_kind(kind).hint(if plan.offline {
            "run the same command once without --offline, or use `--python-source host` or `archive:PATH`"
        } else {
            "check the connection or proxy, set UV_PYTHON_INSTALL_MIRROR, or use `--python-source host` or `archive:PATH`"
        })
    })?;
    // Beside the installation uv leaves a link with the minor version's name.
    let entries = into.read_dir_utf8().fault(|| format!("cannot read {into}"))?.flatten();
    entries
        .map(camino::Utf8DirEntry::into_path)
        .find(|path| !path.is_symlink() && path.file_name().is_some_and(|name| name.starts_with("cpython-")))
        .ok_or_else(|| Fault::new(format!("uv installed no interpreter into {into}")).hint("update uv"))
}

/// Unpacks a python-build-standalone archive; its top folder is `python/`.
fn unpack(archive: &Utf8Path, into: &Utf8Path) -> Result<Utf8PathBuf> {
    files::make_folder(into)?;
    let file = File::open(archive).fault(|| format!("cannot read {archive}"))?;
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(std::io::BufReader::new(file)));
    tar.set_preserve_mtime(false);
    // The list of files ends before the stream does; the checksum of gzip lies at the stream's end.
    tar.unpack(into)
        .and_then(|()| std::io::copy(&mut tar.into_inner(), &mut std::io::sink()))
        .fault(|| format!("cannot unpack {archive}"))
        .map_err(|fault| fault.hint("fetch the archive again and compare its SHA-256"))?;
    let prefix = into.join("python");
    if prefix.is_dir() {
        Ok(prefix)
    } else {
        Err(Fault::new(format!("{archive} has no folder `python/`"))
            .hint("take an `install_only` or `install_only_stripped` archive of python-build-standalone"))
    }
}

/// What stays of an installation that is relocatable as it is. Of `bin/` that is the interpreter alone: the rest is for
/// developers, or a script that names the folder it was installed in.
fn kept(prefix: &Utf8Path, prune: &Prune) -> impl Fn(&str) -> bool {
    |path| !path.starts_with("bin/") && prune.keeps(path, &prefix.join(path))
}

/// Copies what [`kept`] leaves to it.
fn copy_program(ctx: &Ctx, prefix: &Utf8Path, tree: &Utf8Path) -> Result<()> {
    if ctx.target.os == Os::Windows {
        return Ok(());
    }
    let from = prefix.join("bin/python3");
    if !from.exists() {
        return Err(Fault::new(format!("{from} is not there"))
            .hint("take an `install_only` or `install_only_stripped` archive of python-build-standalone"));
    }
    files::make_folder(&tree.join("bin"))?;
    copies::copy_file(&from, &tree.join("bin/python3"))
}

/// Copies an interpreter of this machine, part by part, and makes it find its parts from wherever it lies.
fn copy_host(ctx: &Ctx, host: &HostPython, tree: &Utf8Path, prune: &Prune) -> Result<()> {
    if ctx.host.os != Os::Linux {
        return copy_whole_host(ctx, host, tree, prune);
    }
    let name = host.stdlib.file_name().unwrap_or("python3");
    let library = format!("lib/{name}");
    let mut sources = vec![&host.stdlib];
    if host.platstdlib != host.stdlib {
        sources.push(&host.platstdlib);
    }
    for source in sources {
        let keeps = |path: &str| prune.keeps(&format!("{library}/{path}"), &source.join(path));
        copies::copy_tree(source, &tree.join(&library), keeps)?;
    }
    files::make_folder(&tree.join("bin"))?;
    copies::copy_file(&host.executable, &tree.join("bin/python3"))?;
    if let Some(libpython) = &host.libpython {
        copies::copy_file(libpython, &tree.join("lib").join(libpython.file_name().unwrap_or_default()))?;
    }
    elf::make_relocatable(tree, &host.prefix)?;
    if !["/usr", "/usr/local"].contains(&host.prefix.as_str()) {
        forget_prefix(tree, &host.prefix)?;
    }
    Ok(())
}

/// On macOS and Windows only installations whose programs find everything by relative paths can be copied.
fn copy_whole_host(ctx: &Ctx, host: &HostPython, tree: &Utf8Path, prune: &Prune) -> Result<()> {
    let framework = host.prefix.as_str().contains(".framework");
    if framework || host.libpython.is_some() || !host.executable.starts_with(&host.prefix) {
        return Err(Fault::new(format!(
            "CPython {} in {} can't be copied to another place",
            host.version, host.prefix
        ))
        .hint("install one with `uv python install`, or use `--python-source uv` or `archive:PATH`"));
    }
    copies::copy_tree(&host.prefix, tree, kept(&host.prefix, prune))?;
    copy_program(ctx, &host.prefix, tree)
}

/// The shared libpython is for programs that embed Python. Where the interpreter has it linked in, nothing
/// in the tree loads it, and it is the largest file there.
fn drop_unneeded_libpython(tree: &Utf8Path) -> Result<()> {
    let needed = elf::needed(&tree.join("bin/python3"))?;
    let entries = tree.join("lib").read_dir_utf8().fault(|| format!("cannot read {tree}/lib"))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.starts_with("libpython") && name.contains(".so") && !needed.iter().any(|needed| needed == name) {
            files::remove(entry.path())?;
        }
    }
    Ok(())
}

/// Replaces the place where an interpreter was installed by a neutral one of the same meaning: in texts as it is,
/// in programs filled up with slashes to the same length.
fn forget_prefix(tree: &Utf8Path, prefix: &Utf8Path) -> Result<()> {
    let old = prefix.as_str().as_bytes();
    let finder = memchr::memmem::Finder::new(old);
    let padded = padded(prefix);
    walk::tree(tree)?.into_par_iter().try_for_each(|file| {
        let path = tree.join(&file.path);
        let bytes = std::fs::read(&path).fault(|| format!("cannot read {path}"))?;
        if finder.find(&bytes).is_none() {
            return Ok(());
        }
        let new = if memchr::memchr(0, &bytes).is_some() { padded.as_slice() } else { NEUTRAL_PREFIX.as_bytes() };
        let mut replaced = Vec::with_capacity(bytes.len());
        let mut rest = bytes.as_slice();
        while let Some(at) = finder.find(rest) {
            replaced.extend_from_slice(&rest[..at]);
            replaced.extend_from_slice(new);
            rest = &rest[at + old.len()..];
        }
        replaced.extend_from_slice(rest);
        std::fs::write(&path, replaced).fault(|| format!("cannot write {path}"))
    })
}

/// A neutral prefix as long as the old one. Its last part stays: linkers let a string such as the version `3.13.0`
/// be the tail of a longer one such as `/opt/3.13.0`.
fn padded(old: &Utf8Path) -> Vec<u8> {
    let tail = old.file_name().unwrap_or_default();
    let room = old.as_str().len() - tail.len();
    NEUTRAL_PREFIX.bytes().chain(std::iter::repeat(b'/')).take(room - 1).chain(*b"/").chain(tail.bytes()).collect()
}

/// What the finished interpreter is asked: where its parts are, what it is linked with, and whether what every Django app
/// needs is there.
const QUESTION: &str = "import _bytecode_finder, json, os, sys, sysconfig
import _ctypes, _hashlib, _socket, _sqlite3, _ssl, ssl, zlib
root = os.path.realpath(sys.argv[1])
below = lambda path: os.path.relpath(os.path.realpath(path), root).replace(os.sep, '/')
libraries = {}
def tell(name, ask):
    try:
        libraries[name] = str(ask())
    except (ImportError, AttributeError):
        pass
tell(ssl.OPENSSL_VERSION.split()[0].lower(), lambda: ssl.OPENSSL_VERSION.split()[1])
tell('sqlite', lambda: __import__('sqlite3').sqlite_version)
tell('zlib', lambda: zlib.ZLIB_RUNTIME_VERSION)
tell('expat', lambda: __import__('pyexpat').EXPAT_VERSION.removeprefix('expat_'))
tell('libmpdec', lambda: __import__('_decimal').__libmpdec_version__)
tell('ncurses', lambda: '.'.join(map(str, __import__('curses').ncurses_version)))
tell('zstd', lambda: __import__('_zstd').zstd_version)
purelib = sysconfig.get_path('purelib')
print(json.dumps(dict(version='.'.join(map(str, sys.version_info[:3])), executable=below(sys.executable),
    purelib=below(purelib), scripts=below(sysconfig.get_path('scripts')), libraries=libraries,
    authorities=None if os.name == 'nt' else os.path.dirname(ssl.get_default_verify_paths().openssl_cafile),
    outside=[p for p in sys.path if below(p).startswith('..')])))";

/// Asks the finished interpreter where its parts are, and so proves that it starts and that the extension
/// modules that every Django app needs are there.
fn ask(ctx: &Ctx, python: &Utf8Path, tree: &Utf8Path) -> Result<PythonFacts> {
    #[derive(serde::Deserialize)]
    struct Answer {
        #[serde(flatten)]
        facts: PythonFacts,
        outside: Vec<String>,
    }
    let cmd = Cmd::new(python.as_str()).args(["-I", "-B", "-c", QUESTION, tree.as_str()]).sees(Sees::Nothing);
    let output = process::quiet(ctx, &cmd).map_err(|fault| {
        fault
            .within("the interpreter does not run from its new place")
            .with_kind(Kind::Failed)
            .hint("take another interpreter with `--python-source`")
    })?;
    let answer: Answer =
        serde_json::from_slice(&output.stdout).fault(|| format!("cannot understand what {python} says of itself"))?;
    if answer.outside.is_empty() {
        Ok(answer.facts)
    } else {
        Err(Fault::new("the interpreter still looks for modules outside its folder")
            .because(answer.outside.join(", "))
            .hint("take another interpreter with `--python-source`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_padded_prefix_is_as_long_and_keeps_the_tail() {
        let check = |old: &str| String::from_utf8(padded(Utf8Path::new(old))).unwrap();
        assert_eq!(check("/home/me/.pyenv/versions/3.13.0"), "/install/////////////////3.13.0");
        assert_eq!(check("/a/3.13.0"), "/i/3.13.0");
    }
}
