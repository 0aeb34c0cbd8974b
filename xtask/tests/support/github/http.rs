//! The least of HTTP/1.1: heads, bodies with a length, connections that stay open, and answers that break off.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::packages::Content;

/// A request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    /// A value of the query, as it stands there.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    /// The first byte that is asked for, and the one behind the last where that is told.
    pub(crate) fn range(&self) -> Option<(u64, Option<u64>)> {
        let (first, last) = self.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
        Some((first.parse().ok()?, last.parse::<u64>().ok().map(|last| last + 1)))
    }
}

/// An answer.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content: Content,
    /// Where in the content it begins.
    pub(crate) from: u64,
    /// Where in the content it ends, if not with it.
    pub(crate) to: Option<u64>,
    /// Said instead of the real length.
    pub(crate) length: Option<u64>,
    /// The connection is cut after this many bytes of the body.
    pub(crate) cut_after: Option<u64>,
    /// Nothing comes for this long, before the head.
    pub(crate) silence: Duration,
    /// Nothing comes any more after this many bytes of the body, and the connection stays open.
    pub(crate) stall_after: Option<u64>,
    /// Counts as being served as long as it lives.
    pub(crate) busy: Option<Arc<Busy>>,
    /// Bytes a second.
    pub(crate) speed: Option<u64>,
    /// A byte of the content that is sent wrong.
    pub(crate) corrupt_at: Option<u64>,
}

/// How many bodies are being served, and how many there were at most.
#[derive(Default)]
pub(crate) struct Gauge {
    now: AtomicUsize,
    pub(crate) most: AtomicUsize,
    /// Until so many were served at once, none begins, so that it does not matter how fast a machine asks for them.
    pub(crate) together: AtomicUsize,
}

/// One of them, until its last bytes are sent: a client that has them may ask for the next at once.
pub(crate) struct Busy {
    gauge: Arc<Gauge>,
    is_over: AtomicBool,
}

impl Busy {
    pub(crate) fn new(gauge: &Arc<Gauge>) -> Arc<Self> {
        gauge.most.fetch_max(gauge.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Arc::new(Self { gauge: gauge.clone(), is_over: AtomicBool::new(false) })
    }

    fn end(&self) {
        if !self.is_over.swap(true, Ordering::SeqCst) {
            self.gauge.now.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Waits for the others, and not for ever.
    fn wait(&self) {
        const PATIENCE: Duration = Duration::from_secs(10);
        let start = Instant::now();
        let wanted = self.gauge.together.load(Ordering::SeqCst);
        while self.gauge.most.load(Ordering::SeqCst) < wanted && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.end();
    }
}

impl Answer {
    /// Bytes of the body, if nothing goes wrong.
    pub(crate) fn whole(&self) -> u64 {
        self.to.unwrap_or_else(|| self.content.len()).min(self.content.len()) - self.from
    }

    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Self {
        let headers = vec![("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned())];
        Self { status, headers, content: Content::bytes(value.to_string().into_bytes()), ..Self::default() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
}

/// Serves each connection on a thread of its own.
pub(crate) fn serve(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    answer: impl Fn(Request) -> Answer + Clone + Send + 'static,
) {
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, answer, tls) = (stream.unwrap(), answer.clone(), tls.clone());
            thread::spawn(move || {
                let other = stream.try_clone().unwrap();
                let _ = match tls {
                    None => connection(stream, answer),
                    Some(tls) => {
                        let session = rustls::ServerConnection::new(tls).unwrap();
                        connection(rustls::StreamOwned::new(session, stream), answer)
                    }
                };
                let _ = other.shutdown(Shutdown::Both);
            });
        }
    });
}

/// Answers requests until the other side, or an answer, ends it.
pub(crate) fn connection(stream: impl Read + Write, answer: impl Fn(Request) -> Answer) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream)? {
        let answer = answer(request);
        if !write(stream.get_mut(), &answer)? {
            break;
        }
    }
    Ok(())
}

fn read(stream: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut request = Request {
        method: words.next().unwrap_or_default(),
        target: words.next().unwrap_or_default(),
        ..Request::default()
    };
    // Through a proxy the target has scheme and host before it.
    if let Some((_, rest)) = request.target.split_once("://") {
        request.target = rest.find('/').map_or("/", |at| &rest[at..]).to_owned();
    }
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    request.body.resize(length, 0);
    stream.read_exact(&mut request.body)?;
    Ok(Some(request))
}

/// Writes an answer; false when the connection is to be cut.
fn write(stream: &mut impl Write, answer: &Answer) -> std::io::Result<bool> {
    use std::fmt::Write as _;
    if let Some(busy) = &answer.busy {
        busy.wait();
    }
    thread::sleep(answer.silence);
    let whole = answer.whole();
    let mut head = format!("HTTP/1.1 {} Stand-in\r\n", answer.status);
    if answer.status != 204 {
        let _ = write!(head, "Content-Length: {}\r\n", answer.length.unwrap_or(whole));
    }
    for (name, value) in &answer.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    let end = answer.cut_after.map_or(whole, |cut| cut.min(whole));
    let start = Instant::now();
    let mut sent = 0;
    while sent < end {
        if answer.stall_after.is_some_and(|after| sent >= after) {
            stream.flush()?;
            thread::sleep(Duration::from_secs(20));
            return Ok(false);
        }
        let piece = (answer.stall_after.unwrap_or(end).min(end) - sent).min(64 * 1024);
        let mut bytes = answer.content.read(answer.from + sent, piece);
        if let Some(at) = answer.corrupt_at.filter(|at| (answer.from + sent..answer.from + sent + piece).contains(at)) {
            bytes[usize::try_from(at - answer.from - sent).unwrap()] ^= 1;
        }
        sent += piece;
        if let Some(busy) = answer.busy.as_ref().filter(|_| sent == end) {
            busy.end();
        }
        stream.write_all(&bytes)?;
        if let Some(speed) = answer.speed {
            let due = Duration::from_micros(sent * 1_000_000 / speed);
            thread::sleep(due.saturating_sub(start.elapsed()));
        }
    }
    stream.flush()?;
    Ok(answer.cut_after.is_none() && answer.length.is_none_or(|length| length == whole))
}
