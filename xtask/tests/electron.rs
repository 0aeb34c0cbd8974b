//! The commands of the Electron shell, through the command line: which Electron is run, what is refused, what is left.

// Programs that are scripts, links and signals, as a Unix has them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/packager.rs"]
mod packager;
#[path = "support/staging.rs"]
mod staging;
mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use packager::{checkout, fake_node};
use serde_json::Value;
use staging::{Checkout, digest, repository};
use support::{has, skip};

/// Something that a test needs, and the command that brings it.
type Missing = (&'static str, &'static str);

fn chromium() -> Result<(), Missing> {
    let there = std::env::var_os("DDS_CHROMIUM").is_some() || has("chromium-headless-shell") || has("chromium");
    if there { Ok(()) } else { Err(("Chromium", "apt-get install chromium")) }
}

fn seven_zip() -> Result<PathBuf, Missing> {
    which::which("7za").map_err(|_| ("7-Zip", "apt-get install p7zip-full"))
}

/// A checkout with the Electron shell of this repository and a stand-in for Electron.
fn with_shell() -> Result<(Checkout, PathBuf), Missing> {
    if !repository().join("shells/electron/node_modules/.package-lock.json").is_file() {
        return Err(("the shell's modules", "cargo xtask electron-install"));
    }
    let mut checkout = checkout();
    symlink(repository().join("shells"), checkout.path("shells")).unwrap();
    let electron = checkout.path("electron");
    let script = repository().join("shells/electron/tests/stand-in/make.js");
    assert!(Command::new("node").arg(script).arg(&electron).output().unwrap().status.success());
    checkout.env.push(("ELECTRON_OVERRIDE_DIST_PATH".to_owned(), electron.to_str().unwrap().to_owned()));
    Ok((checkout, electron))
}

#[test]
fn packaged_smoke_says_which_electron_it_ran_and_what_it_saw() {
    let (checkout, electron) = match chromium().and_then(|()| with_shell()) {
        Ok(ready) => ready,
        Err((needs, command)) => return skip("packaged_smoke_says", needs, command),
    };
    let output = checkout.run(&["packaged-smoke"]);
    let (said, told) = (String::from_utf8(output.stderr).unwrap(), String::from_utf8(output.stdout).unwrap());
    assert!(output.status.success(), "{said}");
    assert!(said.contains(&format!("ELECTRON_OVERRIDE_DIST_PATH={} node", electron.display())), "{said}");
    let [ran, saw] = told.lines().collect::<Vec<_>>()[..] else { panic!("{told}") };
    let program = electron.join("electron").canonicalize().unwrap();
    assert!(ran.starts_with(&format!("smoke test: {} (Electron stand-in) with ", program.display())), "{ran}");
    assert!(saw.starts_with("smoke test: http://127.0.0.1:") && saw.contains("/ status 200 “Deer Park"), "{saw}");
}

#[test]
fn packaged_smoke_of_a_broken_app_fails_in_time() {
    let (checkout, _) = match chromium().and_then(|()| with_shell()) {
        Ok(ready) => ready,
        Err((needs, command)) => return skip("packaged_smoke_of_a_broken_app", needs, command),
    };
    checkout.stage(&[]);
    checkout.append("backend/src/deer/views.py", "\n\ndef item_list(request: object) -> None: raise RuntimeError\n");
    // What staging takes is not the shell's.
    checkout.stage(&[]);
    let started = Instant::now();
    let said = checkout.fails(1, &["packaged-smoke"]);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    // The backend asks for its first page itself, before the window does.
    assert!(said.contains("The first page (/) answers with status 500"), "{said}");
    assert!(said.contains("next: "), "{said}");
}

/// Programs that inherited this text in their environment.
#[cfg(target_os = "linux")]
fn processes_with(mark: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let marked = entries.filter(|path| fs::read(path.join("environ")).is_ok_and(|bytes| contains(&bytes, mark)));
    marked.map(|path| fs::read_to_string(path.join("cmdline")).unwrap_or_default().replace('\0', " ")).collect()
}

#[cfg(target_os = "linux")]
fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(target_os = "linux")]
fn within(seconds: u64, is_so: impl Fn() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !is_so() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(100));
    }
    is_so()
}

