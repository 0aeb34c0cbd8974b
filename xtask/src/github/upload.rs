//! Uploads the assets of a draft: piece by piece from the disk, each asset once, however often an upload breaks off.

use std::fs::File;
use std::io::Read;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context as TaskContext, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use octocrab::OctoBody;
use octocrab::models::repos::{Asset, Release};

use crate::base::digests::FileDigest;
use crate::base::fault::{Context, Fault, Result};
use crate::base::ui::Progress;
use crate::github::actions::encoded;
use crate::github::assets::read;
use crate::github::client::{Answer, Client, Failures, Try, host_of};
use crate::github::error::RequestError;
use crate::github::plan::release::{is_of_server, sha256, size};

/// Bytes read from the disk at a time.
const CHUNK: u64 = 64 * 1024;

/// Uploads of one file that came through and were another file there.
const MOST_MISMATCHES: u32 = 3;

/// Whether an asset is this file. A server that tells no digest leaves it open, so it is not.
pub(crate) fn is_the_same(asset: &Asset, file: &FileDigest) -> bool {
    let is_whole = asset.state == "uploaded" && size(asset) == file.size;
    asset.name == file.name() && is_whole && sha256(asset).as_ref() == Some(&file.sha256)
}

/// Brings a file into a draft; what lies there under its name and is another one goes away.
pub(crate) async fn asset(client: &Client, draft: &Release, file: &FileDigest) -> Result<()> {
    let what = format!("cannot upload {}", file.name());
    let address = address(client, draft, file.name())?;
    let progress = client.ui.bytes(file.name(), file.size);
    let (mut failures, mut mismatches) = (Failures::new(), 0);
    let mut there = draft.assets.iter().find(|asset| asset.name == file.name()).cloned();
    loop {
        if let Some(asset) = there.filter(|asset| !is_the_same(asset, file)) {
            delete(client, &asset).await?;
        }
        let error = match send(client, &address, file, &progress, &what).await {
            Ok(asset) if is_right(&asset, file) => return Ok(()),
            Ok(_) => {
                mismatches += 1;
                let error = RequestError::transient(format!("what arrived of {} is another file", file.name()));
                let fault = error.fault.because(format!("it has the SHA-256 {} here", file.sha256));
                if mismatches < MOST_MISMATCHES {
                    RequestError { fault, ..error }
                } else {
                    RequestError::permanent(fault)
                }
            }
            Err(error) => error,
        };
        // It may have come through all the same, and the beginning of one may lie there.
        there = read(client, *draft.id).await?.assets.into_iter().find(|asset| asset.name == file.name());
        if there.as_ref().is_some_and(|asset| is_the_same(asset, file)) {
            return Ok(());
        }
        let is_in_the_way = error.status == Some(StatusCode::UNPROCESSABLE_ENTITY) && there.is_some();
        let error = if is_in_the_way { RequestError::transient(error.fault.what()) } else { error };
        client.wait(&what, error, &mut failures).await.map_err(|fault| fault.within(&what))?;
    }
}

/// Whether what was just uploaded is the file, as far as the server tells.
pub(crate) fn is_right(asset: &Asset, file: &FileDigest) -> bool {
    let is_whole = asset.state == "uploaded" && size(asset) == file.size;
    asset.name == file.name() && is_whole && sha256(asset).is_none_or(|sha256| sha256 == file.sha256)
}

async fn delete(client: &Client, asset: &Asset) -> Result<()> {
    let what = format!("cannot remove {}, which is another file than the one here", asset.name);
    let route = client.route(&format!("releases/assets/{}", asset.id));
    let once = || async {
        match client.request(&Method::DELETE, &route, None, &what).await {
            // An earlier try came through.
            Err(error) if error.status == Some(StatusCode::NOT_FOUND) => Ok(()),
            outcome => outcome.map(drop),
        }
    };
    client.with_retries(&what, once).await
}

/// Where the file goes. The token goes with it, so the place must be the server's own.
fn address(client: &Client, draft: &Release, name: &str) -> Result<String> {
    let address = draft.upload_url.split('{').next().unwrap_or_default();
    if is_of_server(address, &client.settings.server.api) {
        return Ok(format!("{address}?name={}", encoded(name)));
    }
    Err(Fault::new(format!("the server names {} for uploads, which is not its own", host_of(address)))
        .because("the token would go there")
        .hint("upload on the page of the release"))
}

/// One upload.
async fn send(client: &Client, address: &str, file: &FileDigest, progress: &Progress, what: &str) -> Try<Asset> {
    let cannot = |fault| RequestError::permanent(fault);
    let open = File::open(&file.path).fault(|| format!("cannot read {}", file.path)).map_err(cannot)?;
    let sent = Arc::new(AtomicU64::new(0));
    let body = FileBody { file: open, left: file.size, sent: sent.clone() };
    let mut builder = Request::post(address)
        .header(USER_AGENT, concat!("ddstask/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "application/vnd.github+json")
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(CONTENT_LENGTH, file.size);
    if let Some(token) = &client.settings.token {
        let value = HeaderValue::from_str(&format!("Bearer {}", token.reveal()));
        let mut value = value.map_err(|_| cannot(Fault::new("the GitHub token has a character that no token has")))?;
        value.set_sensitive(true);
        builder = builder.header(AUTHORIZATION, value);
    }
    let request = builder.body(OctoBody::new(body)).map_err(|_| cannot(Fault::new(what)))?;
    let mut request = pin!(client.http.request(request));
    let mut before = 0;
    let response = loop {
        // It may take long, as long as it gets on.
        match client.with_timeout(&mut request).await {
            Ok(response) => break response,
            Err(silence) if sent.load(Ordering::Relaxed) == before => return Err(silence),
            Err(_) => before = sent.load(Ordering::Relaxed),
        }
        progress.set(before);
        client.note_progress();
    };
    let response = client.answer(host_of(address), std::future::ready(response)).await?;
    let Answer { status, headers, body } = client.collect(response).await?;
    if !status.is_success() {
        return Err(RequestError::status(status, &headers, &body, what));
    }
    progress.set(file.size);
    serde_json::from_slice(&body).map_err(|_| RequestError::transient("the answer is not what GitHub's API answers"))
}

/// A file as the body of a request.
struct FileBody {
    file: File,
    left: u64,
    sent: Arc<AtomicU64>,
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, std::io::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut piece = vec![0; usize::try_from(self.left.min(CHUNK)).unwrap_or_default()];
        let read = match self.file.read(&mut piece) {
            Ok(0) => return Poll::Ready(Some(Err(std::io::ErrorKind::UnexpectedEof.into()))),
            Ok(read) => read,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        piece.truncate(read);
        self.left -= read as u64;
        self.sent.fetch_add(read as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
