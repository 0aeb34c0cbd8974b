//! The documentation, read as its readers use it: links lead somewhere, commands and keys exist, blocks can be parsed,
//! what it quotes is said by the code.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::{Project, chromium, has, rendered, skip};

/// Folders whose texts are not ours.
const FOREIGN: [&str; 9] =
    ["node_modules", "target", ".venv", "_build", ".stage", "dist", ".git", "__pycache__", ".pytest_cache"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().canonicalize().unwrap()
}

/// Files below a folder of the repository with one of these extensions.
fn files(below: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(repository().join(below)).sort_by_file_name().into_iter();
    let entries = entries.filter_entry(|entry| !FOREIGN.contains(&entry.file_name().to_str().unwrap_or_default()));
    let paths = entries.flatten().filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    paths.filter(|path| path.extension().is_some_and(|own| extensions.iter().any(|wanted| own == *wanted))).collect()
}

/// A text for people.
struct Page {
    path: PathBuf,
    /// Lines outside of fences, with their numbers.
    prose: Vec<(usize, String)>,
    fences: Vec<Fence>,
}

struct Fence {
    line: usize,
    language: String,
    body: Vec<String>,
}

impl Page {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let (mut prose, mut fences) = (Vec::new(), Vec::new());
        let mut lines = text.lines().enumerate();
        while let Some((at, line)) = lines.next() {
            let Some(info) = line.trim_start().strip_prefix("```") else {
                prose.push((at + 1, line.to_owned()));
                continue;
            };
            let body = lines.by_ref().map(|(_, line)| line.to_owned());
            let body: Vec<String> = body.take_while(|line| line.trim() != "```").collect();
            let language = info.trim_start_matches("{code-block} ").to_owned();
            fences.push(Fence { line: at + 1, language, body });
        }
        Self { path, prose, fences }
    }

    fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.strip_prefix(repository()).unwrap_or(&self.path).display())
    }

    /// Code spans outside of fences.
    fn spans(&self) -> impl Iterator<Item = (usize, &str)> {
        self.prose.iter().flat_map(|(at, line)| line.split('`').skip(1).step_by(2).map(move |span| (*at, span)))
    }

    /// What its headings are called in links.
    fn anchors(&self) -> BTreeSet<String> {
        let headings = self.prose.iter().filter(|(_, line)| line.starts_with('#'));
        let slug = |line: &str| {
            let plain = line.trim_start_matches('#').trim().to_lowercase();
            let kept = plain.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>()
        };
        headings.map(|(_, line)| slug(line)).collect()
    }
}

fn pages() -> Vec<Page> {
    let mut paths = files(".", &["md"]);
    paths.push(repository().join("llms.txt"));
    let pages: Vec<Page> = paths.into_iter().map(Page::read).collect();
    assert!(pages.len() > 15, "the pages are not where this test looks for them");
    pages
}

#[track_caller]
fn none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

/// Targets of links and pictures on a line.
fn targets(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find("](") {
        rest = &rest[at + 2..];
        let end = rest.find(')').unwrap_or(rest.len());
        found.push(rest[..end].to_owned());
    }
    found
}

#[test]
fn no_link_is_dead() {
    let pages = pages();
    let anchors: BTreeMap<PathBuf, BTreeSet<String>> =
        pages.iter().map(|page| (page.path.clone(), page.anchors())).collect();
    let mut dead = Vec::new();
    let mut seen = 0;
    for page in &pages {
        let linked =
            page.prose.iter().flat_map(|(at, line)| targets(line).into_iter().map(move |target| (*at, target)));
        // Pictures, and files that are shown.
        let directives = page.fences.iter().filter_map(|fence| {
            let kind = ["{image} ", "{include} ", "{literalinclude} "];
            let path = kind.iter().find_map(|kind| fence.language.strip_prefix(kind))?;
            Some((fence.line, path.to_owned()))
        });
        for (at, target) in linked.chain(directives) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            seen += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let folder = page.path.parent().unwrap();
            let there = if path.is_empty() { Ok(page.path.clone()) } else { folder.join(path).canonicalize() };
            let is_dead = match there {
                Err(_) => true,
                Ok(path) => !anchor.is_empty() && !anchors.get(&path).is_some_and(|known| known.contains(anchor)),
            };
            if is_dead {
                dead.push(format!("{} → {target}", page.place(at)));
            }
        }
    }
    assert!(seen > 50, "this test sees no links any more");
    none("a link leads to a file, and to a heading of it", &dead);
}

