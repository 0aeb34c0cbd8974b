//! Rules about the sources that the compiler does not know: who may use whom, how large a file gets, what is
//! documented. Each failure names the place and what to do.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use support::Project;

/// More than this is two files.
const MOST_LINES: usize = 400;

/// Uses that go up, and why they may: module, what it uses.
const UPWARD: &[(&str, &str)] = &[
    // They print what the command line looks like, and only `cli` knows all of it.
    ("cmd/completions.rs", "cli"),
    ("cmd/man.rs", "cli"),
];

/// A source of the tool.
struct Source {
    /// Relative to `xtask/src`, `/`-separated.
    path: String,
    text: String,
}

impl Source {
    /// The part that is shipped: without comments, and without unit tests, which stand at the end.
    fn code(&self) -> String {
        let code = self.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    }

    /// The module of `main.rs` that it belongs to.
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap_or_default()
}

/// Files below a folder of the repository with one of these extensions, generated ones left out.
fn files(below: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let is_generated = |name: &str| ["node_modules", "target", ".venv", "__pycache__", "snapshots"].contains(&name);
    let entries = walkdir::WalkDir::new(repository().join(below)).sort_by_file_name().into_iter();
    let entries = entries.filter_entry(move |entry| !is_generated(&entry.file_name().to_string_lossy()));
    let paths = entries.flatten().filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    paths.filter(|path| path.extension().is_some_and(|own| extensions.iter().any(|wanted| own == *wanted))).collect()
}

fn sources() -> Vec<Source> {
    let root = repository().join("xtask/src");
    let sources: Vec<Source> = files("xtask/src", &["rs"])
        .into_iter()
        .map(|path| Source {
            text: fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n"),
            path: path.strip_prefix(&root).unwrap_or(&path).display().to_string().replace('\\', "/"),
        })
        .collect();
    assert!(sources.len() > 40, "the sources are not where this test looks for them");
    sources
}

/// Fails with every finding.
#[track_caller]
fn none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

/// The layers that `main.rs` draws: each module with the number of its row, counted from above.
fn layers(main: &str) -> BTreeMap<String, usize> {
    let drawing = main.lines().skip_while(|line| *line != "//! ```text").skip(1).take_while(|line| *line != "//! ```");
    let names = |line: &str| line.trim_start_matches("//! ").split("  ").next().unwrap_or_default().to_owned();
    let rows = drawing.map(names).enumerate();
    rows.flat_map(|(row, names)| names.split(' ').map(|name| (name.to_owned(), row)).collect::<Vec<_>>()).collect()
}

#[test]
fn each_layer_uses_only_those_below_it() {
    let sources = sources();
    let main =
        &sources.iter().find(|source| source.path == "main.rs").map(|source| source.text.as_str()).unwrap_or_default();
    let layers = layers(main);
    let mut wrong = Vec::new();
    for source in &sources {
        let Some(own) = layers.get(source.module()) else {
            wrong.push(format!("{}: the drawing in main.rs has no module `{}`", source.path, source.module()));
            continue;
        };
        for used in source.code().split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let allowed = match (source.module(), used.as_str(), layers.get(&used)) {
                (_, _, None) => used.is_empty(),
                ("probe", "exec", _) => false,
                (module, used, Some(row)) => module == used || row >= own || UPWARD.contains(&(&source.path, used)),
            };
            if !allowed {
                wrong.push(format!("{} uses crate::{used}", source.path));
            }
        }
    }
    none("a module may use those below it in the drawing in main.rs, and those beside it", &wrong);
}

#[test]
fn an_exception_that_is_not_needed_any_more_is_dropped() {
    let sources = sources();
    for (path, used) in UPWARD {
        let source = sources.iter().find(|source| source.path == *path);
        assert!(
            source.is_some_and(|source| source.code().contains(&format!("crate::{used}"))),
            "{path} no longer uses {used}"
        );
    }
}

#[test]
fn files_are_small_and_say_what_they_own() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            wrong.push(format!("{} has {lines} lines, {MOST_LINES} are enough", source.path));
        }
        if !source.text.starts_with("//! ") {
            wrong.push(format!("{} does not begin with `//!`", source.path));
        }
    }
    none("a file has one job and says which", &wrong);
}

/// Words that only some files may have in their code: words, the files, what to do instead.
const RESERVED: &[(&[&str], &[&str], &str)] = &[
    (&[".unwrap()", ".expect("], &[], "return a Fault that says what failed and what to do next"),
    (&["println!", "eprintln!", " print!", "eprint!", "dbg!("], &[], "speak through Ui"),
    (&["io::stdout()", "io::stderr()"], &["ui.rs"], "speak through Ui"),
    (&["env::var(", "env::vars", "env::var_os("], &["env.rs"], "add the variable to the table in env.rs"),
    (&["todo!(", "unimplemented!(", "panic!(", "process::exit("], &[], "return a Fault"),
    (
        &["cfg!("],
        &["exec/", "layout.rs", "main.rs"],
        "take the Host as a parameter, so that other systems can be tested",
    ),
];