#[test]
#[cfg(target_os = "linux")]
fn a_command_that_is_ended_takes_the_window_with_it() {
    let (checkout, _) = match chromium().and_then(|()| with_shell()) {
        Ok(ready) => ready,
        Err((needs, command)) => return skip("a_command_that_is_ended_takes_the_window_with_it", needs, command),
    };
    let mark = checkout.root().to_str().unwrap().to_owned();
    let mut command = checkout.command(&["packaged-start"]);
    command.env("DESKTOP_DJANGO_APP_DATA_DIR", checkout.path("data")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let has_worker = || processes_with(&mark).iter().any(|line| line.contains("worker_process"));
    let came_up = within(60, has_worker);
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    child.wait().unwrap();
    assert!(came_up, "there was no worker");
    assert!(within(10, || processes_with(&mark).is_empty()), "{:#?}", processes_with(&mark));
}

#[test]
#[cfg(target_os = "linux")]
fn an_electron_that_hangs_is_ended_with_all_that_it_has_started() {
    let (checkout, electron) = match with_shell() {
        Ok(ready) => ready,
        Err((needs, command)) => return skip("an_electron_that_hangs", needs, command),
    };
    // As one that shows what is wrong in a message, and waits for somebody to click.
    fs::write(electron.join("electron"), "#!/bin/sh\ntrap '' TERM\nsleep 300\n").unwrap();
    let said = checkout.fails(1, &["packaged-smoke", "--", "--some-switch"]);
    assert!(said.contains("cli.js . --some-switch"), "{said}");
    assert!(said.contains("has not ended within 40 s and was stopped"), "{said}");
    let mark = checkout.root().to_str().unwrap().to_owned();
    assert!(within(5, || processes_with(&mark).is_empty()), "{:#?}", processes_with(&mark));
}

#[test]
fn without_electrons_program_it_says_so_and_runs_nothing_else() {
    let mut checkout = checkout();
    let log = fake_node(&mut checkout);
    for command in ["packaged-smoke", "packaged-start", "electron-start"] {
        let said = checkout.fails(1, &[command]);
        assert!(said.contains("npm's package of Electron has no program in it"), "{command}: {said}");
        assert!(said.contains("ELECTRON_MIRROR") && said.contains("ELECTRON_OVERRIDE_DIST_PATH"), "{command}: {said}");
    }
    let asked = fs::read_to_string(log).unwrap();
    assert!(!asked.lines().any(|line| line.contains("electron/cli.js")), "{asked}");
}

/// Without GitHub electron-builder ends while it makes an `AppImage`.
#[test]
fn a_packager_without_its_tools_is_told_where_else_they_are() {
    let mut checkout = checkout();
    fake_node(&mut checkout);
    let node = checkout.read("tools/node").replace("echo 'packaging'", "echo 'ENOTFOUND github.com'; exit 1");
    checkout.write("tools/node", &node);
    let said = checkout.fails(1, &["package-dist"]);
    assert!(said.contains("ENOTFOUND github.com"), "{said}");
    assert!(said.contains("connection or proxy") && said.contains("ELECTRON_BUILDER_BINARIES_MIRROR"), "{said}");
}

#[test]
fn another_electron_that_is_not_there_is_refused() {
    let mut checkout = checkout();
    let log = fake_node(&mut checkout);
    checkout.env.push(("ELECTRON_OVERRIDE_DIST_PATH".to_owned(), "no/such/folder".to_owned()));
    for command in ["packaged-smoke", "packaged-start", "electron-start", "package-dist-dir"] {
        let said = checkout.fails(1, &[command]);
        assert!(
            said.contains("ELECTRON_OVERRIDE_DIST_PATH: ") && said.contains("no/such/folder is not a folder"),
            "{said}"
        );
        assert!(said.contains("cargo xtask electron-install"), "{said}");
    }
    assert!(!log.exists(), "something was run");
}

#[test]
fn a_copied_python_is_not_packaged_where_ci_is_set() {
    let mut checkout = checkout();
    let log = fake_node(&mut checkout);
    checkout.env.push(("CI".to_owned(), "true".to_owned()));
    let said = checkout.fails(1, &["package-dist"]);
    assert!(said.contains("copied from this machine") && said.contains("--allow-host-python"), "{said}");
    assert!(!log.exists(), "something was run");
    // Allowed, it goes on to the packager, which leaves nothing here.
    let said = checkout.fails(1, &["package-dist", "--allow-host-python"]);
    assert!(said.contains("electron-builder left no package in dist/electron"), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn what_can_not_be_packaged_here_is_said_before_anything_is_made() {
    let mut checkout = checkout();
    let log = fake_node(&mut checkout);
    let said = checkout.fails(1, &["package-dist", "--target", "all", "--", "--mac", "dmg"]);
    assert!(said.contains("dmg for macos-arm64 can't be made on linux-"), "{said}");
    assert!(said.contains("run the same command on a Mac"), "{said}");
    let said = checkout.fails(2, &["package-dist", "--target", "windows-x64"]);
    assert!(said.contains("no Python of this machine runs on windows-x64"), "{said}");
    let said = checkout.fails(2, &["package-dist", "--target", "beos"]);
    assert!(said.contains("`beos` is no target"), "{said}");
    assert!(!log.exists() && !checkout.path(".stage/backend").exists(), "something was made");
}

#[test]
#[cfg(target_os = "linux")]
fn what_can_not_be_signed_is_refused_before_anything_is_made() {
    let mut checkout = checkout();
    let log = fake_node(&mut checkout);
    checkout.append("dds.toml", "\n[sign.macos]\nprogram = \"no-such-signer\"\n");
    let refused = |checkout: &Checkout, code: i32, args: &[&str], parts: &[&str]| {
        let said = checkout.fails(code, &[&["package-dist"], args].concat());
        assert!(parts.iter().all(|part| said.contains(part)) && said.contains("next: "), "{said}");
    };
    refused(&checkout, 2, &["--sign-macos", "ad-hoc"], &["--sign-macos is for macOS", "--target macos-arm64"]);
    let mac = ["--target", "macos-arm64", "--sign-macos"];
    refused(&checkout, 1, &[&mac[..], &["ad-hoc"]].concat(), &["`no-such-signer` is not on PATH"]);
    checkout.write("dds.toml", &checkout.read("dds.toml").replace("no-such-signer", "tools/node"));
    let own = [&mac[..], &["own.p12"]].concat();
    refused(&checkout, 1, &own, &["there is no file own.p12", "ad-hoc"]);
    checkout.write("own.p12", "");
    refused(&checkout, 1, &own, &["none is given", "CSC_KEY_PASSWORD_FILE"]);
    checkout.env.push(("CSC_KEY_PASSWORD_FILE".to_owned(), "password.txt".to_owned()));
    refused(&checkout, 1, &own, &["CSC_KEY_PASSWORD_FILE: there is no file ", "password.txt"]);
    // One for this system is none for another.
    checkout.write("electron/electron", "");
    checkout.env.push(("ELECTRON_OVERRIDE_DIST_PATH".to_owned(), "electron".to_owned()));
    let electron = ["has no Electron for macos-arm64", "Electron.app", "-darwin-arm64.zip", "{target}"];
    refused(&checkout, 1, &mac[..2], &electron);
    assert!(!log.exists() && !checkout.path(".stage/backend").exists(), "something was made");
}

#[test]
#[cfg(target_os = "linux")]
fn packages_are_told_and_listed_and_older_ones_are_gone() {
    let mut checkout = checkout();
    fake_node(&mut checkout);
    let name = |rest: &str| format!("dist/electron/deer-park-{rest}");
    checkout.write(&name("linux-0.9.0-x86_64.AppImage"), "older");
    checkout.write(&name("macos-0.9.0-arm64.dmg"), "of another system");
    checkout.write("packed/deer-park-linux-1.0.0-x86_64.AppImage", "abc");
    checkout.write("packed/latest-linux.yml", "");
    checkout.write("packed/builder-debug.yml", "not for people");
    checkout.write("shells/brand/electron-icons.sha256", "00  of/the/starter.svg\n");
    let output = checkout.run(&["package-dist"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let (abc, nothing) = (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    let told = String::from_utf8(output.stdout).unwrap();
    let words: Vec<Vec<&str>> = told.lines().map(|line| line.split_whitespace().collect()).collect();
    let appimage = name("linux-1.0.0-x86_64.AppImage");
    assert_eq!(
        words,
        [vec![abc, "3", "B", appimage.as_str()], vec![nothing, "0", "B", "dist/electron/latest-linux.yml"]]
    );
    let stale = "notice: the icons of Electron were not made of shells/brand/icon.svg: `cargo xtask electron-icons`";
    assert!(said.contains(stale), "{said}");
    // What the packager says is no data.
    assert!(said.contains("packaging") && said.contains(&name("linux-sha256.txt")), "{said}");
    let list = format!("{abc}  deer-park-linux-1.0.0-x86_64.AppImage\n{nothing}  latest-linux.yml\n");
    assert_eq!(checkout.read(&name("linux-sha256.txt")), list);
    assert!(!checkout.path(&name("linux-0.9.0-x86_64.AppImage")).exists());
    assert!(checkout.path(&name("macos-0.9.0-arm64.dmg")).exists());
}

#[test]
#[cfg(target_os = "linux")]
fn the_packager_finds_the_licences_of_the_shells_parts() {
    let mut checkout = checkout();
    let log = fake_node(&mut checkout);
    let dry = String::from_utf8(checkout.run(&["package-dist-dir", "--dry-run"]).stdout).unwrap();
    let line = "write   .stage/notices/electron/THIRD-PARTY-NOTICES.txt  (licences of the shell's parts)";
    assert!(dry.contains(line), "{dry}");
    for (path, text) in [
        ("electron/LICENSE", "Terms of Electron\n"),
        ("updater/LICENSE.md", "Terms of the updater\n"),
        ("updater/license.js", "not this\n"),
        ("updater/node_modules/silent/index.js", ""),
        ("tool/LICENSE", "Terms of a tool\n"),
    ] {
        checkout.write(&format!("shells/electron/node_modules/{path}"), text);
    }
    let output = checkout.run(&["package-dist-dir"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("notice: no licence text comes with silent 3.0.0; "), "{said}");
    let notices = checkout.read(".stage/notices/electron/THIRD-PARTY-NOTICES.txt");
    let parts: Vec<&str> = notices.lines().filter(|line| line.starts_with("- ")).collect();
    assert_eq!(
        parts,
        [
            "- electron 45.0.0 (MIT): [1] [2]",
            "- silent 3.0.0 (licence not told): no text",
            "- updater 2.0.0 (MIT): [3]"
        ]
    );
    for text in ["Terms of Electron", "LICENSES.chromium.html", "Terms of the updater"] {
        assert!(notices.contains(text), "{text}");
    }
    assert!(!notices.contains("not this") && !notices.contains("Terms of a tool"));
    assert!(fs::read_to_string(log).unwrap().contains("electron-builder/cli.js"));
}

#[test]
#[cfg(not(target_os = "macos"))]
fn the_quick_disk_image_refuses_a_stage_that_is_not_whole() {
    let checkout = checkout();
    let refused = |broken: &str, mend: &dyn Fn()| {
        let said = checkout.fails(1, &["electron-package-dmg-fast"]);
        assert!(said.contains("packaged-stage`"), "{broken}: {said}");
        assert!(!said.contains("can't be made on"), "{broken}: {said}");
        mend();
        said
    };
    assert!(refused("nothing", &|| drop(checkout.stage(&[]))).contains("there is no staged backend"));
    // Whole, it is only this system that is wrong.
    let said = checkout.fails(1, &["electron-package-dmg-fast"]);
    assert!(said.contains("a macOS disk image can't be made on"), "{said}");

    let view = checkout.staged().join("src/deer/views.py");
    let text = fs::read(&view).unwrap();
    let mend = |path: &Path| {
        fs::remove_file(path).ok();
        fs::write(path, &text).unwrap();
    };
    // A copy, because the file may be the same one as in another tree.
    fs::remove_file(&view).unwrap();
    assert!(refused("a file is missing", &|| mend(&view)).contains("views.py"));
    mend(&view);
    fs::write(&view, [text.as_slice(), b"#"].concat()).unwrap();
    assert!(refused("a file was changed", &|| mend(&view)).contains("views.py"));
    let stranger = checkout.staged().join("src/stranger.py");
    fs::write(&stranger, "").unwrap();
    assert!(refused("a file too many", &|| fs::remove_file(&stranger).unwrap()).contains("stranger.py"));
    fs::remove_file(checkout.staged().join("runtime-manifest.json")).unwrap();
    refused("the manifest is missing", &|| ());
}

#[test]
#[ignore = "long: packages for real"]
fn packages_are_told_with_size_and_digest_and_named_by_their_version() {
    let (seven, (mut checkout, _)) = match seven_zip().and_then(|seven| Ok((seven, with_shell()?))) {
        Ok(ready) => ready,
        Err((needs, command)) => return skip("packages_named_by_their_version", needs, command),
    };
    checkout.env.push(("ELECTRON_BUILDER_7ZIP_PATH".to_owned(), seven.to_str().unwrap().to_owned()));
    checkout.write("dist/electron/deer-park-linux-1.0.0-x64.zip", "of an earlier run");
    // The shell is the repository's, so its packages would go there.
    let output = format!("--config.directories.output={}", checkout.path("dist/electron").display());
    let rest = [
        "--linux",
        "zip",
        "tar.gz",
        "--x64",
        "--config.extraMetadata.version=9.8.7",
        "--config.compression=store",
        &output,
    ];
    let run = checkout.run(&[&["package-dist", "--json", "--"], rest.as_slice()].concat());
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let told: Value = serde_json::from_slice(&run.stdout).unwrap();
    let packages = told["packages"].as_array().unwrap();
    let paths: Vec<&str> = packages.iter().map(|package| package["path"].as_str().unwrap()).collect();
    let stem = "dist/electron/deer-park-linux-9.8.7-x64";
    assert_eq!(paths, [format!("{stem}.tar.gz"), format!("{stem}.zip")]);
    for package in packages {
        let path = checkout.path(package["path"].as_str().unwrap());
        assert_eq!(package["sha256"], digest(&path));
        assert_eq!(package["bytes"], fs::metadata(path).unwrap().len());
    }
    assert_eq!(told["checksums"], "dist/electron/deer-park-linux-sha256.txt");
    assert!(checkout.run(&["checksums-verify", told["checksums"].as_str().unwrap()]).status.success());
    assert_eq!(checkout.read(told["checksums"].as_str().unwrap()).lines().count(), 2);
}
