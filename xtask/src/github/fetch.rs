//! Fetches one large body to the disk: streamed, resumed after each cut, hashed on the way.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};

use camino::Utf8Path;
use http_body_util::BodyExt;
use hyper::header::{
    ACCEPT, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, LOCATION, RANGE,
};
use hyper::{Method, Response, StatusCode};
use sha2::{Digest, Sha256};

use super::client::{Client, Stream, Try, collect, within_time};
use super::trouble::Trouble;
use crate::exec::interrupt;
use crate::fault::{Context, Fault, Result};
use crate::hash;
use crate::ui::Progress;

/// Progress that lets the count of failed tries begin anew.
const WORTH_A_TRY: u64 = 64 * 1024;

/// Wrong digests in a row; then the source itself is wrong.
const MOST_MISMATCHES: u32 = 3;

/// Something to fetch.
pub(super) struct Body<'a> {
    /// For people.
    pub(super) name: &'a str,
    /// The route of the API that leads to it.
    pub(super) route: String,
    /// What to ask for.
    pub(super) accept: &'static str,
    /// Where it goes. What lies there is the beginning of it.
    pub(super) partial: &'a Utf8Path,
    /// What it must be, where the server tells.
    pub(super) sha256: Option<String>,
}

/// What was fetched.
#[derive(Debug)]
pub(super) struct Fetched {
    /// Lower-case hex.
    pub(super) sha256: String,
    /// What the server calls the file.
    pub(super) file_name: Option<String>,
    /// What the server calls its kind.
    pub(super) content_type: Option<String>,
}

/// The beginning of a body on the disk.
struct Partial {
    file: File,
    hasher: Sha256,
    have: u64,
    total: Option<u64>,
    file_name: Option<String>,
    content_type: Option<String>,
}

/// Fetches it, however often it is cut.
pub(super) async fn body(client: &Client, body: &Body<'_>, progress: &Progress) -> Result<Fetched> {
    let mut partial = Partial::open(body.partial)?;
    progress.set(partial.have);
    let (mut failed, mut all, mut mismatches) = (0, 0, 0);
    loop {
        let before = partial.have;
        let trouble = if let Err(trouble) = attempt(client, body, &mut partial, progress).await {
            trouble
        } else {
            let sha256 = hash::hex(&partial.hasher.clone().finalize());
            if body.sha256.as_ref().is_none_or(|wanted| *wanted == sha256) {
                return Ok(Fetched { sha256, file_name: partial.file_name, content_type: partial.content_type });
            }
            mismatches += 1;
            partial.restart(body.partial)?;
            progress.set(0);
            mismatch(body, &sha256, mismatches)
        };
        all += 1;
        failed = if partial.have >= before + WORTH_A_TRY { 1 } else { failed + 1 };
        client
            .wait(body.name, trouble, failed, all)
            .await
            .map_err(|fault| fault.within(format!("cannot fetch {}", body.name)))?;
    }
}

/// The body came to its end and is another one than was uploaded.
fn mismatch(body: &Body<'_>, sha256: &str, times: u32) -> Trouble {
    let what = format!("the bytes of {} are not those that were uploaded", body.name);
    let trouble = Trouble::passing(what);
    if times < MOST_MISMATCHES {
        return trouble;
    }
    Trouble::fatal(
        trouble
            .fault
            .because(format!("their SHA-256 is {sha256}, {times} times in a row"))
            .because(format!("GitHub says that it is {}", body.sha256.as_deref().unwrap_or_default()))
            .hint("run the same command again; if it stays, upload or package anew"),
    )
}

/// One try: asks where the body is (the answer is good for minutes only), and reads what is missing of it.
async fn attempt(client: &Client, body: &Body<'_>, partial: &mut Partial, progress: &Progress) -> Try<()> {
    let response = locate(client, body, partial.have).await?;
    if !partial.accept(&response, body).map_err(Trouble::fatal)? {
        return refuse(response, body, partial, progress).await;
    }
    progress.set_total(partial.total);
    progress.set(partial.have);
    let mut stream = response.into_body();
    while let Some(frame) = within_time(stream.frame()).await? {
        let frame = frame.map_err(|error| partial.cut(error.as_ref()))?;
        let Ok(data) = frame.into_data() else { continue };
        partial.append(&data, body.partial).map_err(Trouble::fatal)?;
        progress.set(partial.have);
        if partial.total.is_some_and(|total| partial.have > total) {
            partial.restart(body.partial).map_err(Trouble::fatal)?;
            return Err(Trouble::passing("the server sent more than it had announced"));
        }
    }
    match partial.total {
        Some(total) if partial.have < total => Err(partial.cut(&std::io::Error::other("the body ended too soon"))),
        _ => Ok(()),
    }
}

/// Follows the API's answer to the store. The token is not sent there.
async fn locate(client: &Client, body: &Body<'_>, from: u64) -> Try<Response<Stream>> {
    let mut headers = vec![(ACCEPT, body.accept.to_owned())];
    if from > 0 {
        headers.push((RANGE, format!("bytes={from}-")));
    }
    let mut response = client.head(&Method::GET, &body.route, None, &headers).await?;
    for _ in 0..5 {
        if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let location = absolute(location.unwrap_or_default(), &client.settings.server.api);
        response = client.open(&location, from).await?;
        if matches!(
            response.status(),
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::BAD_REQUEST
        ) {
            let mut trouble = Trouble::passing("the address of the body has expired");
            trouble.status = Some(response.status());
            return Err(trouble);
        }
    }
    Err(Trouble::fatal(Fault::new(format!("cannot fetch {}", body.name)).because("the server redirects in a circle")))
}

