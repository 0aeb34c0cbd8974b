//! Runs, their artifacts and their workflow, as the API knows them.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::client::Client;
use crate::config::github::Workflow;
use crate::fault::Result;
use crate::plan::github::artifacts::Artifact;
use crate::plan::github::runs::Run;

/// A text as a part of an address.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The newest runs of a workflow: of a commit where one is given, else of a branch. Lists that are filtered by
/// status lag behind, so the state is looked at here.
pub(crate) async fn runs(
    client: &Client,
    workflow: &Workflow,
    branch: Option<&str>,
    commit: Option<&str>,
) -> Result<Vec<Run>> {
    let filter = match (commit, branch) {
        (Some(commit), _) => format!("&head_sha={}", encoded(commit)),
        (None, Some(branch)) => format!("&branch={}", encoded(branch)),
        (None, None) => String::new(),
    };
    let what = format!("cannot list the runs of {} in {}", workflow.workflow, client.settings.repository);
    let route = client.route(&format!("actions/workflows/{}/runs?per_page=100{filter}", encoded(&workflow.workflow)));
    let page: Page = client.get(&what, &route).await?;
    Ok(page.workflow_runs)
}

#[derive(serde::Deserialize)]
struct Page {
    workflow_runs: Vec<Run>,
}

/// One run.
pub(crate) async fn run(client: &Client, id: u64) -> Result<Run> {
    let what = format!("cannot find the run {id} in {}", client.settings.repository);
    client.get(&what, &client.route(&format!("actions/runs/{id}"))).await
}

/// All artifacts of a run, of every attempt.
pub(crate) async fn artifacts(client: &Client, run: u64) -> Result<Vec<Artifact>> {
    let what = format!("cannot list the artifacts of run {run}");
    client.list(&what, &client.route(&format!("actions/runs/{run}/artifacts")), "artifacts").await
}
