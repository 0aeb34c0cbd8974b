//! `airgap-kit export-build`, and staging from what it collected where there is no network at all.

// Interpreters as they are there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;
mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use staging::{Checkout, archive, digest, download_list};
use support::skip;

const KIT: &str = "dist/airgap/deer-park-build-linux-x64";

/// Serves one file over HTTP, as a mirror of interpreters does; ends with the test.
fn serve(file: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/{}", listener.local_addr().unwrap(), file.file_name().unwrap().to_str().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let bytes = std::fs::read(&file).unwrap();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
            let _ = reader.get_mut().write_all(head.as_bytes()).and_then(|()| reader.get_mut().write_all(&bytes));
        }
    });
    url
}

/// The command that runs another in a network namespace of its own, where not even loopback is up.
fn without_a_network() -> Option<Vec<&'static str>> {
    let ways = [vec!["unshare", "-n"], vec!["unshare", "-r", "-n"]];
    ways.into_iter().find(|way| {
        Command::new(way[0]).args(&way[1..]).arg("true").output().is_ok_and(|output| output.status.success())
    })
}

/// Stages from a kit with a program that has only the kit, its checkout and an empty home.
fn stage_from(kit: &Path, way: &[&str]) -> (Checkout, std::process::Output) {
    let other = Checkout::with_own_store();
    let home = other.path("home of nobody");
    std::fs::create_dir(&home).unwrap();
    let output = Command::new(way[0])
        .args(&way[1..])
        .arg(env!("CARGO_BIN_EXE_ddstask"))
        .args(["packaged-stage", "--offline", "--json", "--kit"])
        .arg(kit)
        .current_dir(other.root())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", home)
        .output()
        .unwrap();
    (other, output)
}

#[test]
fn a_stage_from_the_kit_without_a_network_is_the_same() {
    const TEST: &str = "a_stage_from_the_kit_without_a_network_is_the_same";
    let Some(way) = without_a_network() else { return skip(TEST, "unshare and the right to use it", "run as root") };
    let mut online = Checkout::new();
    let folder = tempfile::tempdir().unwrap();
    let built = archive(&online, folder.path());
    let version = online.stage(&[])["python"].as_str().unwrap().to_owned();
    // A name like the real ones, with a character that addresses write in another way.
    let path = folder.path().join(format!("cpython-{version}+20261122-install_only.tar.gz"));
    std::fs::rename(built, &path).unwrap();
    let url = serve(path.clone()).replace('+', "%2B");
    let list = download_list(folder.path(), &version, &url, &digest(&path));
    online.env = vec![
        ("UV_PYTHON_DOWNLOADS_JSON_URL".to_owned(), list.display().to_string()),
        ("DESKTOP_DJANGO_BUNDLED_PYTHON_VERSION".to_owned(), version),
    ];
    let output = online.run(&["airgap-kit", "export-build", "--python-source", "uv", "--json"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["path"], KIT);
    let staged = online.verified_digest();

    // Through the archive, to another place.
    let place = tempfile::Builder::new().prefix("over, \nthere ").tempdir().unwrap();
    let zip = std::fs::File::open(online.path(&format!("{KIT}.zip"))).unwrap();
    zip::ZipArchive::new(zip).unwrap().extract(place.path()).unwrap();
    let kit = place.path().join("deer-park-build-linux-x64");
    let (there, output) = stage_from(&kit, &way);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((result["digest"].as_str(), &result["source"]), (Some(&*staged), &"uv".into()));
    assert_eq!(there.verified_digest(), staged);
    assert!(!online.path("target/airgap-proof").exists());

    // A byte is changed on the way: nothing of it is used.
    let uv = kit.join("uv");
    let mut bytes = std::fs::read(&uv).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&uv, bytes).unwrap();
    let (there, output) = stage_from(&kit, &way);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("because: uv was changed"), "{said}");
    assert!(!there.staged().exists());
}

#[test]
#[ignore = "long: cargo xtask test --all"]
fn an_archive_is_exported_too() {
    let online = Checkout::new();
    let folder = tempfile::tempdir().unwrap();
    let path = archive(&online, folder.path());
    let source = format!("archive:{}", path.display());
    let output = online.run(&["airgap-kit", "export-build", "--python-source", &source]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (there, output) = stage_from(&online.path(KIT), &["/usr/bin/env"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(there.verified_digest(), online.verified_digest());
}

#[test]
fn a_copied_interpreter_is_not_exported() {
    let checkout = Checkout::new();
    let said = checkout.fails(1, &["airgap-kit", "export-build", "--python-source", "host"]);
    assert!(said.contains("was copied from this machine") && said.contains("next: stage with"), "{said}");
    let said = checkout.fails(1, &["packaged-stage", "--kit", "backend"]);
    assert!(said.contains("backend is no kit"), "{said}");
}