#[test]
fn data_blocks_can_be_parsed() {
    let mut wrong = Vec::new();
    for page in pages() {
        for fence in &page.fences {
            let lines = fence.body.iter().filter(|line| !line.starts_with(':'));
            let text: String = lines.flat_map(|line| [line.as_str(), "\n"]).collect();
            let error = match fence.language.as_str() {
                "json" => serde_json::from_str::<serde_json::Value>(&text).err().map(|error| error.to_string()),
                "toml" => text.parse::<toml::Table>().err().map(|error| error.to_string()),
                _ => None,
            };
            wrong.extend(error.map(|error| format!("{}: {error}", page.place(fence.line))));
        }
    }
    none("JSON and TOML are what they say they are", &wrong);
}

#[test]
fn python_blocks_can_be_parsed() {
    const NAME: &str = "python_blocks_can_be_parsed";
    const PARSE: &str = "import ast, json, sys\nfor place, text in json.load(sys.stdin):\n    ast.parse(text, place)";
    let Ok(python) = which::which("python3") else {
        return skip(NAME, "python3", "apt-get install python3");
    };
    let mut blocks = Vec::new();
    for page in pages() {
        for fence in page.fences.iter().filter(|fence| fence.language == "python") {
            let lines = fence.body.iter().filter(|line| !line.starts_with(':'));
            let text: String = lines.flat_map(|line| [line.as_str(), "\n"]).collect();
            blocks.push((page.place(fence.line), text));
        }
    }
    assert!(!blocks.is_empty());
    let mut child =
        Command::new(python).args(["-c", PARSE]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(serde_json::to_string(&blocks).unwrap().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The names of all commands.
fn commands() -> BTreeSet<String> {
    let help = Project::empty().run(&["--help"]).expect_code(0).stdout;
    let lines = help.lines().skip_while(|line| *line != "Set-up:").filter(|line| !line.starts_with("Commands "));
    lines.filter_map(|line| Some(line.get(2..)?.split_whitespace().next()?.to_owned())).collect()
}

#[test]
fn every_command_that_is_named_exists() {
    let commands = commands();
    assert!(commands.contains("packaged-stage"));
    let mut unknown = Vec::new();
    for page in pages() {
        let fenced = page.fences.iter().flat_map(|fence| fence.body.iter().map(|line| (fence.line, line.as_str())));
        for (at, text) in page.spans().chain(fenced) {
            for rest in text.split("cargo xtask ").skip(1) {
                let name: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
                if !name.is_empty() && !name.starts_with('-') && !commands.contains(&name) {
                    unknown.push(format!("{}: {name}", page.place(at)));
                }
            }
        }
    }
    none("`cargo xtask --help` has every command that a page names", &unknown);
}

#[test]
fn every_flag_that_is_named_exists() {
    /// Those of other programs.
    const OTHERS: [&str; 4] = ["--help", "--inspect", "--no-sign", "--config.mac.identity=null"];
    let reference = fs::read_to_string(repository().join("docs/reference/commands.md")).unwrap();
    let known: BTreeSet<&str> =
        reference.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-').collect();
    assert!(known.contains("--dry-run"));
    // Decisions tell of other programs, the guide of style sheets.
    let is_read = |page: &Page| {
        let other = ["docs/decisions.md", "docs/design.md"].iter().any(|other| page.path.ends_with(other));
        !other && !page.path.components().any(|part| part.as_os_str() == "snapshots")
    };
    let mut unknown = Vec::new();
    for page in pages().into_iter().filter(is_read) {
        for (at, span) in page.spans().filter(|(_, span)| span.starts_with("--") && !span.starts_with("-- ")) {
            let flag = span.split([' ', '=', '[']).next().unwrap();
            if !known.contains(flag) && !OTHERS.contains(&span.split(' ').next().unwrap()) {
                unknown.push(format!("{}: {flag}", page.place(at)));
            }
        }
    }
    none("docs/reference/commands.md has every flag that a page names", &unknown);
}

#[test]
fn every_command_line_of_a_page_is_understood() {
    let project = Project::new();
    let mut wrong = Vec::new();
    let mut tried = BTreeSet::new();
    for page in pages() {
        for fence in page.fences.iter().filter(|fence| ["sh", "console", "text"].contains(&fence.language.as_str())) {
            for line in &fence.body {
                let is_variable = |word: &str| word.contains('=') && word.starts_with(|c: char| c.is_ascii_uppercase());
                let line = line.trim_start().trim_start_matches("$ ");
                let line = line.split(' ').skip_while(|word| is_variable(word)).collect::<Vec<_>>().join(" ");
                let called = ["cargo xtask ", "ddstask "].iter().find_map(|name| line.strip_prefix(name));
                let Some(line) = called else { continue };
                let line = line.split(" #").next().unwrap().split(['|', '>', '&']).next().unwrap().trim();
                // Usage lines have placeholders.
                if line.contains(['[', '<', '$', '…']) || !tried.insert(line.to_owned()) {
                    continue;
                }
                // Asked for help at its end, a command reads all its arguments, and does nothing.
                let words = shlex::split(line).unwrap();
                let own: Vec<&str> = words.iter().map(String::as_str).take_while(|word| *word != "--").collect();
                let outcome = project.run(&[&own[..], &["--help"]].concat());
                if outcome.code != 0 {
                    wrong.push(format!("{}: {line}\n{}", page.place(fence.line), outcome.stderr));
                }
            }
        }
    }
    assert!(tried.len() > 20, "this test sees no command lines any more");
    none("a command line of a page has arguments that the command knows", &wrong);
}

#[test]
fn the_moving_picture_of_the_readme_is_drawn_from_its_text() {
    const NAME: &str = "the_moving_picture_of_the_readme_is_drawn_from_its_text";
    let text = fs::read_to_string(repository().join("docs/images/terminal.txt")).unwrap();
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("$ cargo xtask ")).collect();
    assert!(lines.len() > 1, "{text}");
    for line in lines {
        let words: Vec<&str> = line.split(' ').chain(["--help"]).collect();
        Project::new().run(&words).expect_code(0);
    }
    if !has("python3") {
        return skip(NAME, "python3", "apt-get install python3");
    }
    let script = repository().join("docs/images/terminal.py");
    let output = Command::new("python3").arg(script).arg("--check").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// `console` is run by a test, line by line; `sh` is not run, and its lines of `cargo xtask` are read by the tool, above;
/// `text` is no command. CONTRIBUTING.md tells it to writers, docs/index.md to readers.
#[test]
fn every_fence_says_whether_a_test_runs_it() {
    const RUN: [&str; 1] = ["docs/new-project.md"];
    const DATA: [&str; 8] = ["toml", "json", "python", "yaml", "css", "html+django", "mermaid", "powershell"];
    const PROGRAMS: [&str; 7] = ["cargo", "ddstask", "uv", "git", "npm", "sudo", "apt-get"];
    let mut wrong = Vec::new();
    let is_ours = |page: &Page| !page.path.components().any(|part| part.as_os_str() == "snapshots");
    for page in pages().into_iter().filter(is_ours) {
        let is_run = RUN.iter().any(|run| page.path.ends_with(run));
        for fence in &page.fences {
            // How a command is called is told with placeholders.
            let is_command = |line: &String| {
                PROGRAMS.contains(&line.split_whitespace().next().unwrap_or_default()) && !line.contains(['[', '<'])
            };
            let fits = match fence.language.as_str() {
                "console" => is_run && fence.body.iter().all(|line| line.starts_with("$ ")),
                "text" => !fence.body.iter().any(is_command),
                "sh" => true,
                other => DATA.contains(&other) || other.starts_with('{'),
            };
            if !fits {
                wrong.push(format!("{}: `{}`", page.place(fence.line), fence.language));
            }
        }
    }
    none("a fence is `console` where a test runs it, `sh` where none does, `text` where there is no command", &wrong);
}

/// The README's table names commands without `cargo xtask`.
#[test]
fn the_commands_in_the_table_of_the_readme_exist() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    // The README of a program speaks of the program.
    let Some((_, table)) = readme.split_once("| you want to | command |\n") else { return };
    let commands = commands();
    let rows = table.lines().take_while(|line| line.starts_with('|')).skip(1);
    let spans = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    let names: Vec<&str> = spans.filter_map(|span| span.split(' ').next()).collect();
    assert!(names.len() > 20, "this test sees no commands any more");
    let unknown: Vec<String> = names.into_iter().filter(|name| !commands.contains(*name)).map(str::to_owned).collect();
    none("README.md names commands that there are", &unknown);
}

#[test]
fn every_key_of_dds_toml_that_is_named_exists() {
    let reference = fs::read_to_string(repository().join("docs/reference/configuration.md")).unwrap();
    let sections: Vec<&str> = reference.split("\n## `[").skip(1).collect();
    let known: BTreeSet<String> = sections
        .iter()
        .flat_map(|section| {
            let (path, rest) = section.split_once("]`").unwrap_or_default();
            let keys = rest.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
            keys.map(move |key| format!("{path}.{key}")).chain([path.to_owned()])
        })
        .collect();
    assert!(known.contains("github.release.assets"), "{known:?}");
    let tops: BTreeSet<&str> = known.iter().filter_map(|key| key.split('.').next()).collect();
    let mut unknown = Vec::new();
    for page in pages() {
        for (at, span) in page.spans() {
            let Some((top, key)) = span.split_once('.').filter(|(top, _)| tops.contains(top)) else { continue };
            let is_key = key.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '.');
            // The manifest has a part of that name, and files do.
            let is_other = span == "python.executable"
                || ["rs", "md", "py", "js", "toml"].contains(&key)
                || top == "stage" && key == "js";
            if is_key && !is_other && !known.contains(span) {
                unknown.push(format!("{}: {span}", page.place(at)));
            }
        }
    }
    none("dds.toml can have every key that a page names", &unknown);
}

#[test]
fn every_file_that_is_named_exists() {
    let tops = ["backend/", "xtask/", "shells/", "docs/", ".github/", "skills/"];
    let mut missing = Vec::new();
    // A page for a project that is still to be made, and those about a demo that may be gone or have another name.
    let mut other = vec!["docs/new-project.md"];
    if !["example_app", "desktop_django_starter"].iter().all(|app| repository().join("backend/src").join(app).is_dir())
    {
        other.extend(["docs/design.md", "docs/tasks-demo.md"]);
    }
    for page in pages().into_iter().filter(|page| !other.iter().any(|other| page.path.ends_with(other))) {
        for (at, span) in page.spans() {
            let is_path = tops.iter().any(|top| span.starts_with(top)) && span.matches('/').count() > 1;
            let is_plain = span.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "/._-".contains(c));
            let is_generated = FOREIGN.iter().any(|folder| span.split('/').any(|part| part == *folder));
            if is_path && is_plain && !is_generated && !repository().join(span).exists() {
                missing.push(format!("{}: {span}", page.place(at)));
            }
        }
    }
    none("a page names files that are there", &missing);
}

