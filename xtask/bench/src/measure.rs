//! Runs whole processes and measures them: the time from before the start to after the end, and the memory.

use std::ffi::OsStr;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::figures::Sample;

/// How often the memory of a process is looked at. The system keeps the peak, so only the last moments can be missed.
const LOOK_EACH: Duration = Duration::from_millis(3);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Notes Ctrl-C and SIGTERM from now on, so that the throw-away folders are removed before the end.
pub(crate) fn listen() -> Result<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst)).context("cannot listen for Ctrl-C")
}

/// Whether somebody wants this to end.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Fails when somebody wants this to end.
pub(crate) fn check() -> Result<()> {
    ensure!(!interrupted(), "interrupted");
    Ok(())
}

/// A program, without the variables that change what is measured.
pub(crate) fn program(path: impl AsRef<OsStr>) -> Command {
    const PREFIXES: [&str; 5] = ["DDS_", "DDSTASK_", "DESKTOP_DJANGO_", "DJANGO_", "PYTHON"];
    const NAMES: [&str; 3] = ["VIRTUAL_ENV", "UV_OFFLINE", "UV_PYTHON"];
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if PREFIXES.iter().any(|prefix| text.starts_with(prefix)) || NAMES.contains(&&*text) {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Runs a program to its end; returns its figures and what it wrote to stdout.
///
/// # Errors
/// It failed; what it wrote is in the error.
pub(crate) fn whole(mut command: Command) -> Result<(Sample, String)> {
    let what = describe(&command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let start = Instant::now();
    let child = command.spawn().with_context(|| format!("cannot start `{what}`"))?;
    let (output, peak_bytes) = wait(child).with_context(|| format!("cannot wait for `{what}`"))?;
    let secs = start.elapsed().as_secs_f64();
    check()?;
    let [text, errors] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    if !output.status.success() {
        let said = if errors.trim().is_empty() { text } else { errors };
        bail!("`{what}` ended with {}: {}", output.status, said.trim_end());
    }
    Ok((Sample { secs, peak_bytes }, text))
}

/// Waits for the end while another thread looks at the memory.
fn wait(child: Child) -> std::io::Result<(Output, u64)> {
    let pid = child.id();
    let peak = AtomicU64::new(0);
    let over = AtomicBool::new(false);
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) && !interrupted() {
                peak.fetch_max(peak_bytes(pid), Ordering::Relaxed);
                std::thread::sleep(LOOK_EACH);
            }
            if interrupted() {
                terminate(pid);
            }
        });
        let output = child.wait_with_output();
        over.store(true, Ordering::Relaxed);
        output
    });
    Ok((output?, peak.into_inner()))
}

/// Asks a process to end: a terminal's Ctrl-C reaches it without this, a SIGTERM does not.
#[cfg(unix)]
fn terminate(pid: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    // A child that has just ended is no trouble.
    let _ = i32::try_from(pid).ok().and_then(Pid::from_raw).map(|pid| kill_process(pid, Signal::TERM));
}

#[cfg(not(unix))]
fn terminate(_: u32) {}

/// The most memory that a running process had so far, its maximum resident set; 0 where the system does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn peak_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn peak_bytes(_: u32) -> u64 {
    0
}

/// The program's name and its first arguments.
pub(crate) fn describe(command: &Command) -> String {
    const SHOWN: usize = 4;
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args().take(SHOWN));
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
