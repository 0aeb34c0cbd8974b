//! How the sources are arranged: which folder may use which, no circle between files, `plan.rs` files that only
//! decide, and how long a file or function gets. Each failure names the place and where the thing belongs.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// More than this is two files.
const MOST_LINES: usize = 400;

/// More than this is two functions.
const MOST_FUNCTION_LINES: usize = 50;

/// The median function fits into this.
const MEDIAN_FUNCTION_LINES: usize = 8;

/// A file below this is a door that a reader opens for one value; as many may be.
const SMALL_FILE_LINES: usize = 40;
const MOST_SMALL_FILES: usize = 20;

/// The arrows of the house: who may use whom, besides itself and `base`. `docs/architecture.md` draws them.
const ARROWS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("cli", &["adopt", "stage", "shell", "github", "release", "code"]),
    ("adopt", &["stage"]),
    ("stage", &[]),
    ("release", &["stage"]),
    ("shell", &["stage", "release"]),
    ("github", &["release"]),
    ("code", &["shell", "stage"]),
    ("base", &[]),
];

/// Words that a file that decides may not have: it would look at the machine, or act.
const IMPURE: &[&str] = &[
    "std::fs",
    "fs_err",
    "std::process",
    "Command::new",
    "SystemTime",
    "Instant::now",
    "std::env",
    "base::files",
    "base::process",
    "base::walk",
    "base::tools",
    "read_dir",
    ".is_file()",
    ".is_dir()",
    ".exists()",
    "canonicalize",
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Files below a folder of the repository with this extension, by their path from there; generated ones left out.
fn files(below: &str, extension: &str) -> BTreeMap<String, String> {
    let generated = ["node_modules", "target", ".venv", "__pycache__", "gen"];
    let root = repository().join(below);
    let walk = walkdir::WalkDir::new(&root).into_iter();
    let walk = walk.filter_entry(|entry| !generated.contains(&&*entry.file_name().to_string_lossy()));
    let files = walk.flatten().filter(|entry| entry.path().extension().is_some_and(|own| own == extension));
    let files = files.map(|entry| {
        let path = entry.path().strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        (path, fs::read_to_string(entry.path()).unwrap().replace("\r\n", "\n"))
    });
    files.collect()
}

/// What is shipped of a Rust file: without comments, and without unit tests, which stand at the end.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The paths that a Rust file names, as lists of segments from the crate's root: in `use` trees and in its code.
fn named(module: &[String], code: &str) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut rest = code;
    while let Some(at) = rest.find("crate::").into_iter().chain(rest.find("super::")).min() {
        let tree = &rest[at..];
        let is_start = !rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$');
        let end = tree_end(tree);
        if is_start {
            for path in expand(&tree[..end]) {
                found.extend(absolute(module, &path));
            }
        }
        rest = &rest[at + if is_start { end.max(7) } else { 7 }..];
    }
    found
}

/// Where a path ends, with the braces of a `use` tree.
fn tree_end(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' if text[..at].ends_with("::") || depth > 0 => depth += 1,
            '}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ if depth > 0 || c.is_alphanumeric() || c == '_' || c == ':' => {}
            _ => return at,
        }
    }
    text.len()
}

/// The single paths of a `use` tree.
fn expand(tree: &str) -> Vec<String> {
    let Some((prefix, inner)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[from..]);
    let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
    parts.flat_map(expand).map(|part| format!("{}{part}", prefix.trim())).collect()
}

/// A path from the crate's root.
fn absolute(module: &[String], path: &str) -> Option<Vec<String>> {
    let path = path.split(" as ").next().unwrap().trim();
    let mut segments: Vec<String> = path.split("::").map(|segment| segment.trim().to_owned()).collect();
    segments.retain(|segment| !segment.is_empty() && segment != "self");
    if segments.len() < 2 {
        return None;
    }
    if segments[0] == "crate" {
        return Some(segments[1..].to_vec());
    }
    let ups = segments.iter().take_while(|segment| *segment == "super").count();
    let base = module.get(..module.len().checked_sub(ups)?)?;
    Some(base.iter().chain(&segments[ups..]).cloned().collect())
}