#[test]
fn every_source_of_the_tool_that_is_named_exists() {
    let mut missing = Vec::new();
    for page in pages().into_iter().filter(|page| page.path.ends_with("docs/architecture.md")) {
        for (at, span) in page
            .spans()
            .filter(|(_, span)| span.contains('/') && Path::new(span).extension().is_some_and(|own| own == "rs"))
        {
            let is_there = [repository(), repository().join("xtask/src")].iter().any(|root| root.join(span).exists());
            if !is_there {
                missing.push(format!("{}: {span}", page.place(at)));
            }
        }
    }
    none("a page names sources that are there", &missing);
}

/// Whatever looks like a variable of ours.
fn variables(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_');
    let ours = words.filter(|word| word.starts_with("DESKTOP_DJANGO_") && !word.ends_with('_'));
    ours.map(str::to_owned).collect()
}

#[test]
fn every_variable_of_the_app_and_the_shells_is_documented() {
    let page = fs::read_to_string(repository().join("docs/reference/environment.md")).unwrap();
    let documented = variables(&page);
    let mut missing = Vec::new();
    for folder in ["backend/src", "backend/desktop_runtime/src", "shells", "xtask/src"] {
        for path in files(folder, &["py", "js", "cjs", "rs"]) {
            if path.components().any(|part| ["tests", "test"].iter().any(|name| part.as_os_str() == *name)) {
                continue;
            }
            for name in variables(&fs::read_to_string(&path).unwrap()).difference(&documented) {
                missing.push(format!("{name} (in {})", path.display()));
            }
        }
    }
    none("docs/reference/environment.md has every variable", &missing);
}

