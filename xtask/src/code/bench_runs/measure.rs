//! Runs whole processes and measures them: the time from before the start to after the end, and the memory.

use std::fs::File;

use std::io::{Read, Seek};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Fault, Result};
use crate::base::interrupt;
use crate::code::figures::Sample;

/// How often the memory of a process is looked at. The system keeps the peak, so only the last moments can be missed.
const LOOK_EACH: Duration = Duration::from_millis(3);

/// A program, without the variables that change what is measured.
pub(crate) fn program(ctx: &Ctx, path: impl AsRef<std::ffi::OsStr>) -> Command {
    const PREFIXES: [&str; 5] = ["DDS_", "DDSTASK_", "DESKTOP_DJANGO_", "DJANGO_", "PYTHON"];
    const NAMES: [&str; 3] = ["VIRTUAL_ENV", "UV_OFFLINE", "UV_PYTHON"];
    let mut command = Command::new(path);
    let disturbs = |name: &str| PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name);
    for (name, _) in ctx.env.filter(disturbs) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs a program to its end; returns its figures and what it wrote to stdout.
///
/// # Errors
/// It failed; the end of what it wrote is in the fault.
pub(crate) fn whole(mut command: Command) -> Result<(Sample, String)> {
    let what = describe(&command);
    let mut output = temporary()?;
    let mut errors = temporary()?;
    let copy = |file: &File| file.try_clone().fault(|| "cannot open a temporary file".to_owned());
    command.stdout(copy(&output)?).stderr(copy(&errors)?);
    let start = Instant::now();
    let child = command.spawn().fault(|| format!("cannot start `{what}`"))?;
    let (status, peak_bytes) = wait(child, &what)?;
    let secs = start.elapsed().as_secs_f64();
    interrupt::check()?;
    let text = contents(&mut output)?;
    if status.success() {
        return Ok((Sample { secs, peak_bytes }, text));
    }
    let errors = contents(&mut errors)?;
    let said = if errors.trim().is_empty() { text } else { errors };
    Err(Fault::new(format!("`{what}` ended with {status}")).because(said.trim_end()))
}

/// Waits for the end while another thread looks at the memory.
fn wait(mut child: Child, what: &str) -> Result<(std::process::ExitStatus, u64)> {
    let _guard = interrupt::guard(child.id(), false);
    let pid = child.id();
    let peak = AtomicU64::new(0);
    let over = AtomicBool::new(false);
    let status = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                peak.fetch_max(peak_bytes(pid), Ordering::Relaxed);
                std::thread::sleep(LOOK_EACH);
            }
        });
        let status = child.wait();
        over.store(true, Ordering::Relaxed);
        status
    });
    Ok((status.fault(|| format!("cannot wait for `{what}`"))?, peak.into_inner()))
}

/// The most memory that a running process had so far; 0 where the system does not tell.
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

/// A nameless file; children may fill it as they like without being held up.
pub(crate) fn temporary() -> Result<File> {
    tempfile::tempfile().fault(|| "cannot make a temporary file".to_owned())
}

/// All that was written into a file by others.
pub(crate) fn contents(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).fault(|| "cannot read a temporary file".to_owned())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The program's name and its first arguments.
pub(crate) fn describe(command: &Command) -> String {
    const SHOWN: usize = 4;
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args().take(SHOWN));
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
