//! An interpreter for another system: what it tells of itself without being started.

use std::collections::BTreeMap;

use camino::Utf8Path;
use regex::bytes::Regex;

use crate::base::cmd::{Cmd, Sees};
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::host::{Host, Os};
use crate::base::walk::Found;
use crate::base::{process, walk};
use crate::stage::plan::StagePlan;
use crate::stage::plan::own::minor;
use crate::stage::record::PythonFacts;

/// The files that tell the number that bytecode begins with, and how: up to 3.13 the import system, since then a header.
const MAGIC: [(&str, &str); 2] = [
    ("importlib/_bootstrap_external.py", r"(?m)^MAGIC_NUMBER = \((\d+)\)\.to_bytes"),
    ("internal/pycore_magic_number.h", r"(?m)^#define PYC_MAGIC_NUMBER (\d+)"),
];

/// Native libraries by the text that each carries along with its version.
const LIBRARIES: [(&str, &str); 5] = [
    ("openssl", r"OpenSSL (\d+\.\d+\.\d+[a-z]?) \d{1,2} [A-Z][a-z]{2} \d{4}"),
    ("zlib", r"deflate (\d+(?:\.\d+)+) Copyright"),
    ("expat", r"expat_(\d+\.\d+\.\d+)"),
    // The value soon follows the name that Python gives it.
    ("libmpdec", r"__libmpdec_version__\x00(?s-u:.{0,400}?)\x00(\d+\.\d+\.\d+)\x00"),
    // Its version is a text of its own.
    ("sqlite", r"[^0-9.](3\.\d{1,2}\.\d{1,2})\x00"),
];