#[test]
fn every_key_of_the_runtime_is_documented() {
    let source = fs::read_to_string(repository().join("backend/desktop_runtime/src/desktop_runtime/conf.py")).unwrap();
    let class = source.split("class RuntimeSettings(NamedTuple):").nth(1).unwrap().split("\ndef ").next().unwrap();
    let fields = class.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(": "));
    let keys: Vec<String> = fields
        .filter(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .map(|(name, _)| name.to_uppercase())
        .collect();
    assert!(keys.len() > 5, "the settings of the runtime are elsewhere now");
    let page = fs::read_to_string(repository().join("docs/new-project.md")).unwrap();
    let missing: Vec<String> = keys.into_iter().filter(|key| !page.contains(&format!("| `{key}` |"))).collect();
    none("docs/new-project.md has every key of DESKTOP_RUNTIME", &missing);
}

#[test]
fn every_rule_of_the_overlay_is_documented_in_its_order() {
    let folder = repository().join("backend/desktop_runtime/src/desktop_runtime/overlay");
    let rules: Vec<String> = ["folders", "databases", "services", "web"]
        .iter()
        .flat_map(|module| {
            let source = fs::read_to_string(folder.join(format!("{module}.py"))).unwrap();
            let list = source.split("\nRULES = (").nth(1).unwrap().split(')').next().unwrap();
            list.split(',').map(|rule| rule.trim().to_owned()).filter(|rule| !rule.is_empty()).collect::<Vec<_>>()
        })
        .collect();
    let page = Page::read(repository().join("docs/reference/overlay.md"));
    let rows = page.prose.iter().filter_map(|(_, line)| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), rules);
}

