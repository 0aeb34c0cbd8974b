//! The launcher protocol with the real staged backend.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use desktop_shell::launcher::{Backend, Event, Place, plan};
use tempfile::TempDir;
use url::Url;

use super::support::{place, repository};

const PATIENCE: Duration = Duration::from_secs(60);

/// The staged backend; without one the test is skipped and says so.
fn staged(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("DESKTOP_DJANGO_BACKEND_ROOT").filter(|value| !value.is_empty());
    let folder = folder.map_or_else(|| repository().join(".stage/backend"), PathBuf::from);
    if folder.join("runtime-manifest.json").is_file() {
        return Some(folder);
    }
    if let Some(log) = std::env::var_os("DDS_SKIP_LOG") {
        let mut log = std::fs::OpenOptions::new().append(true).create(true).open(log).unwrap();
        writeln!(log, "{test}: needs a staged backend (cargo xtask packaged-stage)").unwrap();
    }
    eprintln!("skipped: needs a staged backend (cargo xtask packaged-stage)");
    None
}

fn until_ready(told: &Receiver<Event>) -> (Vec<String>, Url) {
    let mut phases = Vec::new();
    loop {
        match told.recv_timeout(PATIENCE).unwrap() {
            Event::Phase { name } => phases.push(name),
            Event::Ready { url } => return (phases, url),
            event => panic!("{event:?}"),
        }
    }
}

/// The status line of an answer to a plain request.
fn status(url: &Url, path: &str, token: Option<&str>) -> String {
    let port = url.port().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let header = token.map(|token| format!("X-Desktop-Django-Token: {token}\r\n")).unwrap_or_default();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{header}Connection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn from_the_first_phase_to_the_last_process() {
    let Some(folder) = staged("from_the_first_phase_to_the_last_process") else { return };
    let data = TempDir::new().unwrap();
    let place = Place { data_folder: data.path().join("data"), ..place(&folder) };
    for is_first in [true, false] {
        let (mut command, splash) = plan(&place, &std::env::vars_os().collect()).unwrap();
        assert!(splash.is_file(), "the project has a splash of its own");
        let (backend, told) = Backend::start(&mut command).unwrap();
        let (phases, url) = until_ready(&told);
        assert_eq!(phases.first().map(String::as_str), Some("prepare"));
        assert_eq!(phases.contains(&"migrate".to_owned()), is_first, "{phases:?}");
        assert!(status(&url, "/", None).contains("403"), "nobody else gets in");
        assert!(status(&url, "/", Some("secret")).contains("200"));
        let bootstrap = "/desktop-auth/bootstrap/?token=secret&next=%2F";
        assert!(status(&url, bootstrap, None).contains("302"));
        let start = Instant::now();
        backend.stop();
        assert!(start.elapsed() < Duration::from_secs(5), "it had to be killed");
        assert!(told.try_iter().all(|event| matches!(event, Event::Phase { .. })), "a stop is no failure");
        assert!(TcpStream::connect(("127.0.0.1", url.port().unwrap())).is_err());
    }
}

#[test]
fn a_second_one_on_the_same_data_is_refused() {
    let Some(folder) = staged("a_second_one_on_the_same_data_is_refused") else { return };
    let data = TempDir::new().unwrap();
    let place = Place { data_folder: data.path().to_owned(), ..place(&folder) };
    let start = || {
        let (mut command, _) = plan(&place, &std::env::vars_os().collect()).unwrap();
        Backend::start(&mut command).unwrap()
    };
    let (first, told) = start();
    until_ready(&told);
    let (second, told) = start();
    let failure = loop {
        match told.recv_timeout(PATIENCE).unwrap() {
            Event::Failed(failure) => break failure,
            Event::Phase { .. } => {}
            event => panic!("two servers: {event:?}"),
        }
    };
    assert_eq!(failure.title, "The app is already running");
    second.stop();
    first.stop();
}
