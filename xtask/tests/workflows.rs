//! The workflows, read as GitHub reads them: what they take from `dds.toml` is fresh, every `cargo xtask` line of them
//! is a command that exists with arguments that it knows, and every action is pinned.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, Yaml};
use support::{Project, has, skip, tracked};
use toml::{Table, Value};

/// The command that makes the workflows fresh.
const REFRESH: &str = "UPDATE_EXPECT=1 cargo test --test workflows";

/// In the order in which a matrix has them.
const PLATFORMS: [&str; 3] = ["macos", "windows", "linux"];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// `dds.toml`, with what the tool derives from the project's name where `[github]` does not say it.
fn facts() -> Table {
    const DERIVED: &str = r#"
        runners = { macos = "macos-15", windows = "windows-2025", linux = "ubuntu-22.04" }
        [electron]
        workflow = "desktop-packages.yml"
        artifact = "NAME-{platform}"
        checksums = "NAME-{platform}-checksums"
        manifest = "NAME-{platform}-sha256.txt"
        publish-input = "publish_release"
        [tauri]
        workflow = "tauri-packages.yml"
        artifact = "NAME-tauri-{platform}"
        checksums = "NAME-tauri-{platform}-checksums"
        manifest = "NAME-tauri-{platform}-sha256.txt"
        [release]
        assets = [
            "NAME-macos-{version}-arm64.dmg", "NAME-macos-{version}-arm64.zip", "NAME-windows-{version}-x64.exe",
            "NAME-linux-{version}-x86_64.AppImage",
        ]
    "#;
    let mut facts: Table = fs::read_to_string(repository().join("dds.toml")).unwrap().parse().unwrap();
    let mut github: Table = DERIVED.replace("NAME", text(&facts, &["project", "name"])).parse().unwrap();
    for (section, written) in facts.remove("github").iter().filter_map(Value::as_table).flatten() {
        match (github.get_mut(section).and_then(Value::as_table_mut), written) {
            (Some(derived), Value::Table(written)) => derived.extend(written.clone()),
            _ => drop(github.insert(section.clone(), written.clone())),
        }
    }
    facts.insert("github".to_owned(), Value::Table(github));
    let project = facts["project"].as_table_mut().unwrap();
    let usual = ["macos-arm64", "windows-x64", "linux-x64"].map(|target| Value::String(target.to_owned()));
    project.entry("targets").or_insert_with(|| Value::Array(usual.to_vec()));
    facts
}

/// A text of `dds.toml` by its keys.
fn text<'a>(facts: &'a Table, path: &[&str]) -> &'a str {
    let (first, rest) = path.split_first().unwrap();
    let value = rest.iter().fold(&facts[*first], |value, key| &value[*key]);
    value.as_str().unwrap_or_else(|| panic!("dds.toml has no text at {path:?}"))
}

/// Those of `project.targets` that are for a platform.
fn targets<'a>(facts: &'a Table, platform: &str) -> Vec<&'a str> {
    let targets = facts["project"]["targets"].as_array().unwrap().iter().map(|target| target.as_str().unwrap());
    targets.filter(|target| target.starts_with(&format!("{platform}-"))).collect()
}

/// The workflow files with their texts.
fn workflows() -> Vec<(PathBuf, String)> {
    let folder = repository().join(".github/workflows");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        (path, text)
    };
    files.into_iter().map(read).collect()
}

/// The section of `[github]` whose workflow this is.
fn section<'a>(facts: &'a Table, file: &Path) -> Option<&'a Table> {
    let name = file.file_name().unwrap().to_str().unwrap();
    let sections = facts["github"].as_table().unwrap().values().filter_map(Value::as_table);
    sections.into_iter().find(|section| section.get("workflow").and_then(Value::as_str) == Some(name))
}

