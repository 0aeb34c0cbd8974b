//! Fetches one large body to the disk: streamed, in parts where that is faster, resumed after each cut.

use std::fs::File;
use std::io::Read;

use camino::Utf8Path;
use futures_util::future::try_join_all;
use http_body_util::BodyExt;
use hyper::header::{ACCEPT, LOCATION, RANGE};
use hyper::{Method, Response, StatusCode};
use tokio::sync::Semaphore;

use crate::base::fault::{Context, Fault, Result};
use crate::base::ui::Progress;
use crate::github::client::{Client, Failures, Stream, Try, host_of};
use crate::github::error::RequestError;
use crate::github::partial::{self, Layout, Partial, Received};

/// Progress that counts: a server that sends a byte with each try gets nowhere.
const WORTH_A_TRY: u64 = 64 * 1024;

/// Wrong digests in a row; then the source itself is wrong.
const MOST_MISMATCHES: u32 = 3;

/// Something to fetch.
pub(crate) struct Body<'a> {
    /// What messages call it.
    pub(crate) name: &'a str,
    /// The route of the API that leads to it.
    pub(crate) route: String,
    /// What to ask for.
    pub(crate) accept: &'static str,
    /// Where it goes. What lies there is the beginning of it.
    pub(crate) partial: &'a Utf8Path,
    /// What it must be, where the server tells.
    pub(crate) sha256: Option<String>,
    /// Its size, as the API tells it.
    pub(crate) size: u64,
    /// Whether that is the size of what comes: some servers tell that of an artifact before it was packed.
    pub(crate) is_exact: bool,
    /// Parts that it may be fetched in.
    pub(crate) parts: u64,
    /// As many permits as there may be connections at once.
    pub(crate) connections: &'a Semaphore,
}

/// What was fetched.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// Lower-case hex.
    pub(crate) sha256: String,
    /// What the server calls the file.
    pub(crate) file_name: Option<String>,
    /// What the server calls its kind.
    pub(crate) content_type: Option<String>,
}

impl Fetched {
    /// Whether a body is an archive that holds the files, or the one file itself, which may be an archive, too: an artifact
    /// without an archive has the name of its file, one with it is served under its own name and `.zip`.
    pub(crate) fn is_archive(&self, name: &str, path: &Utf8Path) -> Result<bool> {
        match self.file_name.as_deref() {
            Some(served) if served == name => return Ok(false),
            Some(served) if served.strip_suffix(".zip") == Some(name) => return Ok(true),
            None if Utf8Path::new(name).extension() == Some("zip") => return Ok(false),
            _ => {}
        }
        let kind = self.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !["", "application/octet-stream", "binary/octet-stream"].contains(&kind) {
            return Ok(kind.contains("zip"));
        }
        let mut magic = [0; 2];
        let read =
            File::open(path).and_then(|mut file| file.read(&mut magic)).fault(|| format!("cannot read {path}"))?;
        Ok(read == 2 && &magic == b"PK")
    }
}

