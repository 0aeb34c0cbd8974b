//! The beginning of a body, or of a part of it, on the disk.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};

use camino::{Utf8Path, Utf8PathBuf};
use hyper::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderName};
use hyper::{Response, StatusCode};
use sha2::{Digest, Sha256};

use crate::base::fault::{Context, Result};
use crate::base::{digests, files, hash, interrupt};
use crate::github::error::RequestError;

/// Bytes read from the disk at a time.
const CHUNK: usize = 256 * 1024;

/// What is on the disk of a body, or of a part of it, and goes on to grow.
pub(crate) struct Partial {
    path: Utf8PathBuf,
    file: File,
    /// Of what is here; only the first part has one, because only it begins where the body does.
    hasher: Option<Sha256>,
    /// Where in the body it begins.
    start: u64,
    /// Bytes that are here.
    pub(crate) have: u64,
    /// Bytes that it has in the end, as soon as that is known.
    pub(crate) whole: Option<u64>,
    /// What the body is known to have; only set for a part of it.
    total: Option<u64>,
    /// What the server calls the file.
    pub(crate) file_name: Option<String>,
    /// What the server calls its kind.
    pub(crate) content_type: Option<String>,
}

/// What an answer's head says of the body that comes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// It goes on where this ends.
    Continues,
    /// It is something else than was asked for.
    Other,
    /// The server answers no requests for a range, or with one of another body.
    NoRanges,
    /// There is none.
    Nothing,
}

impl Partial {
    /// Opens what is there of a body, and reads it once for its digest.
    pub(crate) fn of_whole(path: &Utf8Path) -> Result<Self> {
        let mut partial = Self::open(path, 0, None)?;
        partial.digest()?;
        Ok(partial)
    }

    /// Opens what is there of a part of a body of `total` bytes.
    pub(crate) fn of_part(path: &Utf8Path, part: &std::ops::Range<u64>, total: u64) -> Result<Self> {
        let mut partial = Self::open(path, part.start, Some(total))?;
        partial.whole = Some(part.end - part.start);
        if partial.have > part.end - part.start {
            partial.have = part.end - part.start;
            partial.file.set_len(partial.have).fault(|| format!("cannot write {path}"))?;
        }
        if part.start == 0 {
            partial.digest()?;
        }
        Ok(partial)
    }

    fn open(path: &Utf8Path, start: u64, total: Option<u64>) -> Result<Self> {
        let what = || format!("cannot write {path}");
        let mut file = OpenOptions::new().create(true).read(true).write(true).truncate(false).open(path).fault(what)?;
        let have = file.seek(SeekFrom::End(0)).fault(what)?;
        let (path, hasher, whole) = (path.to_owned(), None, None);
        Ok(Self { path, file, hasher, start, have, whole, total, file_name: None, content_type: None })
    }

    fn digest(&mut self) -> Result<()> {
        let (mut hasher, mut chunk) = (Sha256::new(), vec![0; CHUNK]);
        self.file.rewind().fault(|| format!("cannot read {}", self.path))?;
        loop {
            interrupt::check()?;
            match self.file.read(&mut chunk).fault(|| format!("cannot read {}", self.path))? {
                0 => break,
                read => hasher.update(&chunk[..read]),
            }
        }
        self.hasher = Some(hasher);
        Ok(())
    }

    /// The digest of a whole body.
    pub(crate) fn sha256(&self) -> String {
        hex::encode(self.hasher.clone().unwrap_or_default().finalize())
    }