/// A redirect's target; some servers leave out scheme and host.
fn absolute(location: &str, api: &str) -> String {
    if !location.starts_with('/') || location.starts_with("//") {
        return location.to_owned();
    }
    let authority_end = api.find("://").and_then(|at| api[at + 3..].find('/').map(|slash| at + 3 + slash));
    format!("{}{location}", &api[..authority_end.unwrap_or(api.len())])
}

/// An answer without the body.
async fn refuse(response: Response<Stream>, body: &Body<'_>, partial: &mut Partial, progress: &Progress) -> Try<()> {
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE && partial.have > 0 {
        let whole = content_range(response.headers()).and_then(|(_, total)| total);
        if whole == Some(partial.have) {
            return Ok(());
        }
        partial.restart(body.partial).map_err(Trouble::fatal)?;
        progress.set(0);
        return Err(Trouble::passing("what was here is not the beginning of the body"));
    }
    let answer = collect(response).await?;
    let what = format!("cannot fetch {}", body.name);
    let trouble = Trouble::status(answer.status, &answer.headers, &answer.body, &what);
    if answer.status == StatusCode::GONE {
        return Err(Trouble::fatal(trouble.fault.hint("the artifact has expired: package anew")));
    }
    Err(trouble)
}

impl Partial {
    /// Opens what is there, and reads it once for its digest.
    fn open(path: &Utf8Path) -> Result<Self> {
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(path)
            .fault(|| format!("cannot write {path}"))?;
        let mut hasher = Sha256::new();
        let mut chunk = vec![0; 256 * 1024];
        let mut have = 0;
        loop {
            interrupt::check()?;
            match file.read(&mut chunk).fault(|| format!("cannot read {path}"))? {
                0 => break,
                read => {
                    hasher.update(&chunk[..read]);
                    have += read as u64;
                }
            }
        }
        Ok(Self { file, hasher, have, total: None, file_name: None, content_type: None })
    }

    fn restart(&mut self, path: &Utf8Path) -> Result<()> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .fault(|| format!("cannot write {path}"))?;
        self.hasher = Sha256::new();
        self.have = 0;
        Ok(())
    }

    fn append(&mut self, data: &[u8], path: &Utf8Path) -> Result<()> {
        self.file.write_all(data).fault(|| format!("cannot write {path}"))?;
        self.hasher.update(data);
        self.have += data.len() as u64;
        Ok(())
    }

    /// The connection broke off.
    fn cut(&self, error: &(dyn std::error::Error + 'static)) -> Trouble {
        let of = self.total.map_or_else(String::new, |total| format!(" of {total}"));
        let mut trouble = Trouble::passing(format!("the connection was cut at {}{of} bytes", self.have));
        trouble.fault = trouble.fault.because(Trouble::network(error).fault);
        trouble
    }

    /// Reads the head of an answer; false when it brings no part of the body that could be used.
    fn accept(&mut self, response: &Response<Stream>, body: &Body<'_>) -> Result<bool> {
        let headers = response.headers();
        let length = text(headers, &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        match response.status() {
            // The whole body, also where a part was asked for.
            StatusCode::OK => {
                if self.have > 0 {
                    self.restart(body.partial)?;
                }
                self.total = length;
            }
            StatusCode::PARTIAL_CONTENT => match content_range(headers) {
                Some((Some(start), total)) if start == self.have => {
                    self.total = total.or_else(|| length.map(|length| start + length));
                }
                _ => {
                    self.restart(body.partial)?;
                    return Ok(false);
                }
            },
            _ => return Ok(false),
        }
        self.file_name = text(headers, &CONTENT_DISPOSITION).and_then(file_name);
        self.content_type = text(headers, &CONTENT_TYPE).map(str::to_owned);
        Ok(true)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &hyper::header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// `bytes 10-99/100` or `bytes */100`: where it starts and how long the whole is.
fn content_range(headers: &HeaderMap) -> Option<(Option<u64>, Option<u64>)> {
    let (range, total) = text(headers, &CONTENT_RANGE)?.strip_prefix("bytes ")?.split_once('/')?;
    let start = range.split_once('-').and_then(|(start, _)| start.trim().parse().ok());
    Some((start, total.trim().parse().ok()))
}

/// The name in `attachment; filename="x.zip"; filename*=UTF-8''x.zip`.
fn file_name(disposition: &str) -> Option<String> {
    let part = disposition.split(';').find_map(|part| part.trim().strip_prefix("filename="))?;
    Some(part.trim_matches('"').to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read() {
        let headers = |name, value: &str| HeaderMap::from_iter([(name, value.parse().unwrap())]);
        assert_eq!(content_range(&headers(CONTENT_RANGE, "bytes 10-99/100")), Some((Some(10), Some(100))));
        assert_eq!(content_range(&headers(CONTENT_RANGE, "bytes */100")), Some((None, Some(100))));
        assert_eq!(content_range(&headers(CONTENT_RANGE, "lines 1")), None);
        assert_eq!(
            file_name("attachment; filename=\"a b.zip\"; filename*=UTF-8''a%20b.zip").as_deref(),
            Some("a b.zip")
        );
        assert_eq!(file_name("inline"), None);
    }

    #[test]
    fn a_redirect_without_a_host_stays_on_the_server() {
        assert_eq!(absolute("/a?b", "https://ghe.example.com/api/v3"), "https://ghe.example.com/a?b");
        assert_eq!(absolute("https://store/a", "https://ghe.example.com"), "https://store/a");
    }
}
