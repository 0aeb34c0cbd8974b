//! Tauri's installer for Windows, made here: its own template of the version that the Tauri shell is locked to, and the
//! shell's own hook.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::debian;
use super::staging::repository;
use super::support::{has, skip};
use super::wine::{GCC, Wine, compile};

/// The app's name, and the folder that it is installed in.
pub(crate) const TITLE: &str = "Deer Park";

/// A library of Tauri's with calls that the installer makes; this stands in for it. Its words are in messages only.
const PLUGIN: &str = "#include <windows.h>
typedef struct item { struct item *next; WCHAR text[1]; } item;
#define CALL __declspec(dllexport) void
CALL StrReplace(HWND window, int size, WCHAR *variables, item **top) {
    item *find = (*top)->next, *by = find->next;
    (*top)->next = by->next;
    GlobalFree(find);
    GlobalFree(by);
}
CALL SemverCompare(void) {}
CALL RunAsUser(void) {}
";

/// Fills in the template as Tauri does, with the language that the template is written in.
const RENDER: &str = "
const fs = require('node:fs');
const handlebars = require('handlebars');
handlebars.registerHelper('no-escape', (text) => text);
const [template, facts, to] = process.argv.slice(1);
const render = handlebars.compile(fs.readFileSync(template, 'utf8'), { noEscape: true });
fs.writeFileSync(to, '\\ufeff' + render(JSON.parse(fs.readFileSync(facts, 'utf8'))));
";

pub(crate) struct Nsis {
    /// Where installers are made.
    folder: tempfile::TempDir,
    /// The template and what it includes.
    template: PathBuf,
    /// Includes of a newer NSIS than this machine may have.
    includes: PathBuf,
}

impl Nsis {
    /// Nothing where something is missing; that is told.
    pub(crate) fn new(test: &str) -> Option<Self> {
        let needed = [
            ("makensis", "apt-get install nsis"),
            (GCC, "apt-get install gcc-mingw-w64-x86-64"),
            ("npm", "https://nodejs.org"),
        ];
        if let Some((missing, command)) = needed.into_iter().find(|(program, _)| !has(program)) {
            skip(test, missing, command);
            return None;
        }
        let includes = debian::unpacked(test, "amd64", &["nsis-common"])?.join("usr/share/nsis/Include");
        let folder = tempfile::tempdir().unwrap();
        compile(PLUGIN, &["-shared"], &folder.path().join("nsis_tauri_utils.dll"), &[]);
        compile("int main(void) { return 0; }", &[], &folder.path().join("deer.exe"), &[]);
        let npm = ["install", "--no-audit", "--no-fund", "--no-save", "handlebars@4.7.8"];
        succeeds(Command::new("npm").args(npm).current_dir(&folder));
        Some(Self { template: bundler().join("src/bundle/windows/nsis"), folder, includes })
    }

    /// The installer of a version with the backend in `tree`.
    pub(crate) fn installer(&self, version: &str, tree: &Path) -> PathBuf {
        let folder = self.folder.path();
        let (facts, script) = (folder.join("facts.json"), folder.join("installer.nsi"));
        std::fs::write(&facts, self.facts(version, tree).to_string()).unwrap();
        for name in ["utils.nsh", "FileAssociation.nsh"] {
            std::fs::copy(self.template.join(name), folder.join(name)).unwrap();
        }
        let mut node = Command::new("node");
        node.args(["-e", RENDER]).arg(self.template.join("installer.nsi")).args([&facts, &script]);
        succeeds(node.current_dir(folder));
        let mut makensis = Command::new("makensis");
        // Tauri's are for 32 bits, which a Wine for 64 does not run.
        makensis.args(["-V2", "-INPUTCHARSET", "UTF8", "-OUTPUTCHARSET", "UTF8", "-XTarget amd64-unicode"]);
        makensis.arg(format!("-X!addincludedir {}", self.includes.display())).arg(&script);
        succeeds(makensis.current_dir(folder));
        folder.join(format!("{version}.exe"))
    }

    fn facts(&self, version: &str, tree: &Path) -> Value {
        let hooks = repository().join("shells/tauri/src-tauri/installer.nsh");
        let mut resources = BTreeMap::new();
        let mut folders = Vec::new();
        for entry in walkdir::WalkDir::new(tree).into_iter().map(Result::unwrap) {
            let below = entry.path().strip_prefix(tree).unwrap().to_str().unwrap();
            let place = format!("backend/{below}").trim_end_matches('/').replace('/', "\\");
            if entry.file_type().is_dir() {
                folders.push(place);
            } else {
                let (parent, _) = place.rsplit_once('\\').unwrap();
                resources.insert(entry.path().display().to_string(), [parent.to_owned(), place]);
            }
        }
        let deepest_first: Vec<_> = folders.iter().rev().collect();
        json!({
            "compression": "none", "installer_hooks": hooks, "manufacturer": "Ann Other", "product_name": TITLE,
            "version": version, "version_with_build": format!("{version}.0"), "install_mode": "currentUser",
            "main_binary_name": "deer", "main_binary_path": self.folder.path().join("deer.exe"),
            "bundle_id": "org.example.deer-park", "out_file": format!("{version}.exe"), "arch": "x64",
            "additional_plugins_path": self.folder.path(), "allow_downgrades": "true",
            "display_language_selector": "false", "estimated_size": 50_000, "languages": ["English"],
            "language_files": [self.template.join("languages/English.nsh")], "resources_dirs": folders,
            "resources_ancestors": deepest_first, "resources": resources,
        })
    }
}

/// Where a version is installed under Wine.
pub(crate) fn installed(wine: &Wine) -> PathBuf {
    let people = std::fs::read_dir(wine.drive().join("users")).unwrap().map(|entry| entry.unwrap().path());
    let mut places = people.map(|person| person.join("AppData/Local").join(TITLE));
    places.find(|place| place.is_dir()).unwrap()
}

/// The sources of the bundler in the `@tauri-apps/cli` that the shell is locked to.
fn bundler() -> PathBuf {
    let package = std::fs::read(repository().join("shells/tauri/package.json")).unwrap();
    let package: Value = serde_json::from_slice(&package).unwrap();
    let cli = source_of("tauri-cli", package["devDependencies"]["@tauri-apps/cli"].as_str().unwrap());
    let manifest = std::fs::read_to_string(cli.join("Cargo.toml")).unwrap();
    let (_, bundler) = manifest.split_once("[dependencies.tauri-bundler]\nversion = \"").unwrap();
    source_of("tauri-bundler", bundler.split('"').next().unwrap().trim_start_matches('='))
}

/// The unpacked sources of a crate, which cargo fetches to tell about it.
fn source_of(name: &str, version: &str) -> PathBuf {
    let info = ["info", "--registry", "crates-io", &format!("{name}@{version}")];
    succeeds(Command::new(env!("CARGO")).args(info).current_dir(std::env::temp_dir()));
    let home =
        std::env::var_os("CARGO_HOME").map_or_else(|| std::env::home_dir().unwrap().join(".cargo"), PathBuf::from);
    let sources = std::fs::read_dir(home.join("registry/src")).unwrap().map(|entry| entry.unwrap().path());
    let mut places = sources.map(|source| source.join(format!("{name}-{version}")));
    places.find(|place| place.is_dir()).unwrap()
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}
