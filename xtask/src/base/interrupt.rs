//! Ctrl-C and SIGTERM: remembered, passed on to the children that run, and told by the exit code.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::base::fault::{Context, Fault, Kind, Result};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static CHILDREN: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// A child that runs now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Child {
    pid: u32,
    /// It leads a process group of its own, so a terminal's Ctrl-C does not reach it.
    own_group: bool,
}

/// Starts listening. To be called once, before anything is spawned.
pub(crate) fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        for child in CHILDREN.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            child.terminate();
        }
    })
    .fault(|| "cannot listen for Ctrl-C".to_owned())
}

/// Fails when the user wants to stop. Long loops ask once a file.
pub(crate) fn check() -> Result<()> {
    if INTERRUPTED.load(Ordering::SeqCst) { Err(Fault::interrupted()) } else { Ok(()) }
}

/// What a failure is after the user wanted to stop: just that. What was broken off may call it something else, such as a
/// list of interpreters of which none could be asked.
pub(crate) fn explain(fault: Fault) -> Fault {
    match check() {
        Err(stop) if fault.kind() != Kind::Interrupted => stop,
        _ => fault,
    }
}

/// Passes interrupts on to a child for as long as the answer lives.
pub(crate) fn guard(pid: u32, own_group: bool) -> Guard {
    let child = Child { pid, own_group };
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner).push(child);
    if check().is_err() {
        child.terminate();
    }
    Guard(child)
}

/// See [`guard`].
pub(crate) struct Guard(Child);

impl Guard {
    /// Asks the child to end.
    pub(crate) fn terminate(&self) {
        self.0.terminate();
    }

    /// Ends the child, and its whole group if it has one.
    pub(crate) fn kill(&self) {
        self.0.kill();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut children = CHILDREN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = children.iter().position(|child| *child == self.0) {
            children.swap_remove(at);
        }
    }
}

impl Child {
    #[cfg(unix)]
    fn terminate(self) {
        self.send(rustix::process::Signal::TERM);
    }

    #[cfg(unix)]
    fn kill(self) {
        self.send(rustix::process::Signal::KILL);
    }

    #[cfg(unix)]
    fn send(self, signal: rustix::process::Signal) {
        use rustix::process::{Pid, kill_process, kill_process_group};
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else { return };
        // A child that has just ended is no trouble.
        let _ = if self.own_group { kill_process_group(pid, signal) } else { kill_process(pid, signal) };
    }

    /// On Windows the console sends Ctrl-C to every process that is attached to it.
    #[cfg(not(unix))]
    fn terminate(self) {
        let Self { pid: _, own_group: _ } = self;
    }

    #[cfg(not(unix))]
    fn kill(self) {
        let tree = ["/PID", &self.pid.to_string(), "/T", "/F"];
        // One that is gone already needs no end.
        let _ = crate::base::ask::ask(".".into(), "taskkill".into(), &tree);
    }
}
