//! The first minutes of a new checkout, with a cargo that takes its time.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

fn script(path: &Path, lines: &str) {
    fs::write(path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// One at a time: a program that another thread is still writing while this one forks can't be started.
static ALONE: Mutex<()> = Mutex::new(());

/// A folder with this program, and with a cargo that does what the lines say.
fn folder(name: &str, cargo: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("start-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_start"), folder.join("start")).unwrap();
    script(&folder.join("cargo"), cargo);
    folder
}

fn start(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(folder.join("start"));
    command.args(args).env("CARGO", folder.join("cargo")).env("CARGO_MANIFEST_DIR", folder.join("xtask/start"));
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let output = start(folder, args).output().unwrap();
    fs::remove_dir_all(folder).unwrap();
    output
}

#[test]
fn a_log_without_a_terminal_is_never_silent_for_ten_seconds() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let artifact = r#"echo '{"reason":"compiler-artifact","target":{"name":"sha2"}}'"#;
    let folder = folder(
        "log",
        &format!(
            "{artifact}; sleep 18; printf '#!/bin/sh\\necho done\\n' > ${{0%cargo}}ddstask; chmod +x ${{0%cargo}}ddstask"
        ),
    );
    let begin = Instant::now();
    let mut child = start(&folder, &[]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stderr, mut said, mut last, mut buffer) = (child.stderr.take().unwrap(), String::new(), begin, [0; 1000]);
    loop {
        let count = stderr.read(&mut buffer).unwrap();
        let limit = Duration::from_secs(if said.is_empty() { 2 } else { 10 });
        assert!(last.elapsed() < limit, "silent for {:?} after:\n{said}", last.elapsed());
        last = Instant::now();
        if count == 0 {
            break;
        }
        said += std::str::from_utf8(&buffer[..count]).unwrap();
    }
    assert!(child.wait().unwrap().success());
    fs::remove_dir_all(&folder).unwrap();
    let begin = "compiling the tool, once (about 3 minutes on 2 cores): 0 s, ";
    assert!(said.starts_with(begin) && said.contains(": 8 s, 1 parts\n") && said.lines().count() == 3, "{said}");
}

#[test]
fn who_has_changed_nothing_hears_the_tool_alone() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = r#"echo "$@ $CARGO_PKG_NAME" > ${0%cargo}seen"#;
    let folder = folder("fresh", seen);
    script(&folder.join("ddstask"), r#"echo "tool: $@"; cat "${0%ddstask}seen"; exit 7"#);
    let expected = format!(
        "tool: check --all\nbuild --quiet --package xtask --message-format json-render-diagnostics --manifest-path \
         {}/xtask/start/../Cargo.toml \n",
        folder.display()
    );
    let output = run(&folder, &["check", "--all"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    assert_eq!((output.stderr, output.status.code()), (Vec::new(), Some(7)));
}

#[test]
fn a_tool_that_cannot_be_compiled_ends_as_cargo_ends() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = folder("broken", "echo 'error: expected `;`' >&2; exit 101");
    script(&folder.join("ddstask"), "");
    let output = run(&folder, &["doctor"]);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "error: expected `;`\n");
    assert_eq!(output.status.code(), Some(101));
}
