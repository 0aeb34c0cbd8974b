//! The process itself and the protocol: one JSON object a line comes from its stdout, and it stops when its stdin says
//! `stop` or closes.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use shared_child::SharedChild;
use url::{Host, Url};

use super::{Failure, Launch};

/// The launcher ends within 5 s of a request to stop; only what does not keep to that is killed.
const KILL_AFTER: Duration = Duration::from_millis(5_200);
/// What was written last may arrive after the end of the process.
const LAST_WORDS: Duration = Duration::from_millis(300);
const LONGEST_LINE: u64 = 64 * 1024;
const OUTPUT_KEPT: usize = 2_000;

/// What the backend tells.
#[derive(Debug)]
pub enum Event {
    /// For the splash.
    Phase(String),
    /// The first request to this address will be answered.
    Ready(Url),
    /// Told at most once, and never because of [`Backend::stop`].
    Failed(Failure),
}

/// The running process.
pub struct Backend {
    child: SharedChild,
    stdin: Mutex<Option<ChildStdin>>,
    state: Mutex<State>,
    changed: Condvar,
    /// A failure was told, or nobody wants to hear of one any more.
    is_settled: AtomicBool,
    is_ready: AtomicBool,
    log: PathBuf,
    tell: Box<dyn Fn(Event) + Send + Sync>,
}

#[derive(Default)]
struct State {
    is_gone: bool,
    open_streams: u8,
    last_words: String,
}

/// A line of the protocol. Fields of other events are left out.
#[derive(Deserialize)]
struct Line {
    event: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    pid: u64,
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
    log: Option<PathBuf>,
}

impl Backend {
    /// Starts the process. `tell` is called from other threads.
    pub fn start(
        launch: &Launch,
        log: &Path,
        tell: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Arc<Self>, Failure> {
        let mut command = Command::new(&launch.program);
        command.args(&launch.args).current_dir(&launch.cwd).env_clear().envs(&launch.env);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own: Ctrl-C in a terminal is for the shell alone, and uv can be killed with its child.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        // No console window.
        #[cfg(windows)]
        std::os::windows::process::CommandExt::creation_flags(&mut command, 0x0800_0000);
        let child = SharedChild::spawn(&mut command).map_err(|error| Failure::cannot_start(&launch.program, &error))?;
        let (stdin, stdout, stderr) = (child.take_stdin(), child.take_stdout(), child.take_stderr());
        let backend = Arc::new(Self {
            child,
            stdin: Mutex::new(stdin),
            state: Mutex::new(State { open_streams: 2, ..State::default() }),
            changed: Condvar::new(),
            is_settled: AtomicBool::new(false),
            is_ready: AtomicBool::new(false),
            log: log.to_owned(),
            tell: Box::new(tell),
        });
        backend.read(stdout, Self::take_line);
        backend.read(stderr, |backend, line| backend.keep(line));
        let waiting = backend.clone();
        thread::spawn(move || waiting.wait());
        Ok(backend)
    }

    /// Asks the process to stop, and comes back when it is gone, in no more than six seconds.
    pub fn stop(&self) {
        self.is_settled.store(true, Ordering::SeqCst);
        if let Some(mut stdin) = lock(&self.stdin).take() {
            // Where it can't be written, it is gone already.
            let _ = stdin.write_all(b"stop\n");
        }
        if !self.waited(KILL_AFTER, |state| state.is_gone) {
            self.kill();
            self.waited(LAST_WORDS, |state| state.is_gone);
        }
    }

    #[cfg(unix)]
    fn kill(&self) {
        use rustix::process::{Pid, Signal, kill_process_group};
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    #[cfg(not(unix))]
    fn kill(&self) {
        let _ = self.child.kill();
    }

    /// Feeds the lines of a stream to `take`. What is too long for a line is no line of the protocol.
    fn read(self: &Arc<Self>, stream: Option<impl Read + Send + 'static>, take: fn(&Self, &str)) {
        let backend = self.clone();
        thread::spawn(move || {
            let mut reader = stream.map(BufReader::new);
            let mut line = Vec::new();
            while let Some(reader) = &mut reader {
                line.clear();
                match reader.take(LONGEST_LINE).read_until(b'\n', &mut line) {
                    Ok(0) | Err(_) => break,
                    Ok(_) => take(&backend, String::from_utf8_lossy(&line).trim_end()),
                }
            }
            backend.change(|state| state.open_streams -= 1);
        });
    }

    fn take_line(&self, text: &str) {
        let Ok(line) = serde_json::from_str::<Line>(text) else { return self.keep(text) };
        match line.event.as_str() {
            "phase" => (self.tell)(Event::Phase(line.name)),
            "failed" => self.fail(Failure { title: line.title, detail: line.detail, log: line.log }),
            "already-running" => self.fail(Failure::already_running(line.pid)),
            "ready" => match Url::parse(&line.url) {
                Ok(url) if is_on_this_computer(&url) => {
                    if !self.is_ready.swap(true, Ordering::SeqCst) && !self.is_settled.load(Ordering::SeqCst) {
                        (self.tell)(Event::Ready(url));
                    }
                }
                _ => self.fail(Failure::strange_address(&line.url)),
            },
            _ => {}
        }
    }

    fn keep(&self, line: &str) {
        let words = &mut lock(&self.state).last_words;
        words.push_str(line);
        words.push('\n');
        let start = words.len().saturating_sub(OUTPUT_KEPT);
        words.drain(..words.ceil_char_boundary(start));
    }

    fn fail(&self, failure: Failure) {
        if !self.is_settled.swap(true, Ordering::SeqCst) {
            (self.tell)(Event::Failed(failure));
        }
    }

    fn wait(&self) {
        let how = match self.child.wait() {
            Ok(status) => how_it_ended(status),
            Err(error) => format!("was lost sight of ({error})"),
        };
        self.change(|state| state.is_gone = true);
        self.waited(LAST_WORDS, |state| state.open_streams == 0);
        let last_words = lock(&self.state).last_words.trim().to_owned();
        self.fail(Failure::ended(self.is_ready.load(Ordering::SeqCst), &how, &last_words, &self.log));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut lock(&self.state));
        self.changed.notify_all();
    }

    fn waited(&self, limit: Duration, is_so: impl Fn(&State) -> bool) -> bool {
        let waited = self.changed.wait_timeout_while(lock(&self.state), limit, |state| !is_so(state));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

/// A thread that panics ends the program, so no lock is ever found poisoned in earnest.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_on_this_computer(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "http" && is_loopback
}

fn how_it_ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was ended by signal {signal}");
    }
    format!("ended with code {}", status.code().unwrap_or(-1))
}
