//! `update-manifest`, through the command line, and read by the updaters' own code: electron-updater from npm for
//! Electron's, a strict reader for Tauri's, with signatures that `tauri signer` made.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use expect_test::expect;
use serde_json::Value;
use sha2::{Digest, Sha512};
use support::{Outcome, Project, skip};

const NAME: &str = "deer-park";

/// 2026-11-22T11:07:09Z
const DATE: &str = "1795345629";

fn project() -> Project {
    Project::new().env("SOURCE_DATE_EPOCH", DATE).env("GH_REPO", "acme/app")
}

/// Bytes that look like a package: not all the same, and some thousand.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| random.u8(..)).take(len).collect()
}

/// Packages of all three systems.
fn with_packages(version: &str) -> Project {
    let project = project();
    for (seed, ending) in
        ["macos-V-arm64.dmg", "macos-V-arm64.zip", "windows-V-x64.exe", "linux-V-x86_64.AppImage"].iter().enumerate()
    {
        let platform = ending.split('-').next().unwrap();
        let name = format!("{NAME}-{}", ending.replace('V', version));
        project.write(&format!("dist/run/{platform}/{name}"), noise(seed as u64, 40_000));
    }
    project
}

/// The reader with the updater's own code; nothing, and the test is skipped, where it is not installed.
fn reader(test: &str) -> Option<PathBuf> {
    let shell = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shells/electron");
    if shell.join("node_modules/electron-updater").is_dir() && which::which("node").is_ok() {
        return Some(shell.join("tests/support/update-manifest.js"));
    }
    skip(test, "Node with electron-updater", "npm ci --ignore-scripts in shells/electron");
    None
}