    /// Begins anew.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .fault(|| format!("cannot write {}", self.path))?;
        self.hasher = self.hasher.is_some().then(Sha256::new);
        self.have = 0;
        Ok(())
    }

    /// Writes what came; false when that is more than was announced.
    pub(crate) fn append(&mut self, data: &[u8]) -> Result<bool> {
        self.file.write_all(data).fault(|| format!("cannot write {}", self.path))?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(data);
        }
        self.have += data.len() as u64;
        if self.whole.is_some_and(|whole| self.have > whole) {
            self.restart()?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Whether there is nothing to fetch any more.
    pub(crate) fn is_complete_part(&self) -> bool {
        self.total.is_some() && self.whole == Some(self.have)
    }

    /// The connection broke off.
    pub(crate) fn cut(&self, error: &(dyn std::error::Error + 'static)) -> RequestError {
        let of = self.total.or(self.whole).map_or_else(String::new, |total| format!(" of {total}"));
        let mut cut =
            RequestError::unanswered(format!("the connection was cut at {}{of} bytes", self.start + self.have));
        cut.fault = cut.fault.because(RequestError::network(error).fault);
        cut
    }

    /// The value of `Range` that brings what is missing; nothing where that is everything.
    pub(crate) fn range(&self) -> Option<String> {
        let from = self.start + self.have;
        match (self.total, self.whole) {
            (Some(_), Some(whole)) => Some(format!("bytes={from}-{}", self.start + whole - 1)),
            _ => (from > 0).then(|| format!("bytes={from}-")),
        }
    }

    /// Reads the head of an answer.
    pub(crate) fn accept<B>(&mut self, response: &Response<B>) -> Result<Received> {
        let headers = response.headers();
        let length = text(headers, &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        let range = content_range(headers);
        match (response.status(), self.total) {
            (StatusCode::OK | StatusCode::RANGE_NOT_SATISFIABLE, Some(_)) => return Ok(Received::NoRanges),
            // The whole body, also where the end of it was asked for.
            (StatusCode::OK, None) => {
                if self.have > 0 {
                    self.restart()?;
                }
                self.whole = length;
            }
            (StatusCode::RANGE_NOT_SATISFIABLE, None) if self.have > 0 => {
                if range.is_some_and(|(_, total)| total == Some(self.have)) {
                    self.whole = Some(self.have);
                    return Ok(Received::Continues);
                }
                self.restart()?;
                return Ok(Received::Other);
            }
            (StatusCode::PARTIAL_CONTENT, expected) => match range {
                Some((_, Some(total))) if expected.is_some_and(|expected| expected != total) => {
                    return Ok(Received::NoRanges);
                }
                Some((Some(start), total)) if start == self.start + self.have => {
                    if expected.is_none() {
                        self.whole = total.or_else(|| length.map(|length| start + length));
                    }
                }
                _ => {
                    self.restart()?;
                    return Ok(Received::Other);
                }
            },
            _ => return Ok(Received::Nothing),
        }
        self.file_name = text(headers, &CONTENT_DISPOSITION).and_then(file_name);
        self.content_type = text(headers, &CONTENT_TYPE).map(str::to_owned);
        Ok(Received::Continues)
    }

    /// Puts the other parts behind this one, which is the first, and gives the digest of the whole.
    pub(crate) fn join(mut self, rest: Vec<Self>) -> Result<String> {
        self.total = None;
        self.whole = None;
        for part in &rest {
            hash::pieces(&part.path, |piece| {
                interrupt::check()?;
                self.append(piece).map(drop)
            })?;
        }
        let paths: Vec<Utf8PathBuf> = rest.into_iter().map(|part| part.path).collect();
        // Only now, and never before all of them are in: until then they are what the next try goes on from.
        paths.iter().try_for_each(|path| files::remove(path))?;
        Ok(self.sha256())
    }
}

/// Where the parts of a body lie: the first in its partial file itself, the others beside it, named by the byte that
/// they begin with. So what lies there says how the body was divided, whatever this try would do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    starts: Vec<u64>,
    size: u64,
}

impl Layout {
    /// How a body of `size` bytes is divided, at most into `most` parts; what is missing of it is shared out.
    pub(crate) fn of(partial: &Utf8Path, size: u64, most: u64, smallest: u64) -> Self {
        let here = std::fs::metadata(partial).map_or(0, |metadata| metadata.len()).min(size);
        let mut starts: Vec<u64> = others(partial).into_iter().filter(|start| (1..size).contains(start)).collect();
        if starts.is_empty() {
            let missing = size - here;
            let parts = most.min(missing / smallest.max(1)).max(1);
            starts = (1..parts).map(|part| here + missing * part / parts).collect();
        }
        starts.insert(0, 0);
        Self { starts, size }
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Each with its place.
    pub(crate) fn parts(&self, partial: &Utf8Path) -> Vec<(Utf8PathBuf, std::ops::Range<u64>)> {
        let ends = self.starts.iter().skip(1).copied().chain([self.size]);
        let parts = self.starts.iter().copied().zip(ends);
        parts.map(|(start, end)| (place(partial, start), start..end)).collect()
    }
}

fn place(partial: &Utf8Path, start: u64) -> Utf8PathBuf {
    if start == 0 { partial.to_owned() } else { Utf8PathBuf::from(format!("{partial}.{start}")) }
}

/// Where the parts begin that lie beside the first, in order.
fn others(partial: &Utf8Path) -> Vec<u64> {
    let (Some(folder), Some(name)) = (partial.parent(), partial.file_name()) else { return Vec::new() };
    let names = digests::names_in(folder).unwrap_or_default();
    let mut starts: Vec<u64> =
        names.iter().filter_map(|other| other.strip_prefix(name)?.strip_prefix('.')?.parse().ok()).collect();
    starts.sort_unstable();
    starts
}

/// Drops every part but the first.
pub(crate) fn forget_others(partial: &Utf8Path) -> Result<()> {
    others(partial).into_iter().try_for_each(|start| files::remove(&place(partial, start)))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
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
    fn what_lies_there_says_how_a_body_was_divided() {
        let folder = tempfile::tempdir().unwrap();
        let partial = Utf8Path::from_path(folder.path()).unwrap().join("a-1.partial");
        let starts = |size, most| Layout::of(&partial, size, most, 10).starts;
        assert_eq!(starts(100, 4), [0, 25, 50, 75]);
        assert_eq!(starts(25, 4), [0, 12]);
        assert_eq!(starts(19, 4), [0]);
        std::fs::write(&partial, [0; 40]).unwrap();
        assert_eq!(starts(100, 2), [0, 70]);
        std::fs::write(folder.path().join("a-1.partial.50"), "").unwrap();
        std::fs::write(folder.path().join("a-12.partial.60"), "").unwrap();
        std::fs::write(folder.path().join("a-1.partial.100"), "").unwrap();
        assert_eq!(starts(100, 6), [0, 50]);
        assert_eq!(
            Layout::of(&partial, 100, 1, 10).parts(&partial),
            [(partial.clone(), 0..50), (place(&partial, 50), 50..100)]
        );
        forget_others(&partial).unwrap();
        assert_eq!(starts(100, 1), [0]);
    }
}