/// The text that tells that such a version is the database's.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The full version of an interpreter that is for the target, and whose bytecode the interpreter of this machine can make.
///
/// # Errors
/// It is not, or does not tell; and what to take instead.
pub(crate) fn version(ctx: &Ctx, plan: &StagePlan, compiler: &Utf8Path, prefix: &Utf8Path) -> Result<String> {
    let program = prefix.join(executable(ctx.target));
    let bytes = std::fs::read(&program).fault(|| format!("cannot read {program}")).map_err(|fault| {
        fault.hint(format!("take an interpreter for {}, with `--python-source uv` or `archive:PATH`", ctx.target))
    })?;
    if !ctx.target.is_program(&bytes) {
        return Err(Fault::new(format!("{} is no program for {}", executable(ctx.target), ctx.target))
            .because(format!("source: {}", plan.seen.source))
            .hint(format!("take an interpreter for {} with `--python-source uv` or `archive:PATH`", ctx.target)));
    }
    let files = walk::some_of(prefix, |file| !file.path.contains("site-packages/"))?;
    same_bytecode(ctx, compiler, told(prefix, &files, &MAGIC)?)?;
    let of_headers = told(prefix, &files, &[("patchlevel.h", r#"(?m)^#define PY_VERSION\s+"(\d+\.\d+\.\d+)"#)])?;
    of_headers.or_else(|| plan.seen.source.version().map(str::to_owned)).ok_or_else(|| {
        Fault::new("the interpreter does not tell its version")
            .because(format!("source: {}", plan.seen.source))
            .hint("name the archive as its makers do: `cpython-3.14.2…-install_only.tar.gz`")
    })
}

/// Refuses another number at the beginning of bytecode than that of `compiler`.
fn same_bytecode(ctx: &Ctx, compiler: &Utf8Path, theirs: Option<String>) -> Result<()> {
    let ask = "import importlib.util as u; print(int.from_bytes(u.MAGIC_NUMBER[:2], 'little'))";
    let cmd = Cmd::new(compiler.as_str()).args(["-I", "-S", "-B", "-c", ask]).sees(Sees::Nothing);
    let ours = String::from_utf8_lossy(&process::quiet(ctx, &cmd)?.stdout).trim().to_owned();
    match theirs {
        Some(theirs) if theirs == ours => Ok(()),
        theirs => {
            Err(Fault::new(format!("the bytecode of {} can't be made by the Python of this machine", ctx.target))
                .because(theirs.map_or_else(
                    || "the interpreter does not tell the number that its bytecode begins with".to_owned(),
                    |theirs| format!("its bytecode begins with the number {theirs}, that of {compiler} with {ours}"),
                ))
                .hint("take the same version of Python for both: `python.version` in dds.toml is for all targets"))
        }
    }
}

/// The interpreter, relative to the prefix.
pub(crate) fn executable(target: Host) -> &'static str {
    if target.os == Os::Windows { "python.exe" } else { "bin/python3" }
}

/// What one of some files below a prefix tells by a pattern.
fn told(prefix: &Utf8Path, files: &[Found], wanted: &[(&str, &str)]) -> Result<Option<String>> {
    for (end, pattern) in wanted {
        for file in files.iter().filter(|file| file.path.ends_with(end)) {
            let path = prefix.join(&file.path);
            let bytes = std::fs::read(&path).fault(|| format!("cannot read {path}"))?;
            if let Some(told) = first(pattern, &bytes)? {
                return Ok(Some(told));
            }
        }
    }
    Ok(None)
}

/// What a pattern's first group has.
fn first(pattern: &str, bytes: &[u8]) -> Result<Option<String>> {
    let pattern = Regex::new(pattern).fault(|| format!("cannot understand the pattern {pattern}"))?;
    Ok(pattern.captures(bytes).map(|found| String::from_utf8_lossy(&found[1]).into_owned()))
}

/// What the finished interpreter of another system would answer about itself.
pub(crate) fn facts(target: Host, version: String, tree: &Utf8Path) -> Result<PythonFacts> {
    let is_windows = target.os == Os::Windows;
    let purelib = if is_windows {
        "Lib/site-packages".to_owned()
    } else {
        format!("lib/python{}/site-packages", minor(&version))
    };
    Ok(PythonFacts {
        version,
        executable: executable(target).to_owned(),
        purelib,
        scripts: if is_windows { "Scripts" } else { "bin" }.to_owned(),
        authorities: None,
        libraries: libraries(tree)?,
    })
}

/// The native libraries that its programs and libraries carry in them.
fn libraries(tree: &Utf8Path) -> Result<BTreeMap<String, String>> {
    let is_native = |path: &str| [".exe", ".dll", ".pyd", ".dylib"].iter().any(|end| path.ends_with(end));
    let native = walk::some_of(tree, |Found { path, .. }| {
        !path.contains("site-packages/") && (is_native(path) || path.starts_with("bin/") || path.contains(".so"))
    })?;
    let mut found = BTreeMap::new();
    for file in native {
        let path = tree.join(&file.path);
        let bytes = std::fs::read(&path).fault(|| format!("cannot read {path}"))?;
        let has_sqlite = memchr::memmem::find(&bytes, SQLITE).is_some();
        for (name, pattern) in LIBRARIES.iter().filter(|(name, _)| has_sqlite || *name != "sqlite") {
            if let Some(version) = first(pattern, &bytes)? {
                found.entry((*name).to_owned()).or_insert(version);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_places_of_the_number_are_known() {
        let [import_system, header] = MAGIC;
        let check = |(_, pattern): (&str, &str), text: &str| first(pattern, text.as_bytes()).unwrap();
        let text = "# and more\nMAGIC_NUMBER = (3571).to_bytes(2, 'little') + b'\\r\\n'\n";
        assert_eq!(check(import_system, text).as_deref(), Some("3571"));
        assert_eq!(check(header, "\n#define PYC_MAGIC_NUMBER 3627\n").as_deref(), Some("3627"));
        assert_eq!(check(import_system, "MAGIC_NUMBER = _imp.pyc_magic_number_token.to_bytes(4, 'little')"), None);
    }

    #[test]
    fn a_library_is_told_by_the_text_that_it_carries() {
        let program = b"\x001.70\x00__libmpdec_version__\0\0\0\0__version__\x001.70\0\x004.0.0\0\x005.0.0\0";
        let (_, pattern) = LIBRARIES.iter().find(|(name, _)| *name == "libmpdec").unwrap();
        assert_eq!(first(pattern, program).unwrap().as_deref(), Some("4.0.0"));
        assert_eq!(first(pattern, b"__libmpdec_version__\0").unwrap(), None);
    }
}
