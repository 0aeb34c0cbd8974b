//! Runs, their artifacts and their workflow, as the API knows them.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::base::fault::Result;
use crate::github::client::Client;
use crate::github::plan::artifacts::Artifact;
use crate::github::plan::runs::Run;

/// A text as a part of an address.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Which runs are listed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filter<'a> {
    pub(crate) branch: Option<&'a str>,
    /// Those of a commit, its whole id.
    pub(crate) commit: Option<&'a str>,
    /// Those that the server has already filed as successful.
    pub(crate) successful: bool,
}

/// The newest hundred runs of a workflow.
pub(crate) async fn runs(client: &Client, workflow: &str, filter: Filter<'_>) -> Result<Vec<Run>> {
    let pair =
        |name: &str, value: Option<&str>| value.map(|value| format!("&{name}={}", encoded(value))).unwrap_or_default();
    let filter = [
        pair("branch", filter.branch),
        pair("head_sha", filter.commit),
        pair("status", filter.successful.then_some("success")),
    ]
    .concat();
    let what = format!("cannot list the runs of {workflow} in {}", client.settings.repository);
    let route = client.route(&format!("actions/workflows/{}/runs?per_page=100{filter}", encoded(workflow)));
    Ok(client.page(&what, &route, &where_is(workflow, client)).await?.items)
}

/// What to do about a workflow that the server does not know.
pub(crate) fn where_is(workflow: &str, client: &Client) -> String {
    format!(
        "push .github/workflows/{workflow} to the default branch of {}; if it is there, the token may not see the repository",
        client.settings.repository
    )
}

/// What to do about a run that the server does not know.
fn no_such_run(client: &Client, id: u64) -> String {
    format!(
        "there is no run {id} in {}, or the token may not see it: take the number from the run's address, or let `…-latest-run` tell the newest",
        client.settings.repository
    )
}

/// One run.
pub(crate) async fn run(client: &Client, id: u64) -> Result<Run> {
    let what = format!("cannot find the run {id} in {}", client.settings.repository);
    client.get(&what, &client.route(&format!("actions/runs/{id}")), &no_such_run(client, id)).await
}

/// All artifacts of a run, of every attempt.
pub(crate) async fn artifacts(client: &Client, run: u64) -> Result<Vec<Artifact>> {
    let what = format!("cannot list the artifacts of run {run}");
    let route = client.route(&format!("actions/runs/{run}/artifacts"));
    client.list(&what, &route, &no_such_run(client, run)).await
}

/// The commit that a branch is at.
pub(crate) async fn commit_of(client: &Client, branch: &str) -> Result<String> {
    #[derive(serde::Deserialize)]
    struct Branch {
        commit: Commit,
    }
    #[derive(serde::Deserialize)]
    struct Commit {
        sha: String,
    }
    let what = format!("cannot find the branch {branch} in {}", client.settings.repository);
    let found: Branch = client.get(&what, &client.route(&format!("branches/{}", encoded(branch))), "").await?;
    Ok(found.commit.sha)
}

/// A job of a run, of its newest attempt. Times are like `2026-11-22T10:00:00Z`.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Job {
    pub(crate) name: String,
    /// `queued`, `in_progress`, `completed`, …
    pub(crate) status: String,
    /// `success`, `failure`, …; nothing before it is completed.
    pub(crate) conclusion: Option<String>,
    pub(crate) html_url: Option<String>,
    pub(crate) started_at: Option<String>,
    pub(crate) completed_at: Option<String>,
    pub(crate) steps: Option<Vec<Step>>,
}

/// A step of a job, with states and times as a job has them.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) started_at: Option<String>,
    pub(crate) completed_at: Option<String>,
}

/// The jobs of a run.
pub(crate) async fn jobs(client: &Client, run: u64) -> Result<Vec<Job>> {
    let what = format!("cannot list the jobs of run {run}");
    client.list(&what, &client.route(&format!("actions/runs/{run}/jobs")), &no_such_run(client, run)).await
}
