//! Glob patterns: `*` stays within a folder, `**` does not.

use std::collections::BTreeSet;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

use crate::base::config::FILE_NAME;
use crate::base::fault::{Fault, Result};

/// The characters that make a part of a path a pattern.
const SPECIAL: [char; 3] = ['*', '?', '['];

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

/// Alternatives that one glob may have.
const MOST_ALTERNATIVES: usize = 1000;

/// A part of a path in a glob, without the separators around it.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    /// This very name.
    Name(String),
    /// Names that match. As in a shell, hidden ones only where the dot is written.
    Matching { names: GlobMatcher, hidden: bool },
    /// `**`: any folders, also none; links are not followed.
    AnyFolders,
}

impl Pattern {
    fn new(part: &str, ignores_case: bool, glob: &str) -> Result<Self> {
        if part == "**" {
            return Ok(Self::AnyFolders);
        }
        if !part.contains(SPECIAL) {
            return Ok(Self::Name(part.to_owned()));
        }
        let built = GlobBuilder::new(part).literal_separator(true).case_insensitive(ignores_case).build();
        let built = built.map_err(|error| not_a_glob(glob, &error.kind().to_string()))?;
        Ok(Self::Matching { names: built.compile_matcher(), hidden: part.starts_with('.') })
    }

    /// Whether a name in a folder matches.
    pub(crate) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Matching { names, hidden } => (*hidden || !name.starts_with('.')) && names.is_match(name),
            Self::AnyFolders => !name.starts_with('.'),
        }
    }
}

fn not_a_glob(glob: &str, why: &str) -> Fault {
    Fault::usage(format!("`{glob}` is not a glob"))
        .because(why)
        .hint("`*`, `?`, `[…]`, `{…,…}` and `**` are known, as in a shell")
}

/// A glob for names without folders.
pub(crate) fn names(glob: &str) -> Result<Vec<Pattern>> {
    expanded(glob)?.iter().map(|one| Pattern::new(one, false, glob)).collect()
}

/// What a shell makes of `{a,b}` before it looks for files: a glob for each.
fn expanded(glob: &str) -> Result<Vec<String>> {
    let mut done = Vec::new();
    let mut left = vec![glob.to_owned()];
    while let Some(next) = left.pop() {
        match alternatives(&next) {
            Some((before, inner, after)) if inner.len() > 1 => {
                left.extend(inner.iter().rev().map(|one| format!("{before}{one}{after}")));
            }
            Some((before, inner, after)) => {
                if inner[0].contains("..") {
                    return Err(not_a_glob(glob, "a row like `{1..3}` is not known; write `{1,2,3}`"));
                }
                left.push(format!("{before}[{{]{}[}}]{after}", inner[0]));
            }
            None if next.contains('{') && next.matches("[{]").count() < next.matches('{').count() => {
                return Err(not_a_glob(glob, "it has a `{` without a `}`"));
            }
            None => done.push(next),
        }
        if done.len() + left.len() > MOST_ALTERNATIVES {
            return Err(not_a_glob(glob, "it has too many alternatives"));
        }
    }
    Ok(done)
}

/// The first `{…}` of a glob: what stands before it, between its commas, and behind it.
fn alternatives(glob: &str) -> Option<(&str, Vec<&str>, &str)> {
    let (mut depth, mut start, mut from, mut inner) = (0, 0, 0, Vec::new());
    let mut in_class = false;
    for (at, char) in glob.char_indices() {
        match char {
            '[' if !in_class => in_class = glob[at..].contains(']'),
            ']' => in_class = false,
            _ if in_class => {}
            '{' => {
                depth += 1;
                if depth == 1 {
                    (start, from) = (at, at + 1);
                }
            }
            ',' if depth == 1 => {
                inner.push(&glob[from..at]);
                from = at + 1;
            }
            '}' if depth == 1 => {
                inner.push(&glob[from..at]);
                return Some((&glob[..start], inner, &glob[at + 1..]));
            }
            '}' if depth > 0 => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The files that a glob of the command line matches, sorted; relative ones lie below `root`.
pub(crate) fn files(root: &Utf8Path, glob: &str, ignores_case: bool) -> Result<Vec<Utf8PathBuf>> {
    let slashed = glob.replace(std::path::MAIN_SEPARATOR, "/");
    let mut found = BTreeSet::new();
    for one in expanded(&slashed)? {
        // A path that is there is meant, whatever characters it has.
        if root.join(&one).is_file() {
            found.insert(root.join(&one));
            continue;
        }
        let start = start(&one);
        let folder = if start.as_str().is_empty() { root } else { &start };
        let parts = one[start.as_str().len()..].split('/').filter(|part| !part.is_empty());
        let mut parts = parts.map(|part| Pattern::new(part, ignores_case, glob)).collect::<Result<Vec<_>>>()?;
        if matches!(parts.last(), Some(Pattern::AnyFolders)) {
            parts.push(Pattern::new("*", ignores_case, glob)?);
        }
        search(folder, &parts, &mut found);
    }
    Ok(found.into_iter().collect())
}

/// The beginning of an absolute path: the root, on Windows with its drive. Empty where the path is relative.
fn start(path: &str) -> Utf8PathBuf {
    let is_start = |part: &Utf8Component<'_>| matches!(part, Utf8Component::Prefix(_) | Utf8Component::RootDir);
    Utf8Path::new(path).components().take_while(is_start).collect()
}

/// What is not there, and folders that can't be read, match nothing.
fn search(folder: &Utf8Path, parts: &[Pattern], found: &mut BTreeSet<Utf8PathBuf>) {
    let Some((first, rest)) = parts.split_first() else { return };
    if let Pattern::Name(name) = first {
        return go_on(folder.join(name), rest, found);
    }
    let is_any = matches!(first, Pattern::AnyFolders);
    if is_any {
        search(folder, rest, found);
    }
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        if !first.matches(entry.file_name()) {
            continue;
        }
        if !is_any {
            go_on(entry.path().to_owned(), rest, found);
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            search(entry.path(), parts, found);
        }
    }
}

fn go_on(path: Utf8PathBuf, rest: &[Pattern], found: &mut BTreeSet<Utf8PathBuf>) {
    if !rest.is_empty() {
        search(&path, rest, found);
    } else if path.is_file() {
        found.insert(path);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn braces_are_expanded_as_in_a_shell() {
        let expanded = |glob| super::expanded(glob).map_err(|fault| fault.to_string());
        assert_eq!(
            expanded("a/{b,c{d,e}}/*.{x,}").unwrap(),
            ["a/b/*.x", "a/b/*.", "a/cd/*.x", "a/cd/*.", "a/ce/*.x", "a/ce/*."]
        );
        assert_eq!(expanded("{a}[{]").unwrap(), ["[{]a[}][{]"]);
        assert!(expanded("{1..3}").unwrap_err().contains("write `{1,2,3}`"));
        assert!(expanded("a{b").unwrap_err().contains("without a `}`"));
        assert!(expanded(&"{a,b}".repeat(40)).unwrap_err().contains("too many"));
    }
}