/// The module of a file below `src`: `stage/plan.rs` is `[stage, plan]`, `stage/mod.rs` is `[stage]`.
fn module(path: &str) -> Vec<String> {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if ["main", "lib", "mod"].contains(&path) { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The modules below a file that it names without a prefix: `child::f()`, `use child::Thing`.
fn children(module: &[String], code: &str) -> Vec<Vec<String>> {
    let declared = code.lines().filter_map(|line| line.trim().strip_suffix(';')?.rsplit_once("mod "));
    let declared = declared.filter(|(before, _)| before.is_empty() || before.starts_with("pub"));
    let is_used = |name: &&str| {
        let path = format!("{name}::");
        let starts = code.match_indices(&path).map(|(at, _)| &code[..at]);
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        starts.into_iter().any(|before| before.ends_with("self::") || !before.ends_with(is_part))
    };
    let used = declared.map(|(_, name)| name).filter(is_used);
    used.map(|name| module.iter().cloned().chain([name.to_owned()]).collect()).collect()
}

/// Which files a Rust crate's files use. Of several files on a path the deepest is meant.
fn rust_arrows(sources: &BTreeMap<String, String>) -> BTreeMap<String, BTreeSet<String>> {
    let places: BTreeMap<Vec<String>, &String> = sources.keys().map(|path| (module(path), path)).collect();
    let deepest = |path: &[String]| (0..=path.len()).rev().find_map(|end| places.get(&path[..end]).copied());
    let arrows = sources.iter().map(|(path, text)| {
        let own = module(path);
        let code = code(text);
        let children = children(&own, &code);
        let used = named(&own, &code).into_iter().chain(children).filter_map(|used| deepest(&used).cloned());
        (path.clone(), used.filter(|used| used != path).collect())
    });
    arrows.collect()
}

/// The circles between files: each file that can reach itself, with the way back.
fn circles(arrows: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut found = Vec::new();
    for start in arrows.keys() {
        let mut came_from: BTreeMap<&String, &String> = BTreeMap::new();
        let mut queue = vec![start];
        while let Some(file) = queue.pop() {
            for next in arrows.get(file).into_iter().flatten() {
                if next == start {
                    let mut way = vec![file.as_str()];
                    let mut at = file;
                    while let Some(before) = came_from.get(at) {
                        way.push(before);
                        at = before;
                    }
                    way.reverse();
                    found.push(format!("{} -> {start}", way.join(" -> ")));
                    queue.clear();
                    break;
                }
                if !came_from.contains_key(next) {
                    came_from.insert(next, file);
                    queue.push(next);
                }
            }
        }
    }
    found
}

/// Fails with every finding.
#[track_caller]
fn none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

fn sources() -> BTreeMap<String, String> {
    let sources = files("xtask/src", "rs");
    assert!(sources.len() > 40, "the sources are not where this test looks for them");
    sources
}

/// The top folder or file that a source belongs to.
fn part(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

#[test]
fn arrows_go_down() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (path, used) in rust_arrows(&sources()) {
        let own = part(&path);
        let Some(allowed) = arrows.get(own) else {
            wrong.push(format!("{path}: the table of arrows has no `{own}`; add it there and to docs/architecture.md"));
            continue;
        };
        for used in used.iter().filter(|used| part(used) != own && part(used) != "base") {
            if !allowed.contains(&part(used)) {
                wrong.push(format!(
                    "{path} uses {used}: `{own}` may use {}; what both need belongs into `base` or below one of them",
                    if allowed.is_empty() { "only `base`".to_owned() } else { format!("`base`, {allowed:?}") },
                ));
            }
        }
    }
    none("a folder uses only those that the table of arrows allows", &wrong);
}

#[test]
fn no_two_files_need_each_other() {
    let mut wrong = Vec::new();
    for (folder, extension) in [("xtask/src", "rs"), ("xtask/bench/src", "rs"), ("shells/tauri/src-tauri/src", "rs")] {
        let sources = files(folder, extension);
        assert!(sources.len() > 4, "{folder} has no sources");
        wrong.extend(circles(&rust_arrows(&sources)).into_iter().map(|circle| format!("{folder}: {circle}")));
    }
    for folder in ["shells/electron", "shells/tauri", "backend/src"] {
        wrong.extend(circles(&javascript_arrows(folder)).into_iter().map(|circle| format!("{folder}: {circle}")));
    }
    for folder in ["backend/src", "backend/desktop_runtime/src", "shells/positron/src"] {
        wrong.extend(circles(&python_arrows(folder)).into_iter().map(|circle| format!("{folder}: {circle}")));
    }
    none("files that need each other are one file, or the part that both need is a third", &wrong);
}

/// Which files a folder's JavaScript files import, by relative paths.
fn javascript_arrows(folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut sources = files(folder, "js");
    sources.extend(files(folder, "mjs"));
    sources.extend(files(folder, "cjs"));
    let arrows = sources.iter().map(|(path, text)| {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with(['*', '/']));
        let specifiers = lines.flat_map(|line| {
            let starts = ["from '", "from \"", "require('", "require(\"", "import('", "import '", "import \""];
            starts.into_iter().filter_map(|start| line.split_once(start)?.1.split(['\'', '"']).next())
        });
        let used = specifiers.filter(|used| used.starts_with('.')).map(|used| joined(path, used));
        (path.clone(), used.filter(|used| sources.contains_key(used) && used != path).collect())
    });
    arrows.collect()
}

/// A relative import from a file, as a path.
fn joined(from: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for step in relative.split('/') {
        match step {
            "." => {}
            ".." => drop(parts.pop()),
            step => parts.push(step),
        }
    }
    let path = parts.join("/");
    if path.rsplit('/').next().unwrap().contains('.') { path } else { format!("{path}.js") }
}

/// Which modules a folder's Python modules import when they are imported, or for a type: imports inside functions are left
/// out, since they are how a module waits with what it may not need.
fn python_arrows(folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let sources = files(folder, "py");
    assert!(sources.len() > 3, "{folder} has no sources");
    let find = |dotted: &str| {
        let path = dotted.replace('.', "/");
        [format!("{path}.py"), format!("{path}/__init__.py")].into_iter().find(|path| sources.contains_key(path))
    };
    let arrows = sources.iter().map(|(path, text)| {
        let package: Vec<&str> = path.split('/').collect();
        let mut used = BTreeSet::new();
        let mut is_for_types = false;
        for line in text.replace("(\n", "(").lines() {
            if !line.is_empty() && !line.starts_with(' ') {
                is_for_types = line == "if TYPE_CHECKING:";
            }
            let line = if is_for_types { line.trim_start() } else { line };
            if let Some(rest) = line.strip_prefix("from ") {
                let Some((source, names)) = rest.split_once(" import ") else { continue };
                let dots = source.chars().take_while(|c| *c == '.').count();
                let base = package[..package.len().saturating_sub(dots)].join(".");
                let source = match (dots, &source[dots..]) {
                    (0, source) => source.to_owned(),
                    (_, "") => base,
                    (_, source) => format!("{base}.{source}"),
                };
                let names = names.trim_matches(['(', ')']).split(',').map(|name| name.split_whitespace().next());
                let modules: Vec<String> =
                    names.flatten().filter_map(|name| find(&format!("{source}.{name}"))).collect();
                used.extend(if modules.is_empty() { find(&source).into_iter().collect() } else { modules });
            } else if let Some(names) = line.strip_prefix("import ") {
                used.extend(names.split(',').filter_map(|name| find(name.split_whitespace().next()?)));
            }
        }
        used.remove(path);
        (path.clone(), used)
    });
    arrows.collect()
}

#[test]
fn a_circle_would_be_noticed() {
    let sources = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect::<BTreeMap<_, _>>()
    };
    let round = sources(&[
        ("a/mod.rs", "pub(crate) mod one;"),
        ("a/one.rs", "use crate::{b::{self, Thing as Other}, c};"),
        ("b.rs", "fn f() { crate::a::one::g(); }"),
        ("c.rs", "// crate::a::one is only spoken of"),
    ]);
    assert_eq!(circles(&rust_arrows(&round)), ["a/one.rs -> b.rs -> a/one.rs", "b.rs -> a/one.rs -> b.rs"]);
    let sideways = sources(&[("a/one.rs", "use super::two::f;"), ("a/two.rs", "use super::one;")]);
    assert_eq!(circles(&rust_arrows(&sideways)).len(), 2);
}

