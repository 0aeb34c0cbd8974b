//! Rules over the Tauri shell that need no compiler run, and the icons of all shells.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
use support::Project;

const SHELL: &str = "shells/tauri";
/// Without tests, comments and blank lines.
const MOST_LINES: usize = 1200;
const MOST_LINES_OF_A_FILE: usize = 250;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The shell's own sources, without tests.
fn sources() -> Vec<(String, String)> {
    let folders = [format!("{SHELL}/src-tauri/src"), format!("{SHELL}/ui")];
    let walked = folders.iter().flat_map(|folder| walkdir::WalkDir::new(repository().join(folder)).sort_by_file_name());
    let files = walked.flatten().map(walkdir::DirEntry::into_path).filter(|path| path.is_file());
    let build = repository().join(SHELL).join("src-tauri/build.rs");
    let all: Vec<_> = files.chain([build]).map(|path| (path.display().to_string(), read(&path))).collect();
    assert!(all.len() > 10, "the sources are not where this test looks for them");
    all
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Lines that say something to the compiler.
fn lines_of_code(text: &str) -> usize {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

#[test]
fn the_shell_stays_small() {
    let sources = sources();
    let total: usize = sources.iter().map(|(_, text)| lines_of_code(text)).sum();
    assert!(total <= MOST_LINES, "the Tauri shell has {total} lines of code, {MOST_LINES} are enough");
    for (path, text) in &sources {
        let lines = text.lines().count();
        assert!(lines <= MOST_LINES_OF_A_FILE, "{path} has {lines} lines, {MOST_LINES_OF_A_FILE} are enough");
        let says = text.starts_with("//! ") || path.ends_with("main.rs") || path.ends_with("splash.html");
        assert!(says, "{path} does not begin with what it owns");
    }
}

#[test]
fn the_launcher_knows_no_window() {
    let launcher: Vec<_> =
        sources().into_iter().filter(|(path, _)| path.replace('\\', "/").contains("/launcher/")).collect();
    assert_eq!(launcher.len(), 3);
    for (path, text) in launcher {
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        // What people read is a table beside it, without a window.
        let code = code.replace("pub(crate)", "").replace("crate::words", "");
        for word in ["tauri", "gtk", "crate::"] {
            assert!(!code.contains(word), "{path} has `{word}`");
        }
    }
}

#[test]
fn the_names_of_the_project_are_in_dds_toml_alone() {
    let facts = text("dds.toml");
    for key in ["title", "identifier"] {
        let line = facts.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap();
        let name = line.split('"').nth(1).unwrap();
        let configuration = [("tauri.conf.json".to_owned(), text(&format!("{SHELL}/src-tauri/tauri.conf.json")))];
        for (path, text) in sources().into_iter().chain(configuration) {
            assert!(!text.contains(name), "{path} has “{name}”, which is the {key} in dds.toml");
        }
    }
}

#[test]
fn pages_may_do_one_thing() {
    let folder = repository().join(SHELL).join("src-tauri/capabilities");
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(
        names,
        ["django-pages.json"],
        "each capability is a way out of the page: say in this test why it is there"
    );
    let capability = json(&format!("{SHELL}/src-tauri/capabilities/django-pages.json"));
    assert_eq!(capability["permissions"], serde_json::json!(["allow-open-app-data-directory"]));
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
    assert_eq!(capability["local"], false, "the splash asks for nothing");
    for url in capability["remote"]["urls"].as_array().unwrap() {
        let url = url.as_str().unwrap();
        assert!(
            url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:"),
            "{url} is not this computer"
        );
    }
    let config = json(&format!("{SHELL}/src-tauri/tauri.conf.json"));
    assert_eq!(config["app"]["security"]["capabilities"], serde_json::json!(["django-pages"]));
    assert_eq!(config["app"]["withGlobalTauri"], false);
}

#[test]
fn local_pages_have_a_policy_and_keep_to_it() {
    let config = json(&format!("{SHELL}/src-tauri/tauri.conf.json"));
    let policy = config["app"]["security"]["csp"].as_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for word in ["script-src", "http:", "https:", "*", "unsafe-eval"] {
        assert!(!policy.contains(word), "the policy of local pages has {word}");
    }
    let splash = text(&format!("{SHELL}/ui/splash.html"));
    assert!(splash.contains("id=\"splash-phase\"") && !splash.contains("<script") && !splash.contains("src="));
    assert_eq!(
        config["plugins"]["updater"]["endpoints"],
        serde_json::json!([]),
        "they are given when it is built or run"
    );
}

#[test]
fn a_panic_ends_the_program() {
    // Tests can't be compiled so, and all crates would be compiled twice: it is for what people get.
    let manifest: toml::Table = toml::from_str(&text(&format!("{SHELL}/src-tauri/Cargo.toml"))).unwrap();
    assert_eq!(manifest["profile"]["release"]["panic"].as_str(), Some("abort"));
}

#[test]
fn lock_files_and_versions_go_together() {
    let package = json(&format!("{SHELL}/package.json"));
    let version = package["version"].as_str().unwrap();
    let manifest: toml::Table = toml::from_str(&text(&format!("{SHELL}/src-tauri/Cargo.toml"))).unwrap();
    assert_eq!(manifest["package"]["version"].as_str(), Some(version));
    assert_eq!(json("shells/electron/package.json")["version"].as_str(), Some(version), "the shells have one version");
    let command_line = package["devDependencies"]["@tauri-apps/cli"].as_str().unwrap();
    assert!(command_line.chars().all(|c| c.is_ascii_digit() || c == '.'), "versions are exact: {command_line}");
    let lock: toml::Table = toml::from_str(&text(&format!("{SHELL}/src-tauri/Cargo.lock"))).unwrap();
    let crates = lock["package"].as_array().unwrap();
    let tauri = crates.iter().find(|item| item["name"].as_str() == Some("tauri")).unwrap()["version"].as_str().unwrap();
    let minor = |version: &str| version.rsplit_once('.').unwrap().0.to_owned();
    assert_eq!(minor(tauri), minor(command_line), "the command line and the crate are of one minor version");
}

#[test]
fn the_checklist_of_windows_is_where_the_command_looks() {
    assert!(text("release-templates/windows-nsis-validation.md").contains("Task Manager"));
}

#[test]
fn the_installer_for_windows_asks_before_it_takes_the_older_backend_away() {
    let config = json(&format!("{SHELL}/src-tauri/tauri.conf.json"));
    let hooks = config["bundle"]["windows"]["nsis"]["installerHooks"].as_str().unwrap();
    let hooks = text(&format!("{SHELL}/src-tauri/{hooks}"));
    let (_, before) = hooks.split_once("!macro NSIS_HOOK_PREINSTALL").unwrap();
    let at = |words: &str| before.find(words).unwrap_or_else(|| panic!("no {words} in {hooks}"));
    let (asks, takes) = (at("CheckIfAppIsRunning"), at("Rename \"$INSTDIR\\backend\" \"$INSTDIR\\backend.old\""));
    assert!(asks < takes, "{hooks}");
    assert!(takes < before.rfind("RMDir /r \"$INSTDIR\\backend.old\"").unwrap(), "{hooks}");
}

#[test]
fn web_views_of_windows_use_no_proxy() {
    let config = json(&format!("{SHELL}/src-tauri/tauri.conf.json"));
    for window in config["app"]["windows"].as_array().unwrap() {
        let arguments = window["additionalBrowserArgs"].as_str().unwrap();
        // What Tauri would give by itself must be there as well.
        assert!(
            arguments.contains("--no-proxy-server") && arguments.contains("msSmartScreenProtection"),
            "{arguments}"
        );
    }
}

#[test]
fn half_a_source_of_updates_is_refused_before_anything_is_done() {
    let outcome = Project::new()
        .env("DESKTOP_DJANGO_TAURI_UPDATE_ENDPOINTS", "https://example.com/latest.json")
        .run(&["tauri-build"])
        .expect_code(1);
    assert!(outcome.stderr.contains("DESKTOP_DJANGO_TAURI_UPDATE_PUBLIC_KEY is not"), "{}", outcome.stderr);
}

/// Shell, and where its icons are. Positron's package is called as the program is.
fn icons() -> [(&'static str, String); 3] {
    let facts: toml::Table = toml::from_str(&text("dds.toml")).unwrap_or_default();
    let package = facts["project"]["name"].as_str().unwrap_or_default().replace('-', "_");
    [
        ("electron", "shells/electron/build".to_owned()),
        ("tauri", "shells/tauri/src-tauri/icons".to_owned()),
        ("positron", format!("shells/positron/src/{package}_positron/resources")),
    ]
}

#[test]
fn icons_are_those_of_the_drawing() {
    // A project names its own picture; until its icons are made, packaging says that they are the starter's.
    let facts: toml::Table = toml::from_str(&text("dds.toml")).unwrap_or_default();
    let own = facts["project"].get("icon").and_then(toml::Value::as_str);
    let drawings: BTreeSet<&str> = own.into_iter().chain(["shells/brand/icon.svg"]).collect();
    for (shell, folder) in icons() {
        let remedy = format!("`cargo xtask {shell}-icons` makes them anew");
        let record = text(&format!("shells/brand/{shell}-icons.sha256"));
        let mut listed = BTreeSet::new();
        for (sha256, path) in record.lines().map(|line| line.split_once("  ").unwrap()) {
            // A drawing outside of the repository is not on every machine.
            if path.starts_with("../") && !repository().join(path).is_file() {
                listed.insert(path.to_owned());
                continue;
            }
            let bytes = fs::read(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}; {remedy}"));
            assert_eq!(
                sha256,
                hex(&Sha256::digest(&bytes)),
                "the icons of the {shell} shell are stale ({path}); {remedy}"
            );
            listed.insert(path.to_owned());
        }
        assert!(
            drawings.iter().any(|drawing| listed.remove(*drawing)),
            "{shell}: no drawing is in the record; {remedy}"
        );
        let is_icon = |name: &str| name.ends_with("png") || name.ends_with("ico") || name.ends_with("icns");
        let names = fs::read_dir(repository().join(&folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let there = names.filter_map(|name| name.into_string().ok()).filter(|name| is_icon(name));
        assert_eq!(there.map(|name| format!("{folder}/{name}")).collect::<BTreeSet<_>>(), listed, "{remedy}");
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[test]
fn icons_are_what_their_names_say() {
    let bytes = |path: &str| fs::read(repository().join(path)).unwrap();
    let [electron, tauri, positron] = icons().map(|(_, folder)| folder);
    for folder in [&electron, &tauri, &positron] {
        assert_eq!(bytes(&format!("{folder}/icon.icns"))[..4], *b"icns");
        assert_eq!(bytes(&format!("{folder}/icon.ico"))[..4], [0, 0, 1, 0]);
    }
    let pictures = [
        (&electron, "icon.png", 1024),
        (&tauri, "32x32.png", 32),
        (&tauri, "128x128.png", 128),
        (&tauri, "128x128@2x.png", 256),
        (&tauri, "icon.png", 512),
        (&positron, "icon-16.png", 16),
        (&positron, "icon-512.png", 512),
    ];
    for (folder, name, size) in pictures {
        let path = format!("{folder}/{name}");
        let bytes = bytes(&path);
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((&bytes[..4], number(16), number(20)), (&b"\x89PNG"[..], size, size), "{path}");
    }
}