fn node(reader: &Path, args: &[&str]) -> Value {
    let output = Command::new("node").arg(reader).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn write_electron(project: &Project, more: &[&str]) -> Outcome {
    project.run(&[&["update-manifest", "electron", "v1.2.3", "--from", "dist/run"], more].concat())
}

#[test]
fn electron_updater_reads_what_is_written() {
    let Some(reader) = reader("electron_updater_reads_what_is_written") else { return };
    let project = with_packages("1.2.3");
    let path = |relative: &str| project.path(&format!("dist/run/{relative}")).display().to_string();
    let image = path(&format!("linux/{NAME}-linux-1.2.3-x86_64.AppImage"));
    let embedded = node(&reader, &["embed", &image]);
    node(&reader, &["blockmap", &path(&format!("macos/{NAME}-macos-1.2.3-arm64.zip"))]);
    write_electron(&project, &["--staging-percentage", "25"]).expect_code(0);

    let base = "https://example.com/releases/";
    let linux = node(&reader, &["read", &path("linux/latest-linux.yml"), base]);
    assert_eq!(linux["info"]["version"], "1.2.3");
    assert_eq!(linux["info"]["stagingPercentage"], 25);
    assert_eq!(linux["info"]["releaseDate"], "2026-11-22T11:07:09.000Z");
    let file = &linux["info"]["files"][0];
    for key in ["size", "sha512", "blockMapSize"] {
        assert_eq!(file[key], embedded[key], "{key} is not what the packager says");
    }
    assert_eq!(linux["installs"], format!("{base}{NAME}-linux-1.2.3-x86_64.AppImage"));

    let mac = node(&reader, &["read", &path("macos/latest-mac.yml"), base]);
    assert_eq!(mac["installs"], format!("{base}{NAME}-macos-1.2.3-arm64.zip"));
    assert_eq!(mac["info"]["files"][0]["url"], mac["info"]["path"]);
    assert_eq!(mac["info"]["files"][0]["sha512"], mac["info"]["sha512"]);
    assert_eq!(mac["urls"].as_array().unwrap().len(), 2);
    let windows = node(&reader, &["read", &path("windows/latest.yml"), base]);
    assert_eq!(windows["installs"], format!("{base}{NAME}-windows-1.2.3-x64.exe"));

    let manifests = ["dist/run/macos/latest-mac.yml", "dist/run/windows/latest.yml", "dist/run/linux/latest-linux.yml"];
    let verify = [&["update-manifest", "verify", "--tag", "v1.2.3"], &manifests[..]].concat();
    project.run(&verify).expect_code(0);

    // The package is signed after its blockmap was made.
    let zip = format!("dist/run/macos/{NAME}-macos-1.2.3-arm64.zip");
    project.write(&zip, noise(1, 40_100));
    let said = write_electron(&project, &[]).expect_code(1).stderr;
    assert!(said.contains("it was changed after the blockmap was made"), "{said}");
    let said = project.run(&verify).expect_code(1).stderr;
    assert!(said.contains("latest-mac.yml: names another SHA-512") && said.contains("40100"), "{said}");
}

#[test]
fn the_same_files_give_the_same_manifests() {
    let project = with_packages("1.2.3");
    write_electron(&project, &[]).expect_code(0);
    expect![[r#"
        version: 1.2.3
        files:
          - url: deer-park-macos-1.2.3-arm64.zip
            sha512: <sha512>
            size: 40000
          - url: deer-park-macos-1.2.3-arm64.dmg
            sha512: <sha512>
            size: 40000
        path: deer-park-macos-1.2.3-arm64.zip
        sha512: <sha512>
        releaseDate: '2026-11-22T11:07:09.000Z'
    "#]]
    .assert_eq(&without_digests(&project.read("dist/run/macos/latest-mac.yml")));
    let before = project.tree();
    write_electron(&project, &[]).expect_code(0);
    assert_eq!(project.tree(), before);
    let dry = write_electron(&project, &["--dry-run"]).expect_code(0);
    assert!(dry.stdout.contains("write   dist/run/linux/latest-linux.yml"), "{}", dry.stdout);
}

fn without_digests(text: &str) -> String {
    let line = |line: &str| {
        line.split_once("sha512: ").map_or(line.to_owned(), |(start, _)| format!("{start}sha512: <sha512>"))
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

#[test]
fn what_a_web_installer_fetches_is_compared() {
    let project = project();
    let package = noise(8, 30_000);
    let sha512 = |bytes: &[u8]| BASE64_STANDARD.encode(Sha512::digest(bytes));
    let (exe, fetched) = (noise(7, 900), format!("{NAME}-1.2.3-x64.nsis.7z"));
    let manifest = format!(
        "version: 1.2.3\nfiles:\n  - url: web.exe\n    sha512: {0}\n    size: 900\npackages:\n  x64:\n    size: 30000\n    sha512: {1}\n    path: {fetched}\npath: web.exe\nsha512: {0}\n",
        sha512(&exe),
        sha512(&package),
    );
    project.write("dist/web/web.exe", &exe);
    project.write(&format!("dist/web/{fetched}"), &package);
    project.write("dist/web/latest.yml", &manifest);
    let verify = ["update-manifest", "verify", "dist/web/latest.yml"];
    project.run(&verify).expect_code(0);
    project.write(&format!("dist/web/{fetched}"), noise(9, 30_000));
    let said = project.run(&verify).expect_code(1).stderr;
    assert!(said.contains(&format!("names another SHA-512 of {fetched} than it has")), "{said}");
    std::fs::remove_file(project.path(&format!("dist/web/{fetched}"))).unwrap();
    let said = project.run(&verify).expect_code(1).stderr;
    assert!(said.contains(&format!("names {fetched}, which is not there")), "{said}");
    project.write(&format!("dist/run/windows/{NAME}-windows-1.2.3-x64.exe"), &exe);
    project.write(&format!("dist/run/windows/{fetched}"), &package);
    let said = write_electron(&project, &[]).expect_code(1).stderr;
    assert!(said.contains("is fetched by an installer from the web") && said.contains("next: keep"), "{said}");
}

#[test]
fn each_processor_of_linux_has_its_manifest_and_portable_programs_have_none() {
    let project = project();
    for ending in [
        "linux-1.2.3-armv7l.AppImage",
        "linux-1.2.3-x86_64.AppImage",
        "windows-1.2.3-x64.exe",
        "windows-1.2.3-x64-portable.exe",
    ] {
        project.write(&format!("dist/run/{NAME}-{ending}"), ending);
    }
    write_electron(&project, &[]).expect_code(0);
    for (manifest, ending) in [
        ("latest-linux-arm.yml", "linux-1.2.3-armv7l.AppImage"),
        ("latest-linux.yml", "linux-1.2.3-x86_64.AppImage"),
        ("latest.yml", "windows-1.2.3-x64.exe"),
    ] {
        let text = project.read(&format!("dist/run/{manifest}"));
        assert_eq!(text.matches("url: ").count(), 1, "{text}");
        assert!(text.contains(&format!("path: {NAME}-{ending}\n")), "{text}");
    }
}

#[test]
fn each_mistake_is_one_clear_error() {
    let project = with_packages("1.2.2");
    let said = write_electron(&project, &[]).expect_code(1).stderr;
    expect![[r"
        error: dist/run has no package of version 1.2.3
          next: packages are named like deer-park-linux-1.2.3-x86_64.AppImage; `cargo xtask package-dist` makes them
    "]]
    .assert_eq(&said);
    let project = with_packages("1.2.3");
    std::fs::remove_file(project.path(&format!("dist/run/macos/{NAME}-macos-1.2.3-arm64.zip"))).unwrap();
    let said = write_electron(&project, &[]).expect_code(1).stderr;
    assert!(said.contains("the macOS packages have no zip"), "{said}");
    assert!(!project.path("dist/run/linux/latest-linux.yml").exists(), "nothing is written when something is wrong");
    let said = write_electron(&with_packages("1.2.3").env("SOURCE_DATE_EPOCH", ""), &[]).expect_code(1).stderr;
    assert!(said.contains("the date of v1.2.3 is not known") && said.contains("next: "), "{said}");
    project.run(&["update-manifest", "electron", "main", "--from", "dist/run"]).expect_code(2);
}

#[test]
fn a_hundred_orders_of_merging_give_the_same_bytes() {
    let project = project();
    let mut names = Vec::new();
    for (seed, arch) in ["x64", "arm64", "universal"].into_iter().enumerate() {
        let folder = format!("dist/{arch}");
        for kind in ["zip", "dmg"] {
            project.write(&format!("{folder}/{NAME}-macos-1.2.3-{arch}.{kind}"), noise(seed as u64 + 7, 3000));
        }
        let epoch = (1_795_345_629 + seed).to_string();
        let mut command = project.command(&["update-manifest", "electron", "v1.2.3", "--from", &folder]);
        assert!(command.env("SOURCE_DATE_EPOCH", epoch).status().unwrap().success());
        names.push(format!("{folder}/latest-mac.yml"));
    }
    let merged = permuted(&project, &mut names, "dist/latest-mac.yml");
    expect![[r#"
        version: 1.2.3
        files:
          - url: deer-park-macos-1.2.3-universal.zip
            sha512: <sha512>
            size: 3000
          - url: deer-park-macos-1.2.3-x64.zip
            sha512: <sha512>
            size: 3000
          - url: deer-park-macos-1.2.3-arm64.zip
            sha512: <sha512>
            size: 3000
          - url: deer-park-macos-1.2.3-universal.dmg
            sha512: <sha512>
            size: 3000
          - url: deer-park-macos-1.2.3-x64.dmg
            sha512: <sha512>
            size: 3000
          - url: deer-park-macos-1.2.3-arm64.dmg
            sha512: <sha512>
            size: 3000
        path: deer-park-macos-1.2.3-universal.zip
        sha512: <sha512>
        releaseDate: '2026-11-22T11:07:11.000Z'
    "#]]
    .assert_eq(&without_digests(&merged));
}

/// Merges in a hundred seeded orders, some with a manifest given twice; returns the one text that all of them give.
fn permuted(project: &Project, names: &mut [String], output: &str) -> String {
    let mut results = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let mut random = fastrand::Rng::with_seed(seed);
        random.shuffle(names);
        let twice = if random.bool() { vec![names[0].clone()] } else { Vec::new() };
        let mut args = vec!["update-manifest", "merge", "--output", output];
        args.extend(names.iter().chain(&twice).map(String::as_str));
        project.run(&args).expect_code(0);
        results.insert(project.read(output));
    }
    assert_eq!(results.len(), 1, "the order of merging changes the bytes");
    results.pop_first().unwrap()
}

/// Packages of Tauri, which `tauri signer` has signed, and the key.
const SIGNED: [&str; 4] = [
    "Ponies_1.2.3_amd64.AppImage",
    "Ponies_1.2.3_amd64.deb",
    "Ponies_1.2.3_x64-setup.exe",
    "Ponies_1.2.3_aarch64.app.tar.gz",
];

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tauri").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn with_tauri_packages() -> Project {
    let project = project();
    for name in SIGNED {
        project.write(&format!("dist/tauri/{name}"), format!("package {name} of the tests\n"));
        project.write(&format!("dist/tauri/{name}.sig"), fixture(&format!("{name}.sig")));
    }
    project.write("tauri.pub", fixture("key.pub"));
    project
}

fn write_tauri(project: &Project, more: &[&str]) -> Outcome {
    let args = ["update-manifest", "tauri", "v1.2.3", "--from", "dist/tauri", "--public-key", "tauri.pub"];
    project.run(&[&args, more].concat())
}

/// What Tauri's updater reads, with nothing else allowed beside it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    version: String,
    notes: String,
    pub_date: String,
    platforms: std::collections::BTreeMap<String, StrictPlatform>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictPlatform {
    signature: String,
    url: String,
}

#[test]
fn tauris_manifest_is_read_strictly_and_its_signatures_are_verbatim() {
    let project = with_tauri_packages();
    project.write("notes.md", "Faster ponies.\n");
    write_tauri(&project, &["--notes", "notes.md"]).expect_code(0);
    let text = project.read("dist/tauri/latest.json");
    let manifest: Strict = serde_json::from_str(&text).unwrap();
    assert_eq!((manifest.version.as_str(), manifest.notes.as_str()), ("1.2.3", "Faster ponies."));
    assert_eq!(manifest.pub_date, "2026-11-22T11:07:09Z");
    let keys: Vec<&str> = manifest.platforms.keys().map(String::as_str).collect();
    assert_eq!(keys, ["darwin-aarch64", "linux-x86_64", "linux-x86_64-deb", "windows-x86_64"]);
    for (platform, name) in ["linux-x86_64", "linux-x86_64-deb", "windows-x86_64", "darwin-aarch64"].iter().zip(SIGNED)
    {
        let entry = &manifest.platforms[*platform];
        assert_eq!(entry.url, format!("https://github.com/acme/app/releases/download/v1.2.3/{name}"));
        assert_eq!(entry.signature, fixture(&format!("{name}.sig")));
    }
    let key = fixture("key.pub");
    let verify = ["update-manifest", "verify", "dist/tauri/latest.json", "--tag", "v1.2.3", "--public-key", &key];
    project.run(&verify).expect_code(0);
    let exe = "dist/tauri/Ponies_1.2.3_x64-setup.exe";
    project.write(exe, project.read(exe).replace("package", "Package"));
    let said = project.run(&verify).expect_code(1).stderr;
    assert!(
        said.contains("Ponies_1.2.3_x64-setup.exe (windows-x86_64): its signature is not of these bytes"),
        "{said}"
    );
}

#[test]
fn one_bad_entry_is_refused() {
    let wrong: [(&str, &str, String, &str); 4] = [
        ("another key", "Ponies_1.2.3_amd64.AppImage.sig", fixture("of-another-key.sig"), "signed with another key"),
        (
            "another file",
            "Ponies_1.2.3_amd64.deb.sig",
            fixture("Ponies_1.2.3_amd64.AppImage.sig"),
            "not of these bytes",
        ),
        ("no signature", "Ponies_1.2.3_amd64.deb.sig", "aGVsbG8=".to_owned(), "no signature of minisign"),
        (
            "changed",
            "Ponies_1.2.3_amd64.deb",
            "package Ponies_1.2.3_amd64.deb of the testS\n".to_owned(),
            "not of these",
        ),
    ];
    for (what, name, contents, sentence) in wrong {
        let project = with_tauri_packages();
        project.write(&format!("dist/tauri/{name}"), contents);
        let said = write_tauri(&project, &[]).expect_code(1).stderr;
        assert!(said.contains("no manifest was written") && said.contains(sentence), "{what}: {said}");
        assert!(!project.path("dist/tauri/latest.json").exists(), "{what}");
    }
    let project = with_tauri_packages();
    write_tauri(&project, &[]).expect_code(0);
    let good = project.read("dist/tauri/latest.json");
    for (from, to, sentence) in [
        ("https://", "http://", "not an https address"),
        ("linux-x86_64-deb", "linux-amd64", "is not a platform"),
        ("2026-11-22T11:07:09Z", "22 Nov 2026", "not a date of RFC 3339"),
        ("2026-11-22T11:07:09Z", "2026-99-22T11:07:09Z", "not a date of RFC 3339"),
        ("\"url\"", "\"Url\"", "unknown field `Url`"),
        ("\"1.2.3\"", "\"1.2\"", "is not a version"),
    ] {
        project.write("dist/tauri/latest.json", good.replacen(from, to, 1));
        let args = ["update-manifest", "verify", "dist/tauri/latest.json", "--public-key", "tauri.pub"];
        let said = project.run(&args).expect_code(1).stderr;
        assert!(said.contains(sentence), "{said}");
    }
}

#[test]
fn tauris_manifests_are_merged_in_any_order() {
    let project = with_tauri_packages();
    let mut names = Vec::new();
    for name in SIGNED {
        let folder = format!("dist/tauri-{name}");
        for suffix in ["", ".sig"] {
            project.write(&format!("{folder}/{name}{suffix}"), project.read(&format!("dist/tauri/{name}{suffix}")));
        }
        project
            .run(&["update-manifest", "tauri", "v1.2.3", "--from", &folder, "--public-key", "tauri.pub"])
            .expect_code(0);
        names.push(format!("{folder}/latest.json"));
    }
    let merged = permuted(&project, &mut names, "dist/latest.json");
    write_tauri(&project, &[]).expect_code(0);
    assert_eq!(merged, project.read("dist/tauri/latest.json"), "merged is what one run over all gives");

    project.write("dist/other.json", merged.replace("\"1.2.3\"", "\"1.2.4\""));
    let merge = |other: &str| {
        let said = project.run(&["update-manifest", "merge", &names[0], other, "--output", "dist/x.json"]);
        said.expect_code(1).stderr
    };
    assert!(merge("dist/other.json").contains("have another version: `"));
    project.write("dist/latest.yml", "version: 1.2.3\npath: a\nsha512: b\n");
    assert!(merge("dist/latest.yml").contains("is one of Electron"));
}

#[test]
fn a_package_whose_name_does_not_tell_is_asked_for() {
    let project = with_tauri_packages();
    for suffix in ["", ".sig"] {
        let from = project.path(&format!("dist/tauri/Ponies_1.2.3_aarch64.app.tar.gz{suffix}"));
        std::fs::rename(from, project.path(&format!("dist/tauri/Ponies.app.tar.gz{suffix}"))).unwrap();
    }
    let said = write_tauri(&project, &[]).expect_code(1).stderr;
    assert!(said.contains("because: Ponies.app.tar.gz") && said.contains("--platform darwin-aarch64="), "{said}");
    write_tauri(&project, &["--platform", "darwin-aarch64=Ponies.app.tar.gz"]).expect_code(0);
    assert!(project.read("dist/tauri/latest.json").contains("v1.2.3/Ponies.app.tar.gz"));
    std::fs::remove_file(project.path("tauri.pub")).unwrap();
    let said = project.run(&["update-manifest", "tauri", "v1.2.3", "--from", "dist/tauri"]).expect_code(1).stderr;
    assert!(said.contains("there is no public key"), "{said}");
}
