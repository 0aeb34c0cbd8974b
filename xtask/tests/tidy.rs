//! Rules about the sources that the compiler does not know: what may stand where, and what is documented. Each
//! failure names the place and what to do. `house.rs` has the rules about folders and files.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{has, left_of, skip};

/// What this repository is called until it is somebody's own. Written so that `rename` leaves it alone.
const STARTER: [&str; 3] = ["desktop", "django", "starter"];

/// The name in `dds.toml`.
fn own_name() -> String {
    let text = fs::read_to_string(repository().join("dds.toml")).unwrap_or_default();
    let facts: toml::Table = text.parse().unwrap_or_default();
    facts["project"]["name"].as_str().unwrap_or_default().to_owned()
}

/// A source of the tool.
struct Source {
    /// Relative to `xtask/src`, `/`-separated.
    path: String,
    text: String,
}

impl Source {
    /// The files that it declares as modules of tests, by the beginning of their paths.
    fn test_modules(&self) -> Vec<String> {
        let folder = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let declared = self.text.split("#[cfg(test)]\nmod ").skip(1).filter_map(|rest| rest.lines().next());
        let names = declared.filter_map(|line| line.strip_suffix(';'));
        names.map(|name| format!("{folder}/{name}")).collect()
    }

    /// The part that is shipped: without comments, and without unit tests, which stand at the end.
    fn code(&self) -> String {
        let code = self.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
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
    let tests: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
    sources.into_iter().filter(|source| !tests.iter().any(|test| source.path.starts_with(test))).collect()
}

/// Fails with every finding.
#[track_caller]
fn none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

/// Words that only some files may have in their code: words, the files, what to do instead.
const RESERVED: &[(&[&str], &[&str], &str)] = &[
    (&[".unwrap()", ".expect("], &[], "return a Fault that says what failed and what to do next"),
    (&["println!", "eprintln!", " print!", "eprint!", "dbg!("], &[], "speak through Ui"),
    (&["io::stdout()", "io::stderr()"], &["base/ui.rs"], "speak through Ui"),
    (&["env::var(", "env::vars", "env::var_os("], &["base/env.rs"], "add the variable to the table in base/env.rs"),
    (&["todo!(", "unimplemented!(", "panic!(", "process::exit("], &[], "return a Fault"),
    (
        &["xshell::", "std::process::Command", "std::process::{C"],
        &["base/ask.rs", "code/bench_runs/"],
        "ask a short question with base::ask, plan anything longer as a Cmd",
    ),
    (
        &["cfg!("],
        &["base/", "stage/", "code/bench.rs", "github/", "main.rs"],
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
    assert_eq!(asks, ["base/act.rs"], "only act::finish may ask, or a plan and what is done would differ");
    let others = sources()
        .iter()
        .filter(|source| !["cli.rs", "base/ctx.rs", "base/act.rs"].contains(&source.path.as_str()))
        .any(|source| source.code().contains("dry_run"));
    assert!(!others, "only cli.rs, base/ctx.rs and base/act.rs know of dry runs");
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

/// Who has given the program another name finds here what still has the old one.
#[test]
fn nothing_is_left_of_the_starters_name_in_a_program_of_ones_own() {
    if !has("git") {
        return skip("nothing_is_left_of_the_starters_name", "git", "apt-get install git");
    }
    let left = left_of(&repository(), &STARTER.join("-"));
    if own_name() == STARTER.join("-") {
        assert!(left.iter().any(|place| place.starts_with("dds.toml:")), "this test sees no names any more");
    } else {
        none("these places have the name of the starter; `cargo xtask rename` changes all of them", &left);
    }
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