/// What stands between two marks of a workflow, without indentation.
fn block(kind: &str, facts: &Table, file: &Path) -> String {
    let own = |key: &str| {
        let section = section(facts, file).unwrap_or_else(|| panic!("dds.toml names no workflow {}", file.display()));
        section[key].as_str().unwrap().to_owned()
    };
    let wanted = || PLATFORMS.into_iter().filter(|platform| !targets(facts, platform).is_empty());
    let of = |pattern: String, platform: &str| pattern.replace("{platform}", platform);
    match kind {
        "ci" => PLATFORMS.map(|platform| row(facts, platform)).concat(),
        "packages" => {
            let mut rows = String::new();
            for platform in wanted() {
                rows += &row(facts, platform);
                // Tauri packages for the machine that it runs on.
                if own("workflow") == text(facts, &["github", "electron", "workflow"]) {
                    let _ = writeln!(rows, "  targets: {}", targets(facts, platform).join(","));
                }
                for key in ["artifact", "checksums", "manifest"] {
                    let _ = writeln!(rows, "  {key}: {}", of(own(key), platform));
                }
                // The list of checksums begins as the packages do.
                let manifest = of(own("manifest"), platform);
                let _ = writeln!(rows, "  packages: {}", manifest.trim_end_matches("sha256.txt"));
            }
            rows
        }
        "artifacts" => format!("pattern: {}\n", own("artifact").replace("{platform}", "*")),
        "input" => format!("{}:\n", own("publish-input")),
        "publish" => format!("if: inputs.{}\n", own("publish-input")),
        "verify" => {
            let lists = wanted().map(|platform| format!("dist/release/{}", of(own("manifest"), platform)));
            format!("- run: cargo xtask checksums-verify {}\n", lists.collect::<Vec<_>>().join(" "))
        }
        other => panic!("{}: there is no part `{other}` of dds.toml", file.display()),
    }
}

fn row(facts: &Table, platform: &str) -> String {
    format!("- platform: {platform}\n  runner: {}\n", text(facts, &["github", "runners", platform]))
}

/// The text with everything between marks written anew.
fn refreshed(text: &str, facts: &Table, file: &Path) -> String {
    let mut fresh = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(fresh, "{line}");
        let Some(kind) = line.trim_start().strip_prefix("# <dds.toml: ").and_then(|rest| rest.strip_suffix('>')) else {
            continue;
        };
        let indent = &line[..line.len() - line.trim_start().len()];
        for line in block(kind, facts, file).lines() {
            let _ = writeln!(fresh, "{indent}{line}");
        }
        let end = format!("{indent}# </dds.toml: {kind}>");
        assert!(lines.any(|line| line == end), "{}: `{end}` is missing", file.display());
        let _ = writeln!(fresh, "{end}");
    }
    fresh
}

#[test]
fn what_workflows_take_from_dds_toml_is_fresh() {
    let facts = facts();
    let mut marks = 0;
    for (path, text) in workflows() {
        let fresh = refreshed(&text, &facts, &path);
        marks += fresh.matches("# <dds.toml: ").count();
        if fresh != text && std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&path, fresh).unwrap();
            continue;
        }
        assert_eq!(text, fresh, "{} is stale; `{REFRESH}` writes it anew", path.display());
    }
    assert!(marks > 5, "the workflows have no marks any more");
}

#[test]
fn workflows_package_for_the_targets_of_dds_toml() {
    let mut facts = facts();
    let list = ["linux-x64", "linux-arm64", "windows-x64"].map(|target| Value::String(target.to_owned()));
    facts["project"].as_table_mut().unwrap().insert("targets".to_owned(), Value::Array(list.to_vec()));
    let rows = block("packages", &facts, Path::new(text(&facts, &["github", "electron", "workflow"])));
    let keys = |name: &str| -> Vec<&str> { rows.lines().filter_map(|line| line[2..].strip_prefix(name)).collect() };
    assert_eq!(keys("platform: "), ["windows", "linux"]);
    assert_eq!(keys("targets: "), ["windows-x64", "linux-x64,linux-arm64"]);
    let verified = block("verify", &facts, Path::new(text(&facts, &["github", "electron", "workflow"])));
    assert_eq!((verified.matches("-sha256.txt").count(), verified.matches("-macos-").count()), (2, 0));
}

#[test]
fn every_workflow_of_dds_toml_is_there() {
    let facts = facts();
    let sections = facts["github"].as_table().unwrap().values();
    let files: Vec<&str> = sections.filter_map(|section| section.get("workflow")?.as_str()).collect();
    assert!(files.len() >= 2);
    for name in files {
        assert!(
            repository().join(".github/workflows").join(name).is_file(),
            "dds.toml names {name}, which is not there"
        );
    }
}

