//! A backend that was staged for another system, started with what runs that system's programs, and used.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::staging::{Backend, Checkout};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Takes this machine's Python of the version that the interpreters for other systems have.
pub(crate) fn of_3_13(checkout: &Checkout) {
    let dds = checkout.read("dds.toml").replace("[python]\n", "[python]\nsource = \"host\"\nversion = \"3.13\"\n");
    checkout.write("dds.toml", &dds);
}

/// Gives `command`, which runs the programs of another system, what a shell starts the backend in `tree` with. `seen` is a
/// path as that system sees it.
pub(crate) fn started(mut command: Command, tree: &Path, data: &Path, seen: &dyn Fn(&Path) -> String) -> Command {
    let manifest: Value = serde_json::from_slice(&std::fs::read(tree.join("runtime-manifest.json")).unwrap()).unwrap();
    let launcher = &manifest["launcher"];
    command
        .arg(tree.join(manifest["python"]["executable"].as_str().unwrap()))
        .args(launcher["command"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()))
        .current_dir(tree.join(launcher["cwd"].as_str().unwrap()))
        .env("DESKTOP_DJANGO_APP_DATA_DIR", seen(data))
        .env("DESKTOP_DJANGO_BUNDLE_DIR", seen(tree))
        .env("DESKTOP_DJANGO_AUTH_TOKEN", TOKEN)
        .env("DJANGO_SETTINGS_MODULE", launcher["settingsModule"].as_str().unwrap())
        .stdout(Stdio::piped());
    command
}

/// The answer to a GET with a token.
fn get(backend: &Backend, token: &str) -> String {
    let address = backend.url.trim_start_matches("http://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head =
        format!("GET / HTTP/1.1\r\nHost: {address}\r\nX-Desktop-Django-Token: {token}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The page with and without the token, a second start beside it, a kill, a second launch, and a clean end.
pub(crate) fn is_used(start: &dyn Fn() -> Command, title: &str) {
    let backend = Backend::ready(&mut start());
    let page = get(&backend, TOKEN);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains(title), "{page}");
    assert!(get(&backend, "of-somebody-else").starts_with("HTTP/1.1 403"));
    let second = start().output().unwrap();
    let said = String::from_utf8_lossy(&second.stdout);
    assert!(said.contains("already-running"), "{said}");
    backend.kill();
    shows(start, title);
}

/// A start, the page, and a clean end.
pub(crate) fn shows(start: &dyn Fn() -> Command, title: &str) {
    let backend = Backend::ready(&mut start());
    assert!(get(&backend, TOKEN).contains(title));
    backend.stop();
}