/// Why a part was not fetched.
enum Stop {
    /// The server answers no requests for a range of this body.
    NoRanges,
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Fetches it, however often it is cut.
pub(crate) async fn body(client: &Client, body: &Body<'_>, progress: &Progress) -> Result<Fetched> {
    let layout = Layout::of(body.partial, body.size, body.parts, client.smallest_part);
    if layout.len() > 1 {
        match in_parts(client, body, &layout, progress).await {
            // The parts make up the size that was told.
            Ok(fetched) if difference(body, &fetched.sha256, body.size).is_none() => return Ok(fetched),
            Ok(_) => {
                Partial::of_whole(body.partial)?.restart()?;
                client.ui.say(format_args!("{}: the parts do not fit together; once more as a whole", body.name));
            }
            Err(Stop::NoRanges) => partial::forget_others(body.partial)?,
            Err(Stop::Fault(fault)) => return Err(fault),
        }
    }
    whole(client, body, progress).await
}

/// Over one connection, hashed on the way.
async fn whole(client: &Client, body: &Body<'_>, progress: &Progress) -> Result<Fetched> {
    let mut partial = Partial::of_whole(body.partial)?;
    let (mut tries, mut mismatches) = (Tries::from(0), 0);
    loop {
        match complete(client, body, &mut partial, &mut tries, &|have| progress.set(have)).await {
            Ok(()) => {}
            Err(Stop::Fault(fault)) => return Err(fault),
            Err(Stop::NoRanges) => return Err(Fault::new(format!("cannot fetch {}", body.name))),
        }
        let sha256 = partial.sha256();
        let Some(difference) = difference(body, &sha256, partial.have) else {
            return Ok(Fetched { sha256, file_name: partial.file_name, content_type: partial.content_type });
        };
        mismatches += 1;
        partial.restart()?;
        tries.another(client, body, mismatch(body, difference, mismatches)).await?;
    }
}

/// Over several connections, hashed when all parts are here.
async fn in_parts(
    client: &Client,
    body: &Body<'_>,
    layout: &Layout,
    progress: &Progress,
) -> std::result::Result<Fetched, Stop> {
    let mut parts = Vec::new();
    for (path, part) in layout.parts(body.partial) {
        parts.push(Partial::of_part(&path, &part, body.size)?);
    }
    let here = std::cell::RefCell::new(parts.iter().map(|part| part.have).collect::<Vec<u64>>());
    progress.set_total(Some(body.size));
    let fetch = |(number, part)| {
        let here = &here;
        async move {
            let tell = |have| {
                here.borrow_mut()[number] = have;
                progress.set(here.borrow().iter().sum());
            };
            complete(client, body, part, &mut Tries::from(0), &tell).await
        }
    };
    try_join_all(parts.iter_mut().enumerate().map(fetch)).await?;
    let rest = parts.split_off(1);
    let file_name = rest.iter().chain(&parts).find_map(|part| part.file_name.clone());
    let content_type = rest.iter().chain(&parts).find_map(|part| part.content_type.clone());
    let joined = tokio::task::spawn_blocking(move || parts.pop().map(|first| first.join(rest)).transpose()).await;
    let sha256 = joined.fault(|| format!("cannot put {} together", body.name))??.unwrap_or_default();
    Ok(Fetched { sha256, file_name, content_type })
}

/// What came, and what GitHub says instead; nothing where that is the same.
fn difference(body: &Body<'_>, sha256: &str, bytes: u64) -> Option<[String; 2]> {
    if body.is_exact && bytes != body.size {
        return Some([format!("{bytes} bytes came"), format!("{}", body.size)]);
    }
    let wanted = body.sha256.as_ref().filter(|wanted| *wanted != sha256)?;
    Some([format!("their SHA-256 is {sha256}"), wanted.clone()])
}

/// The body came to its end and is another one than was uploaded.
fn mismatch(body: &Body<'_>, [found, wanted]: [String; 2], times: u32) -> RequestError {
    let what = format!("the bytes of {} are not those that were uploaded", body.name);
    let error = RequestError::transient(what);
    let fault = error
        .fault
        .because(if times > 1 { format!("{found}, {times} times in a row") } else { found })
        .because(format!("GitHub says that it is {wanted}"));
    if times < MOST_MISMATCHES {
        return RequestError { fault, ..error };
    }
    RequestError::permanent(fault.hint("run the same command again; if it stays, upload or package anew"))
}

/// What has failed, and how far a body had come when something last went well.
struct Tries {
    failures: Failures,
    furthest: u64,
}

impl Tries {
    fn from(have: u64) -> Self {
        Self { failures: Failures::new(), furthest: have }
    }

    /// Bytes are here that had never come before.
    fn note(&mut self, client: &Client, have: u64) {
        if have >= self.furthest + WORTH_A_TRY {
            *self = Self::from(have);
            client.note_progress();
        }
    }

