//! A stand-in for GitHub: real HTTP on loopback, an API and a store on ports of their own, with faults on demand.
//!
//! It remembers every request, so that a test can look at all of them: who got the token, what was fetched twice.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod answers;
pub(crate) mod checkout;
pub(crate) mod faults;
pub(crate) mod http;
pub(crate) mod packages;
pub(crate) mod releases;
mod routes;

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

pub(crate) use faults::{Fault, Faults};
use http::{Gauge, Request};
pub(crate) use packages::Content;

/// The token that tests use; it must be seen by the API only.
pub(crate) const TOKEN: &str = "ghp_secretOfTheTests";

/// The repository.
pub(crate) const REPOSITORY: &str = "acme/app";

/// An artifact of a run.
#[derive(Clone)]
pub(crate) struct Artifact {
    pub(crate) id: u64,
    pub(crate) run: u64,
    pub(crate) name: String,
    pub(crate) content: Content,
    pub(crate) created_at: String,
    pub(crate) expired: bool,
    /// Whether the API tells the digest.
    pub(crate) digest: Option<String>,
    pub(crate) file_name: String,
    pub(crate) content_type: String,
}

/// An asset of a release.
#[derive(Clone)]
pub(crate) struct Asset {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) content: Content,
    pub(crate) digest: Option<String>,
}

/// A release.
#[derive(Clone)]
pub(crate) struct Release {
    pub(crate) id: u64,
    pub(crate) tag: String,
    pub(crate) draft: bool,
    pub(crate) immutable: bool,
    pub(crate) prerelease: bool,
    pub(crate) target: String,
    pub(crate) body: String,
    pub(crate) assets: Vec<Asset>,
}

impl Release {
    /// A draft on `main`.
    pub(crate) fn draft(id: u64, tag: &str, assets: Vec<Asset>) -> Self {
        let (tag, target) = (tag.to_owned(), "main".to_owned());
        Self { id, tag, draft: true, immutable: false, prerelease: false, target, body: String::new(), assets }
    }
}

/// What the stand-in knows.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) runs: Vec<Value>,
    pub(crate) jobs: Vec<Value>,
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) releases: Vec<Release>,
    pub(crate) branches: Vec<String>,
    pub(crate) workflows: Vec<String>,
    pub(crate) dispatched: Vec<Value>,
    /// Whether a dispatch is answered with the run's id, as newer servers do.
    pub(crate) tells_run_id: bool,
    /// With which status a server that does not do so refuses to be asked for it.
    pub(crate) refuses_details_with: u16,
    /// Lists of runs that are still without the one that was started.
    pub(crate) lists_lag: usize,
    /// The repository has another name by now.
    pub(crate) is_renamed: bool,
    pub(crate) workflow_is: String,
    pub(crate) faults: Faults,
    /// Somebody else at work: called after each answer.
    pub(crate) meanwhile: Option<Meanwhile>,
    /// What was asked for.
    pub(crate) seen: Vec<Seen>,
    /// Latency of each answer, and bytes a second of each connection.
    pub(crate) pace: Option<(Duration, u64)>,
    /// Where the API sends clients to for bodies.
    pub(crate) store_url: String,
    /// Lists of releases that are still without the drafts that were made, and how many those are.
    pub(crate) drafts_lag: usize,
    pub(crate) drafts_made: usize,
    /// Whether the API tells the digests of what was uploaded.
    pub(crate) tells_digests: bool,
    /// Bytes that the API tells too many of each artifact.
    pub(crate) size_told_wrong: u64,
    /// How many bodies were served at once.
    pub(crate) gauge: Arc<Gauge>,
    next_signature: u64,
    /// The last signature before [`GitHub::forget`].
    forgotten: u64,
}

/// See [`State::meanwhile`].
pub(crate) type Meanwhile = Box<dyn FnMut(&Request, &mut Vec<Release>) + Send>;

/// A request and what was sent.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `api` or `store`.
    pub(crate) server: &'static str,
    pub(crate) request: Request,
    pub(crate) status: u16,
    /// Bytes of the body that were sent.
    pub(crate) sent: u64,
    /// The body, of the API.
    pub(crate) answer: Vec<u8>,
}