#[test]
fn some_things_have_one_place() {
    let mut wrong = Vec::new();
    for source in sources() {
        let code = source.code();
        for (words, places, instead) in RESERVED {
            let is_allowed = places.iter().any(|place| source.path.starts_with(place));
            for word in words.iter().filter(|word| !is_allowed && code.contains(**word)) {
                wrong.push(format!("{} has `{}`: {instead}", source.path, word.trim()));
            }
        }
    }
    none("each of these things has its place", &wrong);
}

#[test]
fn one_place_asks_for_a_dry_run() {
    let asks: Vec<String> = sources()
        .iter()
        .flat_map(|source| vec![source.path.clone(); source.code().matches("if ctx.dry_run").count()])
        .collect();
    assert_eq!(asks, ["exec/mod.rs"], "only exec::finish may ask, or a plan and what is done would differ");
    let others = sources()
        .iter()
        .filter(|source| !["cli.rs", "ctx.rs", "exec/mod.rs"].contains(&source.path.as_str()))
        .any(|source| source.code().contains("dry_run"));
    assert!(!others, "only cli.rs, ctx.rs and exec/mod.rs know of dry runs");
}

#[test]
fn no_file_names_a_home_folder() {
    let mut wrong = Vec::new();
    let folders = ["xtask", "backend", "shells", "docs", ".ci", ".github", "release-templates"];
    let extensions = ["rs", "py", "toml", "md", "js", "mjs", "json", "html", "css", "yml", "sh", "txt", "lock"];
    let top =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "dds.toml", "Cargo.toml"].map(|name| repository().join(name));
    for path in folders.iter().flat_map(|folder| files(folder, &extensions)).chain(top) {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            // Examples may name a home that is nobody's.
            let line = line.replace("/home/me/", "");
            if [["/ho", "me/"], ["/ro", "ot/"], ["/Us", "ers/"]].iter().any(|home| line.contains(&home.concat())) {
                wrong.push(format!("{}:{}", path.display(), number + 1));
            }
        }
    }
    none("a path of somebody's machine means nothing on another", &wrong);
}

/// A package for another system that the registry did not have yet is left out of the list without a word, and
/// `npm ci` fails on that system.
#[test]
fn npm_locks_are_complete_for_every_system() {
    let mut findings = Vec::new();
    for path in ["shells/electron/package-lock.json", "shells/tauri/package-lock.json", "docs/package-lock.json"] {
        let text = fs::read_to_string(repository().join(path)).unwrap_or_default();
        let lock: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let packages = lock["packages"].as_object().cloned().unwrap_or_default();
        assert!(packages.len() > 1, "{path} locks nothing");
        for (owner, package) in &packages {
            for name in package["optionalDependencies"].as_object().into_iter().flatten().map(|(name, _)| name) {
                let is_locked = packages.keys().any(|key| key.ends_with(&format!("node_modules/{name}")));
                if !is_locked {
                    findings.push(format!("{path} has no {name} for {owner}"));
                }
            }
        }
    }
    none("an npm lock has the packages of every system; take a version that is whole and lock it anew", &findings);
}

/// The table of commands as the README has it, made from `--help`.
fn command_table(help: &str) -> String {
    let mut table = "| group | command | what |\n| --- | --- | --- |\n".to_owned();
    let mut group = "";
    for line in help.lines().skip_while(|line| *line != "Set-up:").take_while(|line| !line.starts_with("Commands ")) {
        if let Some(heading) = line.strip_suffix(':') {
            group = heading;
        } else if let Some((name, about)) = line.get(2..).and_then(|line| line.trim_start().split_once("  ")) {
            let about = about.trim();
            let about = if line.starts_with('·') { format!("*{about}*") } else { about.to_owned() };
            let _ = writeln!(table, "| {group} | `{name}` | {about} |");
            group = "";
        }
    }
    table
}

#[test]
fn the_readme_has_the_table_of_commands() {
    const MARKS: [&str; 2] = ["<!-- commands -->\n", "<!-- /commands -->"];
    let path = repository().join("README.md");
    let readme = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let (before, rest) = readme.split_once(MARKS[0]).unwrap_or_default();
    let (there, after) = rest.split_once(MARKS[1]).unwrap_or_default();
    let wanted = command_table(&Project::empty().run(&["--help"]).expect_code(0).stdout);
    assert!(!before.is_empty() && !after.is_empty(), "README.md has no {MARKS:?}");
    if there != wanted && std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, [before, MARKS[0], &wanted, MARKS[1], after].concat()).unwrap();
        return;
    }
    assert_eq!(
        there, wanted,
        "the table in README.md is stale; `UPDATE_EXPECT=1 cargo test --test tidy` writes it anew"
    );
}
