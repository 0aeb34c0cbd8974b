//! The process itself and the protocol: one JSON object a line comes from its stdout, and it stops when its stdin says
//! `stop` or closes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use shared_child::SharedChild;
use url::Url;

use super::Failure;

/// The launcher ends within 5 s of a request to stop; only what does not keep to that is killed.
const KILL_AFTER: Duration = Duration::from_millis(5_200);
/// What was written last may arrive after the end of the process.
const LAST_WORDS: Duration = Duration::from_millis(300);
const WORDS_KEPT: usize = 2_000;
/// So a backend that floods its output waits for this program, and not the other way round.
const LINES_WAITING: usize = 64;

/// What the backend tells; as it comes, a line of the protocol.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// For the splash.
    Phase { name: String },
    /// The first request to this address, which is on this computer, will be answered.
    Ready { url: Url },
    /// It did not start, or has ended. Only the first of these counts.
    Failed(Failure),
    /// Another process has the data; this is handed on as a failure.
    AlreadyRunning { pid: u64 },
    /// Nothing that a shell has to know.
    #[serde(other)]
    Other,
}

/// The running process.
pub struct Backend {
    child: SharedChild,
    is_stopping: AtomicBool,
}

enum Said {
    Event(Event),
    Words(String),
    End(io::Result<ExitStatus>),
}

impl Backend {
    /// Starts the process. Its events come for as long as nobody asks it to stop.
    pub fn start(command: &mut Command) -> Result<(Arc<Self>, Receiver<Event>), Failure> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own: Ctrl-C in a terminal is for the shell alone, and uv can be killed with its child.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        // No console window.
        #[cfg(windows)]
        std::os::windows::process::CommandExt::creation_flags(command, 0x0800_0000);
        let child = SharedChild::spawn(command).map_err(|error| {
            let detail = format!("{} could not be run ({error}).", command.get_program().display());
            Failure::new("The app's server can't be started", detail)
        })?;
        let backend = Arc::new(Self { child, is_stopping: AtomicBool::new(false) });
        let (say, said) = sync_channel(LINES_WAITING);
        let parsed = |line: String| serde_json::from_str(&line).map_or(Said::Words(line), Said::Event);
        read(backend.child.take_stdout(), say.clone(), parsed);
        read(backend.child.take_stderr(), say.clone(), Said::Words);
        let waiting = backend.clone();
        thread::spawn(move || {
            let end = waiting.child.wait();
            thread::sleep(LAST_WORDS);
            say.send(Said::End(end))
        });
        let (tell, told) = channel();
        let listening = backend.clone();
        thread::spawn(move || listening.listen(&said, &tell));
        Ok((backend, told))
    }

    fn listen(&self, said: &Receiver<Said>, tell: &Sender<Event>) {
        let (mut is_ready, mut words) = (false, String::new());
        for said in said {
            let event = match said {
                Said::Words(line) => {
                    words = format!("{words}{line}\n");
                    let start = words.len().saturating_sub(WORDS_KEPT);
                    words.drain(..words.ceil_char_boundary(start));
                    continue;
                }
                Said::End(end) => Event::Failed(ended(is_ready, end, &words)),
                Said::Event(Event::AlreadyRunning { pid }) => {
                    let detail = format!("Its data is in use by process {pid}. Close it first.");
                    Event::Failed(Failure::new("The app is already running", detail))
                }
                Said::Event(Event::Ready { url }) if !is_on_this_computer(&url) => {
                    let detail = format!("It says that it is at {url}, not on this computer.");
                    Event::Failed(Failure::new("The app's server can't be trusted", detail))
                }
                Said::Event(event) => event,
            };
            is_ready |= matches!(event, Event::Ready { .. });
            if !self.is_stopping.load(Ordering::SeqCst) {
                // Nobody may be listening any more.
                let _ = tell.send(event);
            }
        }
    }

    /// Asks the process to stop, and comes back when it is gone, in no more than six seconds.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        if let Some(mut stdin) = self.child.take_stdin() {
            // Where it can't be written, it is gone already.
            let _ = stdin.write_all(b"stop\n");
        }
        if !matches!(self.child.wait_timeout(KILL_AFTER), Ok(Some(_))) {
            #[cfg(unix)]
            if let Some(group) = self.child.id().try_into().ok().and_then(rustix::process::Pid::from_raw) {
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            let _ = self.child.kill();
        }
    }
}

/// Hands on what a stream says, line by line.
fn read(stream: Option<impl Read + Send + 'static>, say: SyncSender<Said>, what: fn(String) -> Said) {
    thread::spawn(move || {
        let lines = stream.into_iter().flat_map(|stream| BufReader::new(stream).split(b'\n'));
        for line in lines.map_while(Result::ok) {
            if say.send(what(String::from_utf8_lossy(&line).trim_end().to_owned())).is_err() {
                break;
            }
        }
    });
}

fn ended(was_ready: bool, end: io::Result<ExitStatus>, last_words: &str) -> Failure {
    let how = end.map_or_else(|error| error.to_string(), |status| status.to_string());
    let title = if was_ready { "The app's server stopped" } else { "The app's server ended before it was ready" };
    let detail = format!("It ended ({how}). Start the app again.\n\n{last_words}");
    Failure::new(title, detail.trim_end())
}

fn is_on_this_computer(url: &Url) -> bool {
    url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
}