impl Seen {
    /// The number of the signature that the store was shown.
    fn signature(&self) -> Option<u64> {
        self.request.target.split_once("?sig=signature").and_then(|(_, number)| number.parse().ok())
    }
}

/// The running stand-in. Its threads end with the test.
pub(crate) struct GitHub {
    pub(crate) api: SocketAddr,
    pub(crate) store: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl GitHub {
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    /// The same behind TLS.
    pub(crate) fn start_with(tls: Option<&Arc<rustls::ServerConfig>>) -> Self {
        let state = State {
            branches: vec!["main".to_owned()],
            workflows: ["desktop-packages.yml", "tauri-packages.yml"].map(str::to_owned).into(),
            workflow_is: "active".to_owned(),
            tells_run_id: true,
            tells_digests: true,
            refuses_details_with: 400,
            ..State::default()
        };
        let state = Arc::new(Mutex::new(state));
        let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (api, store) = (listen(), listen());
        let github = Self { api: api.local_addr().unwrap(), store: store.local_addr().unwrap(), state };
        github.state().store_url = format!("http://{}", github.store);
        for (name, listener) in [("api", api), ("store", store)] {
            let state = github.state.clone();
            http::serve(listener, tls.cloned(), move |request| routes::answer(&state, name, request));
        }
        github
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.api)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A completed run of the workflow on `main`.
    pub(crate) fn add_run(&self, id: u64, workflow: &str, conclusion: &str) {
        self.add_run_on(id, workflow, "main", conclusion);
    }

    pub(crate) fn add_run_on(&self, id: u64, workflow: &str, branch: &str, conclusion: &str) {
        let status = if conclusion.is_empty() { "in_progress" } else { "completed" };
        let conclusion = if conclusion.is_empty() { Value::Null } else { conclusion.into() };
        self.state().runs.push(json!({
            "id": id, "status": status, "conclusion": conclusion, "head_branch": branch, "head_sha": format!("{id:040x}"),
            "event": "workflow_dispatch", "created_at": "2026-11-22T10:00:00Z", "path": format!(".github/workflows/{workflow}"),
            "html_url": format!("{}/{REPOSITORY}/actions/runs/{id}", self.url()),
        }));
    }

    /// Puts an artifact into a run, with its digest told by the API.
    pub(crate) fn add_artifact(&self, run: u64, name: &str, content: Content) -> u64 {
        let mut state = self.state();
        let id = 1000 + state.artifacts.len() as u64;
        state.artifacts.push(Artifact {
            id,
            run,
            name: name.to_owned(),
            digest: Some(format!("sha256:{}", content.sha256())),
            content,
            created_at: format!("2026-11-22T10:{:02}:00Z", id % 60),
            expired: false,
            file_name: format!("{name}.zip"),
            content_type: "application/zip".to_owned(),
        });
        id
    }

    /// Puts a file into a run as it is: the artifact has its name.
    pub(crate) fn add_file(&self, run: u64, name: &str, content: Content) {
        self.add_artifact(run, name, content);
        if let Some(artifact) = self.state().artifacts.last_mut() {
            name.clone_into(&mut artifact.file_name);
            let is_zip = name.rsplit('.').next() == Some("zip");
            if is_zip { "application/zip" } else { "application/octet-stream" }.clone_into(&mut artifact.content_type);
        }
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// Bytes that the store has sent to signatures given since [`Self::forget`]: what a killed client had asked for may be
    /// taken up long after it.
    pub(crate) fn fetched(&self) -> u64 {
        let state = self.state();
        state.seen.iter().filter(|seen| seen.signature() > Some(state.forgotten)).map(|seen| seen.sent).sum()
    }

    /// The most bodies that were served at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.state().gauge.most.load(Ordering::SeqCst)
    }

    pub(crate) fn forget(&self) {
        let mut state = self.state();
        state.seen.clear();
        state.forgotten = state.next_signature;
    }
}