/// `cargo binstall` finds what the workflow of the tool releases; for `release-notes` it is no release of the app.
#[test]
fn the_tool_is_released_where_binstall_looks_for_it() {
    let manifest: Table = fs::read_to_string(repository().join("xtask/Cargo.toml")).unwrap().parse().unwrap();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let (_, address) = binstall["pkg-url"].as_str().unwrap().split_once("/releases/download/").unwrap();
    assert_eq!(address, "ddstask-v{ version }/ddstask-{ target }.tar.gz");
    assert_eq!(binstall["bin-dir"].as_str(), Some("{ bin }{ binary-ext }"), "the program is at the top of its archive");
    let workflow = fs::read_to_string(repository().join(".github/workflows/tool.yml")).unwrap();
    assert!(workflow.contains("ddstask-$TARGET.tar.gz\" -C ") && workflow.contains("tag=\"ddstask-v$("), "{workflow}");
    // The version is the first in the file, and cargo's.
    let version = manifest["package"]["version"].as_str().unwrap();
    let text = fs::read_to_string(repository().join("xtask/Cargo.toml")).unwrap();
    let first = text.lines().find_map(|line| line.strip_prefix("version = "));
    assert_eq!(first, Some(format!("\"{version}\"").as_str()));
    assert!(workflow.contains("--latest=false"), "the latest release is the app's");
}

#[test]
fn every_action_is_pinned_with_its_version_beside_it() {
    let mut pinned: BTreeMap<String, String> = BTreeMap::new();
    for (path, text) in workflows() {
        for line in text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: ")) {
            let (action, rest) = line.split_once('@').unwrap_or_default();
            let (commit, version) = rest.split_once(" # v").unwrap_or_default();
            let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_commit && !version.is_empty(), "{}: write ACTION@COMMIT # vVERSION: {line}", path.display());
            let known = pinned.entry(action.to_owned()).or_insert_with(|| rest.to_owned());
            assert_eq!(known, rest, "{}: {action} has another version elsewhere", path.display());
        }
    }
    assert!(pinned.contains_key("actions/checkout"));
}

/// A value as far as the commands here need it.
fn resolved(expression: &str, row: &BTreeMap<String, String>) -> String {
    let Some(name) = expression.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}")) else {
        return expression.to_owned();
    };
    match name.split_once('.') {
        Some(("matrix", key)) => row.get(key).cloned().unwrap_or_default(),
        Some(("steps", _)) => "v1.2.3".to_owned(),
        Some(("github", "sha")) => "c".repeat(40),
        _ => String::new(),
    }
}

fn strings(node: Option<&Yaml<'_>>) -> BTreeMap<String, String> {
    let pairs = node.and_then(Yaml::as_mapping).into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value.as_str()?.to_owned()))).collect()
}

/// Every `cargo xtask` line of a workflow, once for each row of its job's matrix, as arguments.
fn commands(text: &str) -> Vec<Vec<String>> {
    let documents = Yaml::load_from_str(text).unwrap();
    let jobs = documents[0].as_mapping_get("jobs").and_then(Yaml::as_mapping).unwrap();
    let mut found = Vec::new();
    for job in jobs.values() {
        let rows = ["strategy", "matrix", "include"].iter().try_fold(job, |node, key| node.as_mapping_get(key));
        let rows: Vec<_> =
            rows.and_then(Yaml::as_sequence).into_iter().flatten().map(|row| strings(Some(row))).collect();
        let rows = if rows.is_empty() { vec![BTreeMap::new()] } else { rows };
        for step in job.as_mapping_get("steps").and_then(Yaml::as_sequence).unwrap() {
            let Some(run) = step.as_mapping_get("run").and_then(Yaml::as_str) else { continue };
            for (line, row) in run.lines().flat_map(|line| rows.iter().map(move |row| (line.trim(), row))) {
                let Some(line) = line.strip_prefix("cargo xtask ") else { continue };
                let mut line = line.to_owned();
                for (name, value) in strings(step.as_mapping_get("env")) {
                    line = line.replace(&format!("${name}"), &resolved(&value, row));
                }
                assert!(!line.contains(['$', '|', ';', '&', '>']), "more than a command: {line}");
                found.push(line.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned()).collect());
            }
        }
    }
    found
}

