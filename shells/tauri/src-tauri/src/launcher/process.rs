//! The process itself and the protocol: one JSON object a line comes from its stdout, and it stops when its stdin says
//! `stop` or closes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool, atomic::Ordering};
use std::{path::PathBuf, thread, time::Duration};

use serde::Deserialize;
use serde_json::Value;
use shared_child::SharedChild;
use url::Url;

use crate::words;

/// The launcher ends within 5 s of a request to stop; only what does not keep to that is killed.
const KILL_AFTER: Duration = Duration::from_millis(5_200);
/// What was written last may arrive after the end of the process.
const LAST_WORDS: Duration = Duration::from_millis(300);
const WORDS_KEPT: usize = 2_000;

/// What goes wrong, in the words that a person reads.
#[derive(Clone, Debug, Deserialize, thiserror::Error)]
#[error("{title}: {detail}")]
pub struct Failure {
    /// A few words.
    pub title: String,
    /// What happened, and what to do next.
    pub detail: String,
    /// A file to look into, if it is another one than the backend's usual log.
    pub log: Option<PathBuf>,
}

impl Failure {
    /// Without a file of its own to look into.
    pub fn new(title: &str, detail: impl ToString) -> Self {
        Self { title: title.to_owned(), detail: detail.to_string(), log: None }
    }
}

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
}

/// What comes of a question.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Reply {
    Progress { id: String, done: u64, total: u64 },
    Done { id: String, result: Value },
    Refused { id: String, title: String, detail: String },
}

/// The running process.
pub struct Backend {
    child: SharedChild,
    stdin: Mutex<Option<ChildStdin>>,
    questions: Mutex<BTreeMap<String, Sender<Reply>>>,
    is_stopping: AtomicBool,
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
            let (command, reason) = (command.get_program().display().to_string(), error.to_string());
            let values = [("command", command.as_str()), ("reason", &reason)];
            let detail = words::fill("{command} could not be run ({reason}).", &values);
            Failure::new("The app's server can't be started", detail)
        })?;
        let stdin = Mutex::new(child.take_stdin());
        let backend = Arc::new(Self { child, stdin, questions: Mutex::default(), is_stopping: AtomicBool::new(false) });
        let (tell, told) = channel();
        let listening = backend.clone();
        thread::spawn(move || listening.listen(&tell));
        Ok((backend, told))
    }

    /// Hands on what the process says. The launcher keeps its stdout to itself, so that it ends with the process.
    fn listen(&self, tell: &Sender<Event>) {
        let (stderr, (say, said)) = (self.child.take_stderr(), channel());
        thread::spawn(move || say.send(lines(stderr).fold(String::new(), |words, line| last(words + &line + "\n"))));
        let mut title = "The app's server ended before it was ready";
        for line in lines(self.child.take_stdout()) {
            let event = match serde_json::from_str(&line) {
                Ok(Event::AlreadyRunning { pid }) => {
                    let pid = pid.to_string();
                    let detail = words::fill("Its data is in use by process {pid}. Close it first.", &[("pid", &pid)]);
                    Event::Failed(Failure::new("The app is already running", detail))
                }
                Ok(Event::Ready { url }) if !is_on_this_computer(&url) => {
                    let what = "It says that it is at {url}, not on this computer.";
                    let detail = words::fill(what, &[("url", url.as_str())]);
                    Event::Failed(Failure::new("The app's server can't be trusted", detail))
                }
                Ok(event) => event,
                // An answer, not a line of the protocol, or one that a shell does not have to know.
                Err(_) => {
                    serde_json::from_str(&line).into_iter().for_each(|reply| self.hand_on(reply));
                    continue;
                }
            };
            if let Event::Ready { .. } = event {
                title = "The app's server stopped";
            }
            // Nobody may be listening any more.
            let _ = tell.send(event);
        }
        let how = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let last_words = said.recv_timeout(LAST_WORDS).unwrap_or_default();
        let detail = words::fill("It ended ({how}). Start the app again.", &[("how", &how)]);
        let detail = format!("{detail}\n\n{last_words}");
        if !self.is_stopping.load(Ordering::SeqCst) {
            let _ = tell.send(Event::Failed(Failure::new(title, detail.trim_end())));
        }
    }

    /// Has something done with a person's data (docs/people-data.md), and waits for it; `tell` hears how many percent are.
    ///
    /// When the process ends before it has answered, that is a failure of its own, and this waits for ever.
    pub fn ask(&self, verb: &str, mut options: Value, tell: impl Fn(u64)) -> Result<Value, Failure> {
        let (answer, answers) = channel();
        let id = uuid::Uuid::new_v4().to_string();
        (options["verb"], options["id"]) = (verb.into(), id.as_str().into());
        lock(&self.questions).insert(id, answer);
        if let Some(stdin) = lock(&self.stdin).as_mut() {
            // Where it can't be written, it is gone already.
            let _ = writeln!(stdin, "{options}");
        }
        loop {
            match answers.recv() {
                Ok(Reply::Progress { done, total, .. }) => tell(100 * done.min(total) / total.max(1)),
                Ok(Reply::Done { result, .. }) => return Ok(result),
                Ok(Reply::Refused { title, detail, .. }) => return Err(Failure::new(&title, detail)),
                Err(_) => thread::park(),
            }
        }
    }

    fn hand_on(&self, reply: Reply) {
        let (Reply::Progress { id, .. } | Reply::Done { id, .. } | Reply::Refused { id, .. }) = &reply;
        let mut questions = lock(&self.questions);
        let asked =
            if matches!(reply, Reply::Progress { .. }) { questions.get(id).cloned() } else { questions.remove(id) };
        if let Some(asked) = asked {
            let _ = asked.send(reply);
        }
    }

    /// Asks the process to stop, and comes back when it is gone, in no more than six seconds.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        if let Some(mut stdin) = lock(&self.stdin).take() {
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

/// What is kept is whole, whoever has panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lines(stream: Option<impl Read>) -> impl Iterator<Item = String> {
    let lines = stream.into_iter().flat_map(|stream| BufReader::new(stream).split(b'\n'));
    lines.map_while(Result::ok).map(|line| String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn last(words: String) -> String {
    words[words.ceil_char_boundary(words.len().saturating_sub(WORDS_KEPT))..].to_owned()
}

fn is_on_this_computer(url: &Url) -> bool {
    url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
}
