//! The protocol, with programs that keep to it and programs that do not.
#![cfg(unix)]

use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use desktop_shell::launcher::{Backend, Event};
use serde_json::json;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(20);

/// A backend that is a script of sh.
fn start(script: &str) -> (Arc<Backend>, Receiver<Event>) {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]).current_dir("/").env_clear().env("PATH", "/usr/bin:/bin");
    Backend::start(&mut command).unwrap()
}

/// What a script says, as text, up to the first failure or address.
fn said(script: &str) -> Vec<String> {
    let (backend, told) = start(script);
    let mut all = Vec::new();
    loop {
        match told.recv_timeout(PATIENCE).unwrap() {
            Event::Phase { name } => all.push(format!("phase {name}")),
            Event::Ready { url } => all.push(format!("ready {url}")),
            Event::Failed(failure) => all.push(failure.to_string()),
            event => panic!("{event:?} is not handed on"),
        }
        if !all.last().unwrap().starts_with("phase") {
            backend.stop();
            return all;
        }
    }
}

fn is_alive(pid: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

const READY: &str = r#"{"event": "ready", "url": "http://127.0.0.1:4000/", "pid": 1}"#;

#[test]
fn phases_come_first_and_then_the_address() {
    let script = format!(r#"echo '{{"event": "phase", "name": "migrate"}}'; echo '{READY}'; cat >/dev/null"#);
    assert_eq!(said(&script), ["phase migrate", "ready http://127.0.0.1:4000/"]);
}

#[test]
fn each_way_to_fail_has_its_text() {
    let failed = r#"echo '{"event": "failed", "title": "No room", "detail": "Disk full.", "log": "/l/d.log"}'; exit 1"#;
    assert_eq!(said(failed), ["No room: Disk full."]);
    let running = r#"echo '{"event": "already-running", "pid": 4711}'; exit 3"#;
    assert_eq!(said(running), ["The app is already running: Its data is in use by process 4711. Close it first."]);
    for strange in ["http://example.com/", "https://127.0.0.1/", "file:///etc", "http://127.0.0.1.example.com/"] {
        let script = format!(r#"echo '{{"event": "ready", "url": "{strange}"}}'; cat >/dev/null"#);
        assert!(said(&script)[0].starts_with("The app's server can't be trusted: "), "{strange}");
    }
    let words = said("echo 'ModuleNotFoundError: django' >&2; exit 4").remove(0);
    let early = "The app's server ended before it was ready: It ended (exit status: 4). Start the app again.";
    assert_eq!(words, format!("{early}\n\nModuleNotFoundError: django"));
    assert!(said("kill -9 $$")[0].ends_with("It ended (signal: 9 (SIGKILL)). Start the app again."));
}

#[test]
fn what_is_no_line_of_the_protocol_is_no_event() {
    let garbage = r#"echo hello; echo '[1]'; echo '{"half": '; head -c 300000 /dev/zero | tr '\0' x; echo"#;
    let words = said(&format!("{{ {garbage}; echo end; }} >&2; {garbage}; exit 9"));
    assert!(words[0].contains("exit status: 9"), "{words:?}");
    assert!(words[0].ends_with("\nend") && words[0].len() < 4_000);
}

#[test]
fn a_log_of_the_backends_own_choice_is_handed_on() {
    let failed = r#"echo '{"event": "failed", "title": "No room", "detail": "Disk full.", "log": "/l/d.log"}'; exit 1"#;
    let Event::Failed(failure) = start(failed).1.recv_timeout(PATIENCE).unwrap() else { panic!("not a failure") };
    assert_eq!(failure.log, Some(PathBuf::from("/l/d.log")));
}

#[test]
fn an_end_after_the_page_is_told() {
    let (_backend, told) = start(&format!("echo '{READY}'; sleep 0.2; exit 7"));
    assert!(matches!(told.recv_timeout(PATIENCE).unwrap(), Event::Ready { .. }));
    let Event::Failed(failure) = told.recv_timeout(PATIENCE).unwrap() else { panic!("not a failure") };
    assert_eq!(failure.to_string(), "The app's server stopped: It ended (exit status: 7). Start the app again.");
}

#[test]
fn a_question_is_answered_with_how_far_it_is_and_then_the_result() {
    let reply = |event: &str, rest: &str| format!(r#"echo "{{\"event\": \"{event}\", \"id\": \"$id\", {rest}}}";"#);
    let id = r#"read line; id=$(echo "$line" | sed 's/.*"id":"\([^"]*\)".*/\1/'); echo "$line" >&2;"#;
    let progress = reply("progress", r#"\"done\": 21, \"total\": 50"#);
    let done = reply("done", r#"\"result\": {\"file\": \"/b.zip\"}"#);
    let refused = reply("refused", r#"\"title\": \"No room\", \"detail\": \"Make some.\""#);
    let (backend, _told) = start(&format!("{id} {progress} {done} {id} {refused} cat >/dev/null"));
    let heard = Mutex::new(Vec::new());
    let tell = |percent| heard.lock().unwrap().push(percent);
    let answer = backend.ask("backup", json!({ "to": "/b.zip" }), tell).unwrap();
    assert_eq!(answer, json!({ "file": "/b.zip" }));
    assert_eq!(*heard.lock().unwrap(), [42]);
    let failure = backend.ask("export", json!({}), tell).unwrap_err();
    assert_eq!(failure.to_string(), "No room: Make some.");
    backend.stop();
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let failure = Backend::start(&mut Command::new("/no/such")).err().unwrap();
    assert_eq!(failure.title, "The app's server can't be started");
    assert!(failure.detail.contains("/no/such"));
}

#[test]
fn stop_is_heard_on_stdin_and_nothing_is_told_of_it() {
    let (backend, told) = start("read line; test \"$line\" = stop && exit 0; exit 1");
    let start = Instant::now();
    backend.stop();
    backend.stop();
    assert!(start.elapsed() < Duration::from_secs(4), "it had to be killed");
    std::thread::sleep(Duration::from_millis(500));
    assert!(told.try_recv().is_err());
}

#[test]
fn what_does_not_listen_is_killed_with_its_children() {
    let folder = TempDir::new().unwrap();
    let pids = folder.path().join("pids");
    let script = format!("trap '' TERM; sleep 100 & echo $$ $! > {}; while :; do sleep 1; done", pids.display());
    let (backend, _told) = start(&script);
    let deadline = Instant::now() + PATIENCE;
    while std::fs::read_to_string(&pids).unwrap_or_default().is_empty() {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(20));
    }
    backend.stop();
    std::thread::sleep(Duration::from_millis(200));
    for pid in std::fs::read_to_string(&pids).unwrap().split_whitespace() {
        assert!(!is_alive(pid), "{pid} is alive");
    }
}