#[test]
fn every_secret_and_variable_of_a_workflow_is_documented() {
    let page = fs::read_to_string(repository().join("docs/reference/environment.md")).unwrap();
    let (_, told) = page.split_once("## Set in the repository on GitHub").unwrap();
    let mut seen = 0;
    for (path, text) in workflows() {
        for rest in ["secrets.", "vars."].iter().flat_map(|kind| text.split(kind).skip(1)) {
            let name: String =
                rest.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_' || c.is_ascii_digit()).collect();
            assert!(
                told.contains(&format!("`{name}`")),
                "{}: {name} is not in docs/reference/environment.md",
                path.display()
            );
            seen += 1;
        }
    }
    assert!(seen > 10);
}

/// SHA-256 of an empty file.
const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What a workflow has made by the time a command runs: lists of checksums with their files, packages of all systems.
fn furnish(project: &Project, facts: &Table, args: &[String]) {
    let lists = args.iter().skip(1).filter(|_| args[0] == "checksums-verify").map(Path::new);
    for list in lists {
        project.write(list.with_file_name("empty.bin").to_str().unwrap(), "");
        project.write(list.to_str().unwrap(), format!("{OF_NOTHING}  empty.bin\n"));
    }
    let value = |name: &str| args.iter().skip_while(|arg| *arg != name).nth(1);
    if let Some(notes) = value("--notes") {
        project.write(notes, "What is new.\n");
    }
    let Some(folder) = value("--from") else { return };
    let assets = facts["github"]["release"]["assets"].as_array().unwrap().iter().filter_map(Value::as_str);
    let is_package = |asset: &&str| !asset.contains(".blockmap") && !asset.starts_with("latest");
    for asset in assets.filter(is_package) {
        let path = format!("{folder}/{}", asset.replace("{version}", "1.2.3"));
        project.write(&path, "package");
        if args[0] == "github-release-draft" {
            project.write(&format!("{path}.blockmap"), block_map("package".len()));
        }
    }
    if args[0] == "github-release-draft" {
        project.run(&["update-manifest", "electron", "v1.2.3", "--from", folder, "--output", folder]).expect_code(0);
    }
}

/// What electron-builder writes beside a package of this many bytes.
fn block_map(len: usize) -> Vec<u8> {
    let text = format!(r#"{{"version":"2","files":[{{"name":"file","offset":0,"checksums":["x"],"sizes":[{len}]}}]}}"#);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// What this checkout has beside the tool: the facts, and the project wherever it lies.
fn project() -> Project {
    let project = Project::new().env("GH_REPO", "acme/app").env("SOURCE_DATE_EPOCH", "1000000000");
    for path in tracked(repository(), &[":!docs", ":!shells", ":!xtask", ":!.github"]) {
        project.write(&path, fs::read(repository().join(&path)).unwrap());
    }
    project
}

#[test]
fn every_command_of_a_workflow_can_be_dry_run() {
    const NAME: &str = "every_command_of_a_workflow_can_be_dry_run";
    for (program, command) in [("uv", "pip install uv"), ("git", "apt-get install git")] {
        if !has(program) {
            return skip(NAME, program, command);
        }
    }
    let (project, facts) = (project(), facts());
    let mut tried = 0;
    for (path, text) in workflows() {
        let commands = commands(&text);
        assert!(text.matches("cargo xtask ").count() <= commands.len() + 1, "{}: a command is hidden", path.display());
        for args in commands {
            furnish(&project, &facts, &args);
            let before = project.tree();
            let line: Vec<&str> = ["--dry-run"].into_iter().chain(args.iter().map(String::as_str)).collect();
            let outcome = project.run(&line);
            // A dry run of an earlier step stages nothing, and some commands look into the stage.
            let lacks_stage = outcome.stderr.contains("there is no staged backend");
            let line = format!("{}: cargo xtask {}\n{}", path.display(), args.join(" "), outcome.both());
            assert!(outcome.code == 0 || outcome.code == 1 && lacks_stage, "{line}");
            assert_eq!(project.tree(), before, "{args:?} changed something");
            tried += 1;
        }
    }
    assert!(tried >= 5, "the workflows have lost their commands");
}
