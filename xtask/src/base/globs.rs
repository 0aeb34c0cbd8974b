//! Glob patterns: `*` stays within a folder, `**` does not.

use camino::{Utf8Path, Utf8PathBuf};
use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};
use walkdir::WalkDir;

use crate::base::config::FILE_NAME;
use crate::base::fault::{Fault, Result};
use crate::base::layout::relative;

/// The characters that make a part of a path a pattern.
const SPECIAL: [char; 4] = ['*', '?', '[', '{'];

/// Glob patterns of `dds.toml`.
pub(crate) fn patterns(key: &str, globs: &[String]) -> Result<GlobSet> {
    let bad = |glob: &str, error: &globset::Error| {
        Fault::new(format!("{FILE_NAME} is not valid"))
            .because(format!("{key} has the pattern \"{glob}\": {}", error.kind()))
            .hint(format!("mend the pattern in {FILE_NAME}"))
    };
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(GlobBuilder::new(glob).literal_separator(true).build().map_err(|error| bad(glob, &error))?);
    }
    set.build().map_err(|error| bad("", &error))
}

/// A glob of the command line.
pub(crate) fn matcher(glob: &str, ignores_case: bool) -> Result<GlobMatcher> {
    let built = GlobBuilder::new(glob).literal_separator(true).case_insensitive(ignores_case).build();
    built.map(|glob| glob.compile_matcher()).map_err(|error| {
        Fault::usage(format!("`{glob}` is not a glob"))
            .because(error.kind())
            .hint("`*`, `?`, `[…]`, `{…,…}` and `**` are known")
    })
}

/// The files that a glob of the command line matches, sorted; relative ones lie below `root`. As in a shell, `*` leaves
/// hidden files alone.
pub(crate) fn files(root: &Utf8Path, glob: &str, ignores_case: bool) -> Result<Vec<Utf8PathBuf>> {
    let glob = glob.replace(std::path::MAIN_SEPARATOR, "/");
    let is_plain = |part: &&str| !part.contains(SPECIAL);
    let plain = glob.split('/').take_while(is_plain).collect::<Vec<_>>().join("/");
    if plain == glob {
        let path = root.join(&glob);
        return Ok(if path.exists() { vec![path] } else { Vec::new() });
    }
    let pattern = glob[plain.len()..].trim_start_matches('/');
    let folder = root.join(if plain.is_empty() && glob.starts_with('/') { "/" } else { &plain });
    let matcher = matcher(pattern, ignores_case)?;
    let is_hidden = |name: &str| name.starts_with('.') && !pattern.split('/').any(|part| part.starts_with('.'));
    let depth = if pattern.contains("**") { usize::MAX } else { pattern.split('/').count() };
    let walk = WalkDir::new(&folder).min_depth(1).max_depth(depth).follow_links(true).sort_by_file_name();
    let walk =
        walk.into_iter().filter_entry(|entry| entry.depth() == 0 || !entry.file_name().to_str().is_some_and(is_hidden));
    let mut found = Vec::new();
    // What is not there, and folders that can't be read, match nothing.
    for entry in walk.flatten() {
        let path = relative(entry.path(), &folder)?;
        if entry.file_type().is_file() && matcher.is_match(&path) {
            found.push(folder.join(path));
        }
    }
    Ok(found)
}