    /// Waits for the next one; fails with the error when there is none.
    async fn another(&mut self, client: &Client, body: &Body<'_>, error: RequestError) -> Result<()> {
        let wait = client.wait(body.name, error, &mut self.failures).await;
        wait.map_err(|fault| fault.within(format!("cannot fetch {}", body.name)))
    }
}

/// Reads on to the end of a body or part, however often it is cut.
async fn complete(
    client: &Client,
    body: &Body<'_>,
    partial: &mut Partial,
    tries: &mut Tries,
    tell: &impl Fn(u64),
) -> std::result::Result<(), Stop> {
    tell(partial.have);
    tries.furthest = tries.furthest.max(partial.have);
    loop {
        if partial.is_complete_part() {
            return Ok(());
        }
        let outcome = {
            let _permit = body.connections.acquire().await.fault(|| format!("cannot fetch {}", body.name))?;
            attempt(client, body, partial, tries, tell).await
        };
        match outcome {
            Ok(true) => return Ok(()),
            Ok(false) => return Err(Stop::NoRanges),
            Err(error) => {
                tell(partial.have);
                tries.another(client, body, error).await?;
            }
        }
    }
}

/// One try: asks where the body is (the answer is good for minutes only), and reads what is missing of it. False when
/// the server gives no parts.
async fn attempt(
    client: &Client,
    body: &Body<'_>,
    partial: &mut Partial,
    tries: &mut Tries,
    tell: &impl Fn(u64),
) -> Try<bool> {
    let response = locate(client, body, partial.range()).await?;
    match partial.accept(&response).map_err(RequestError::permanent)? {
        Received::Continues => {}
        Received::Other => return Err(RequestError::transient("what the server sends does not go on where this ends")),
        Received::NoRanges => return Ok(false),
        Received::Nothing => return Err(refusal(client, response, &format!("cannot fetch {}", body.name)).await),
    }
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        return Ok(true);
    }
    tell(partial.have);
    let mut stream = response.into_body();
    while let Some(frame) = client.with_timeout(stream.frame()).await? {
        let frame = frame.map_err(|error| partial.cut(error.as_ref()))?;
        let Ok(data) = frame.into_data() else { continue };
        if !partial.append(&data).map_err(RequestError::permanent)? {
            return Err(RequestError::transient("the server sent more than it had announced"));
        }
        tries.note(client, partial.have);
        tell(partial.have);
    }
    match partial.whole {
        Some(whole) if partial.have < whole => Err(partial.cut(&std::io::Error::other("the body ended too soon"))),
        _ => Ok(true),
    }
}

/// Follows the API's answer to the store. The token stays with the API, also where that sends on within itself.
async fn locate(client: &Client, body: &Body<'_>, range: Option<String>) -> Try<Response<Stream>> {
    let range: Vec<_> = range.into_iter().map(|range| (RANGE, range)).collect();
    let mut headers = range.clone();
    headers.push((ACCEPT, body.accept.to_owned()));
    let mut response = client.head(&Method::GET, &body.route, None, &headers).await?;
    for _ in 0..5 {
        if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let location = absolute(location.unwrap_or_default(), &client.settings.server.api);
        if let Some(route) = client.route_of(&location).map(str::to_owned) {
            response = client.head(&Method::GET, &route, None, &headers).await?;
            continue;
        }
        response = client.open(&location, &range).await?;
        let status = response.status();
        let host = host_of(&location);
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(refusal(client, response, &format!("{host} does not give the body")).await);
        }
        if status.is_client_error() && status != StatusCode::RANGE_NOT_SATISFIABLE {
            // A new address may be a good one.
            let error = RequestError::transient(format!("{host} does not take the address that the API gave"));
            let fault = error.fault.because(format!("it answered {status}"));
            return Err(RequestError { status: Some(status), fault, ..error });
        }
    }
    Err(RequestError::permanent(
        Fault::new(format!("cannot fetch {}", body.name)).because("the server redirects in a circle"),
    ))
}

/// A redirect's target; some servers leave out scheme and host.
fn absolute(location: &str, api: &str) -> String {
    if !location.starts_with('/') || location.starts_with("//") {
        return location.to_owned();
    }
    let authority_end = api.find("://").and_then(|at| api[at + 3..].find('/').map(|slash| at + 3 + slash));
    format!("{}{location}", &api[..authority_end.unwrap_or(api.len())])
}

/// What an answer without the body means.
async fn refusal(client: &Client, response: Response<Stream>, what: &str) -> RequestError {
    let answer = match client.collect(response).await {
        Ok(answer) => answer,
        Err(error) => return error,
    };
    let error = RequestError::status(answer.status, &answer.headers, &answer.body, what);
    if answer.status == StatusCode::GONE {
        return RequestError::permanent(error.fault.hint("the artifact has expired: package anew"));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_without_a_host_stays_on_the_server() {
        assert_eq!(absolute("/a?b", "https://ghe.example.com/api/v3"), "https://ghe.example.com/a?b");
        assert_eq!(absolute("https://store/a", "https://ghe.example.com"), "https://store/a");
    }
}