#[test]
fn what_decides_looks_at_nothing() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let decides = path.ends_with("/plan.rs") || path.contains("/plan/");
        let code = code(&text);
        for word in IMPURE.iter().filter(|word| decides && code.contains(**word)) {
            wrong.push(format!("{path} has `{word}`: look before you decide, and hand what you saw in as a value"));
        }
    }
    none("a plan is decided from values", &wrong);
}

#[test]
fn patterns_need_only_what_the_tool_is_built_with() {
    // Cargo builds tests with the tables that jsonschema asks of regex, so the tool would fail only for people.
    let manifest = fs::read_to_string(repository().join("xtask/Cargo.toml")).unwrap();
    assert!(
        manifest.contains(r#"features = ["perf", "std", "unicode-perl"]"#),
        "other features of regex: mend this test"
    );
    let wanting = regex::Regex::new(r"\(\?[a-z]*i[a-z]*[:)]|\\[pPX]\{?").unwrap();
    let sources = files("xtask/src", "rs");
    let lines = sources.iter().flat_map(|(path, text)| text.lines().map(move |line| (path, line)));
    let lines = lines.filter(|(_, line)| wanting.is_match(line) && !line.contains("prop_map"));
    let told = lines.map(|(path, line)| format!("{path}: {}", line.trim())).collect::<Vec<_>>();
    none("a pattern without regard to case says `(?i-u)`, and none has classes of Unicode", &told);
}

#[test]
fn files_are_small_and_say_what_they_own() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > MOST_LINES {
            wrong.push(format!("{path} has {lines} lines, {MOST_LINES} are enough"));
        }
        if !text.starts_with("//! ") {
            wrong.push(format!("{path} does not begin with `//!`"));
        }
    }
    none("a file has one job and says which", &wrong);
    let sources = sources();
    let small: Vec<&String> =
        sources.iter().filter(|(_, text)| text.lines().count() < SMALL_FILE_LINES).map(|(path, _)| path).collect();
    assert!(small.len() <= MOST_SMALL_FILES, "put what differs in one value into one file: {small:?}");
}

