//! Linux programs and libraries: where they look for others, and how a copy is made to look beside itself.

use std::collections::HashSet;

use camino::Utf8Path;
use object_rewrite::Rewriter;
use rayon::prelude::*;

use crate::base::cmd::{Cmd, Sees};
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::host::Os;
use crate::base::{process, walk};
use crate::stage::model::TREE;

/// Sections that only a debugger reads; a quarter of a gigabyte of them comes with some builds.
const DEBUG_SECTIONS: [&str; 13] = [
    ".debug_abbrev",
    ".debug_addr",
    ".debug_aranges",
    ".debug_frame",
    ".debug_info",
    ".debug_line",
    ".debug_line_str",
    ".debug_loc",
    ".debug_loclists",
    ".debug_ranges",
    ".debug_rnglists",
    ".debug_str",
    ".debug_str_offsets",
];

/// Names of the shared libraries that a file asks for.
pub(crate) fn needed(path: &Utf8Path) -> Result<Vec<String>> {
    let data = std::fs::read(path).fault(|| format!("cannot read {path}"))?;
    let elf = Rewriter::read(&data).fault(|| format!("cannot read {path} as a program"))?;
    Ok(elf.elf_needed().map(|name| String::from_utf8_lossy(name).into_owned()).collect())
}

/// Makes every program and library below `tree`, which was copied out of `prefix`, look for its libraries
/// relative to itself, and drops what only debuggers need.
pub(crate) fn make_relocatable(tree: &Utf8Path, prefix: &Utf8Path) -> Result<()> {
    walk::files(tree, |_| true)?.into_par_iter().try_for_each(|file| {
        let is_elf_name = file.path.starts_with("bin/") || file.path.contains(".so");
        if is_elf_name { rewrite(&tree.join(&file.path), &file.path, prefix) } else { Ok(()) }
    })
}

fn rewrite(path: &Utf8Path, relative: &str, prefix: &Utf8Path) -> Result<()> {
    let data = std::fs::read(path).fault(|| format!("cannot read {path}"))?;
    if !data.starts_with(b"\x7fELF") {
        return Ok(());
    }
    let what = || format!("cannot make {path} relocatable");
    let mut elf = Rewriter::read(&data).fault(what)?;
    elf.elf_use_runpath().fault(what)?;
    if let Some(old) = elf.elf_runpath().map(|old| String::from_utf8_lossy(old).into_owned()) {
        let new = relative_run_path(&old, relative, prefix);
        if new.is_empty() {
            elf.elf_delete_runpath().fault(what)?;
        } else {
            elf.elf_set_runpath(new.into_bytes()).fault(what)?;
        }
    }
    elf.delete_sections(&DEBUG_SECTIONS.iter().map(|name| name.as_bytes().to_vec()).collect::<HashSet<_>>());
    let mut written = Vec::with_capacity(data.len());
    elf.write(&mut written).fault(what)?;
    std::fs::write(path, written).fault(|| format!("cannot write {path}"))
}

/// The run path of a file at `relative` (below the new prefix) that had `old` (a `:`-separated list): folders
/// below `prefix` become relative to `$ORIGIN`, other absolute ones are kept, the file's own folder is left out.
fn relative_run_path(old: &str, relative: &str, prefix: &Utf8Path) -> String {
    let depth = relative.matches('/').count();
    let entries = old.split(':').filter(|entry| !entry.is_empty()).filter_map(|entry| {
        let Ok(below) = Utf8Path::new(entry).strip_prefix(prefix) else { return Some(entry.to_owned()) };
        let folder = relative.rsplit_once('/').map_or("", |(folder, _)| folder);
        (below != folder).then(|| format!("$ORIGIN{}/{below}", "/..".repeat(depth)))
    });
    entries.collect::<Vec<_>>().join(":")
}

/// Proves with `ldd` that every library is found and that none comes from where the interpreter was copied from.
pub(crate) fn check_libraries(ctx: &Ctx, python: &Utf8Path, tree: &Utf8Path) -> Result<()> {
    if ctx.host.os != Os::Linux || crate::base::tools::find("ldd").is_none() {
        return Ok(());
    }
    // The store may lie behind a link, and `ldd` tells paths as it was asked.
    let real = tree.canonicalize_utf8().fault(|| format!("cannot read {tree}"))?;
    let python = python.strip_prefix(tree).map_or_else(|_| python.to_owned(), |below| real.join(below));
    let output = process::quiet(ctx, &Cmd::new("ldd").arg(python.as_str()).sees(Sees::Nothing))?;
    // The path of the tree may have line breaks.
    let text = String::from_utf8_lossy(&output.stdout).replace(real.as_str(), TREE);
    for line in text.lines() {
        let Some((name, found)) = line.trim().split_once(" => ") else { continue };
        let in_tree = found.strip_prefix(TREE).is_some_and(|below| below.starts_with('/'));
        if found.starts_with("not found") || name.starts_with("libpython") && !in_tree {
            return Err(Fault::new(format!("the copied interpreter does not find its own {name}"))
                .because(format!("ldd says: {}", line.trim()))
                .hint("take another interpreter with `--python-source uv` or `archive:PATH`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_paths_become_relative_to_the_file() {
        let prefix = Utf8Path::new("/opt/py");
        let check = |old: &str, file: &str| relative_run_path(old, file, prefix);
        assert_eq!(check("/opt/py/lib", "bin/python3"), "$ORIGIN/../lib");
        assert_eq!(check("/opt/py/lib", "lib/python3.13/lib-dynload/_ssl.so"), "$ORIGIN/../../../lib");
        assert_eq!(check("/opt/py/lib", "lib/libpython3.13.so.1.0"), "");
        assert_eq!(check("/opt/py/lib:/usr/lib/ssl", "bin/python3"), "$ORIGIN/../lib:/usr/lib/ssl");
    }
}
