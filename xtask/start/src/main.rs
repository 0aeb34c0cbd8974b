//! What `cargo xtask` runs. It has cargo compile `ddstask` where that is not up to date, and becomes it.
//!
//! Cargo itself says nothing while it compiles one crate, and `ddstask` is a large one: a terminal would stand still for a
//! minute, a log without a terminal for minutes. So this program, which is compiled in a second, counts what is done.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// Who has changed nothing waits no longer than this, and hears nothing.
const FIRST_WORD: Duration = Duration::from_secs(1);
/// Between two words: a terminal has a line that changes, a log gets more and more lines.
const ON_A_TERMINAL: Duration = Duration::from_secs(1);
const IN_A_LOG: Duration = Duration::from_secs(8);
/// What `cargo run` tells this program of its own package. Build scripts ask for some of it, and would run again.
const OF_THIS_PACKAGE: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];

fn main() -> ExitCode {
    let started = compile().and_then(|code| if code == 0 { become_the_tool() } else { Ok(code) });
    started.map_or_else(
        |error| {
            say(&format!("error: {error}\n"));
            ExitCode::FAILURE
        },
        ExitCode::from,
    )
}

/// Has cargo compile the tool, and tells how far it is; cargo's exit code.
fn compile() -> Result<u8, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command.args(["build", "--quiet", "--package", "xtask", "--message-format", "json-render-diagnostics"]);
    if let Some(folder) = env::var_os("CARGO_MANIFEST_DIR") {
        command.arg("--manifest-path").arg(Path::new(&folder).join("../Cargo.toml"));
    }
    for name in strangers() {
        command.env_remove(name);
    }
    let failed = |error: std::io::Error| format!("cannot run {} to compile the tool: {error}", cargo.display());
    let is_terminal = std::io::stderr().is_terminal();
    if is_terminal && env::var_os("CARGO_TERM_COLOR").is_none() && env::var_os("NO_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let is_first = !tool()?.is_file();
    let mut child = command.spawn().map_err(failed)?;
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let done = AtomicUsize::new(0);
    let status = thread::scope(|scope| {
        let (end, ended) = mpsc::channel();
        scope.spawn(|| tell(ended, &done, is_first, is_terminal));
        // Where the line that changes is, an error takes its place.
        let clear = if is_terminal { "\r\x1b[K" } else { "" };
        scope.spawn(move || lines(errors).for_each(|line| say(&format!("{clear}{line}\n"))));
        let parts = lines(output).filter(|line| line.contains(r#""reason":"compiler-artifact""#));
        parts.for_each(|_| {
            done.fetch_add(1, Ordering::Relaxed);
        });
        let status = child.wait();
        drop(end);
        status
    });
    Ok(status.map_err(failed)?.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Says how far cargo is, until the other end of the channel is gone.
#[expect(clippy::needless_pass_by_value, reason = "the channel ends with this")]
fn tell(ended: Receiver<()>, done: &AtomicUsize, is_first: bool, is_terminal: bool) {
    let (start, mut pause) = (Instant::now(), if is_first { Duration::ZERO } else { FIRST_WORD });
    let mut was_told = false;
    while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let line = progress(done.load(Ordering::Relaxed), start.elapsed(), is_first);
        say(&if is_terminal { format!("\r{line}\x1b[K") } else { format!("{line}\n") });
        pause = if is_terminal { ON_A_TERMINAL } else { IN_A_LOG };
        was_told = true;
    }
    if is_terminal && was_told {
        say("\r\x1b[K");
    }
}

fn lines(stream: Option<impl Read>) -> impl Iterator<Item = String> {
    let lines = stream.map(BufReader::new).into_iter().flat_map(|stream| stream.split(b'\n')).map_while(Result::ok);
    lines.map(|line| String::from_utf8_lossy(&line).into_owned())
}

/// No longer than a narrow terminal is wide.
fn progress(done: usize, time: Duration, is_first: bool) -> String {
    let expected = if is_first { ", once (about 3 minutes on 2 cores)" } else { "" };
    format!("compiling the tool{expected}: {} s, {done} parts", time.as_secs())
}

/// Ends as the tool ends, with its exit code.
#[cfg(unix)]
fn become_the_tool() -> Result<u8, String> {
    let path = tool()?;
    let error = std::os::unix::process::CommandExt::exec(&mut run(&path));
    Err(cannot_start(&path, &error))
}

#[cfg(not(unix))]
fn become_the_tool() -> Result<u8, String> {
    // Ctrl-C is for the tool, which is in the same console and says what has become of its work.
    ctrlc::set_handler(|| ()).map_err(|error| format!("cannot listen for Ctrl-C: {error}"))?;
    let path = tool()?;
    let status = run(&path).status().map_err(|error| cannot_start(&path, &error))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn run(path: &Path) -> Command {
    let mut command = Command::new(path);
    command.args(env::args_os().skip(1));
    command
}

fn cannot_start(path: &Path, error: &std::io::Error) -> String {
    format!("cannot start {}: {error}; `cargo build --package xtask` makes it", path.display())
}

/// Cargo puts all programs of one profile into one folder.
fn tool() -> Result<PathBuf, String> {
    let own = env::current_exe().map_err(|error| format!("cannot find this program itself: {error}"))?;
    Ok(own.with_file_name(format!("ddstask{}", env::consts::EXE_SUFFIX)))
}

fn strangers() -> impl Iterator<Item = OsString> {
    let names = env::vars_os().map(|(name, _)| name);
    names.filter(|name| OF_THIS_PACKAGE.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)))
}

/// A closed stderr is no reason to stop.
fn say(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