#[test]
fn the_specification_has_every_event_and_phase_of_the_launcher() {
    let runtime = repository().join("backend/desktop_runtime/src/desktop_runtime");
    let sources = ["protocol.py", "service.py"].map(|file| fs::read_to_string(runtime.join(file)).unwrap()).concat();
    let quoted = |text: &str| text.split('"').nth(1).unwrap_or_default().to_owned();
    let events: BTreeSet<String> =
        sources.split("_send(").skip(1).map(|call| call.lines().next().unwrap()).map(quoted).collect();
    let phases = sources.split("Phase: TypeAlias = Literal[").nth(1).unwrap().split(']').next().unwrap();
    let names = phases.split(", ").map(quoted).chain(events.into_iter().filter(|event| !event.is_empty()));
    let page = fs::read_to_string(repository().join("docs/specification.md")).unwrap();
    let (_, told) = page.split_once("## The launcher protocol").unwrap();
    let table: String = told.lines().filter(|line| line.starts_with('|')).take(8).collect();
    let missing: Vec<String> = names.filter(|name| !table.contains(&format!("`{name}`"))).collect();
    none("docs/specification.md has every event and phase that the launcher sends", &missing);
}

#[test]
fn the_design_guide_has_the_colours_of_the_style_sheet() {
    // The guide goes with the demo.
    let sheet = repository().join("backend/src/desktop_django_starter/static/css/tokens.css");
    let Ok(sheet) = fs::read_to_string(sheet) else { return };
    let Ok(page) = fs::read_to_string(repository().join("docs/design.md")) else { return };
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `--")).collect();
    assert!(rows.len() > 10);
    let wrong = rows.iter().filter(|row| {
        let spans: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        !sheet.contains(&format!("{}: {};", spans[0], spans[1]))
            || !row.contains(&format!("background: {}\"", spans[1]))
    });
    none("docs/design.md has the values of tokens.css", &wrong.map(|row| (*row).to_owned()).collect::<Vec<_>>());
}

#[test]
fn a_skill_says_what_it_is_for() {
    let skills = files("skills", &["md"]);
    assert!(!skills.is_empty());
    for path in skills.iter().filter(|path| path.ends_with("SKILL.md")) {
        let text = fs::read_to_string(path).unwrap();
        let head = text.strip_prefix("---\n").and_then(|text| text.split_once("\n---\n")).unwrap().0;
        let value =
            |key: &str| head.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).unwrap_or_default();
        assert_eq!(Some(value("name")), path.parent().unwrap().file_name().unwrap().to_str());
        assert!(value("description").contains("Use when"), "{}", path.display());
    }
}

#[test]
fn decisions_are_numbered_without_a_gap() {
    let page = fs::read_to_string(repository().join("docs/decisions.md")).unwrap();
    let numbers = page.lines().filter_map(|line| line.strip_prefix("### ")?.split_once(". ")?.0.parse::<usize>().ok());
    let numbers: Vec<usize> = numbers.collect();
    assert!(numbers.len() > 20);
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
}

#[test]
fn the_code_says_what_troubleshooting_quotes() {
    let mut sources = String::new();
    for folder in ["xtask/src", "backend/src", "backend/desktop_runtime/src", "shells"] {
        for path in files(folder, &["rs", "py", "js"]) {
            sources += &fs::read_to_string(path).unwrap();
        }
    }
    let page = Page::read(repository().join("docs/troubleshooting.md"));
    let quotes: Vec<&String> =
        page.fences.iter().filter(|fence| fence.language == "text").flat_map(|fence| &fence.body).collect();
    assert!(quotes.len() > 10);
    let parts = quotes.iter().flat_map(|line| line.split('…').map(str::trim));
    let unsaid: Vec<String> = parts.filter(|part| !sources.contains(part)).map(str::to_owned).collect();
    none("what troubleshooting quotes is somewhere in the code", &unsaid);
}

/// The tracked files that the documentation is built from, in a folder without anything that was generated.
fn clean_checkout() -> Project {
    let project = Project::empty();
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "docs",
            "*.md",
            "dds.toml",
            "shells/brand",
        ])
        .current_dir(repository())
        .output()
        .unwrap();
    for path in String::from_utf8(listed.stdout).unwrap().split('\0').filter(|path| !path.is_empty()) {
        if let Ok(bytes) = fs::read(repository().join(path)) {
            project.write(path, bytes);
        }
    }
    project
}

#[test]
#[ignore = "fetches Sphinx and builds all pages: half a minute"]
fn the_pages_are_built_without_a_warning_and_need_no_network() {
    const NAME: &str = "the_pages_are_built_without_a_warning_and_need_no_network";
    for (program, command) in [("uv", "pip install uv"), ("npm", "apt-get install npm"), ("git", "apt-get install git")]
    {
        if !has(program) {
            return skip(NAME, program, command);
        }
    }
    let project = clean_checkout();
    project.run(&["docs-build"]).expect_code(0);
    let built = project.path("docs/_build/html");
    let mut with_diagrams = Vec::new();
    for entry in walkdir::WalkDir::new(&built).into_iter().flatten() {
        if entry.path().extension().is_none_or(|extension| extension != "html") {
            continue;
        }
        let html = fs::read_to_string(entry.path()).unwrap();
        for start in ["<script", "<link", "<img"] {
            let tags = html.split(start).skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
            let foreign = tags.filter(|tag| tag.contains("=\"http") || tag.contains("=\"//")).collect::<Vec<_>>();
            assert!(foreign.is_empty(), "{}: {start} {foreign:?}", entry.path().display());
        }
        if html.contains("<pre class=\"diagram\">") {
            with_diagrams.push((entry.path().to_owned(), html.matches("<pre class=\"diagram\">").count()));
        }
    }
    assert!(with_diagrams.len() > 1, "the diagrams are gone");
    let Some(chromium) = chromium() else {
        return skip(NAME, "Chromium, for a look at the diagrams", "apt-get install chromium");
    };
    for (page, count) in with_diagrams {
        let html = rendered(&chromium, &format!("file://{}", page.display()));
        let drawn = html.matches("<div class=\"diagram\"><svg").count();
        assert_eq!(drawn, count, "{}: not every diagram is drawn", page.display());
        assert!(!html.contains("Syntax error"), "{}: a diagram has a mistake", page.display());
    }
    let said = looked_at(&chromium, &project);
    assert!(said.is_empty(), "{said}");
}

/// What axe finds on pages of every kind, and what a copy button does.
///
/// Its packages are those of the backend, in an environment beside the pages: this checkout may have none, and uv would look
/// for a Python on its own. That of the pages was found by the tool.
fn looked_at(chromium: &Path, project: &Project) -> String {
    const PAGES: [&str; 12] = [
        "new-project",
        "index",
        "quickstart",
        "existing-project",
        "faq",
        "troubleshooting",
        "release",
        "architecture",
        "decisions",
        "from-one-machine",
        "reference/commands",
        "shells/electron",
    ];
    let pages = PAGES.map(|page| project.path(&format!("docs/_build/html/{page}.html")));
    let python = if cfg!(windows) { "docs/.venv/Scripts/python.exe" } else { "docs/.venv/bin/python" };
    let output = Command::new("uv")
        .args(["run", "--frozen", "--project"])
        .arg(repository().join("backend"))
        .arg("python")
        .arg(repository().join("xtask/tests/support/axe.py"))
        .arg(chromium)
        .args(&pages)
        .env("UV_PROJECT_ENVIRONMENT", project.path("axe"))
        .env("UV_PYTHON", project.path(python))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