/// The functions of a Rust file with their lines, from `fn` to the closing brace.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let Some(start) = trimmed.find("fn ").filter(|start| {
            trimmed[..*start]
                .split_whitespace()
                .all(|word| word.starts_with("pub") || word == "const" || word == "async")
        }) else {
            continue;
        };
        let indent = &line[..line.len() - trimmed.len()];
        let closing = format!("{indent}}}");
        let end = lines[at..].iter().position(|line| *line == closing || (line.ends_with(" }") && line == &lines[at]));
        if let Some(end) = end.filter(|_| !line.ends_with(';')) {
            let name = trimmed[start + 3..].split(['(', '<']).next().unwrap().to_owned();
            found.push((name, end + 1));
        }
    }
    found
}

#[test]
fn functions_are_short() {
    let mut lengths = Vec::new();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (name, lines) in functions(&code(&text)) {
            lengths.push(lines);
            if lines > MOST_FUNCTION_LINES {
                wrong.push(format!("{path}: {name} has {lines} lines, {MOST_FUNCTION_LINES} are enough"));
            }
        }
    }
    none("a function fits on a screen", &wrong);
    lengths.sort_unstable();
    assert!(lengths.len() > 500, "the functions are not where this test looks for them: {}", lengths.len());
    assert!(
        lengths[lengths.len() / 2] <= MEDIAN_FUNCTION_LINES,
        "the median function has {}",
        lengths[lengths.len() / 2]
    );
}
