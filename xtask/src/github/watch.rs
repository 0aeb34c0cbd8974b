//! Follows a run to its end: a line when a job begins or ends, and which step is at work on a terminal.

use std::collections::BTreeMap;

use super::actions::{self, Job};
use super::client::Client;
use crate::ctx::Ctx;
use crate::fault::{Fault, Result};
use crate::plan::github::runs::Run;

/// Waits until the run has ended.
pub(super) async fn to_its_end(ctx: &Ctx, client: &Client, mut run: Run) -> Result<Run> {
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    let spinner = ctx.ui.spinner(&format!("run {}: {}", run.id, run.state()));
    loop {
        let over = run.is_over();
        let jobs = actions::jobs(client, run.id).await?;
        for job in &jobs {
            let state = state(job);
            if told.get(&job.name).is_none_or(|old| *old != state) {
                if state != "queued" {
                    ctx.ui.say(format_args!("{}: {state}", job.name));
                }
                told.insert(job.name.clone(), state);
            }
        }
        spinner.tell(&format!("run {}: {}", run.id, at_work(&jobs).unwrap_or_else(|| run.state().to_owned())));
        if over {
            return Ok(run);
        }
        tokio::time::sleep(client.rhythm()).await;
        run = actions::run(client, run.id).await?;
    }
}

/// `queued`, `in_progress`, `success`, …
fn state(job: &Job) -> String {
    job.conclusion.clone().unwrap_or_else(|| job.status.clone())
}

/// The jobs and steps that run now.
fn at_work(jobs: &[Job]) -> Option<String> {
    let of_job = |job: &Job| {
        let step = job.steps.as_deref().unwrap_or_default().iter().find(|step| step.status == "in_progress")?;
        Some(format!("{} › {}", job.name, step.name))
    };
    let working: Vec<String> = jobs.iter().filter_map(of_job).collect();
    (!working.is_empty()).then(|| working.join(", "))
}

/// The run's result as ours.
pub(super) async fn judge(client: &Client, run: &Run) -> Result<()> {
    if run.is_successful() {
        return Ok(());
    }
    let fault = Fault::new(format!("run {} ended with {}", run.id, run.state()));
    let jobs = actions::jobs(client, run.id).await?;
    let failed = jobs.iter().filter(|job| !matches!(job.conclusion.as_deref(), None | Some("success" | "skipped")));
    let fault = failed.fold(fault, |fault, job| {
        let steps = job.steps.as_deref().unwrap_or_default().iter();
        let step =
            steps.filter(|step| step.conclusion.as_deref() == Some("failure")).map(|step| step.name.as_str()).next();
        let step = step.map_or_else(String::new, |step| format!(" in the step `{step}`"));
        let page = job.html_url.as_deref().map_or_else(String::new, |url| format!(" ({url})"));
        fault.because(format!("{}: {}{step}{page}", job.name, state(job)))
    });
    Err(fault.hint(format!("see {}", run.html_url)))
}
