//! Follows a run to its end: a line when a job begins or ends, with its time, and on a terminal one for each job at work
//! with the step that it is at. `-v` tells each step, too.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::text::{moment, seconds};
use crate::base::ui::Progress;
use crate::github::actions::{self, Job};
use crate::github::client::Client;
use crate::github::plan::runs::Run;

/// What was told of a job.
#[derive(Default)]
struct Told {
    state: String,
    /// Steps that have ended.
    steps: usize,
    /// Its line on a terminal, while it is at work.
    line: Option<Progress>,
}

/// Waits until the run has ended.
pub(crate) async fn to_its_end(ctx: &Ctx, client: &Client, mut run: Run) -> Result<Run> {
    let waiting = ctx.ui.spinner(&format!("run {}: {}", run.id, run.state()));
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    loop {
        let over = run.is_over();
        let jobs = actions::jobs(client, run.id).await?;
        for job in &jobs {
            tell(ctx, job, told.entry(job.name.clone()).or_default());
        }
        waiting.tell(&format!("run {}: {}", run.id, run.state()));
        if over {
            ctx.ui.say(format_args!("run {}: {}{}", run.id, run.state(), in_all(&jobs)));
            return Ok(run);
        }
        tokio::time::sleep(client.poll_interval()).await;
        run = actions::run(client, run.id).await?;
    }
}

/// Says what is new of a job.
fn tell(ctx: &Ctx, job: &Job, told: &mut Told) {
    let steps = job.steps.as_deref().unwrap_or_default();
    let ended: Vec<_> = steps.iter().filter(|step| step.status == "completed").collect();
    for step in ended.iter().skip(told.steps) {
        let state = step.conclusion.as_deref().unwrap_or(&step.status);
        let time = time(step.started_at.as_deref(), step.completed_at.as_deref());
        ctx.ui.detail(format_args!("{} › {}: {state}{time}", job.name, step.name));
    }
    told.steps = ended.len();
    let state = state(job);
    if job.status == "in_progress" {
        let line = told.line.get_or_insert_with(|| ctx.ui.spinner(&job.name));
        let at = steps.iter().position(|step| step.status == "in_progress");
        if let Some((number, step)) = at.and_then(|at| Some((at + 1, steps.get(at)?))) {
            line.tell(&format!("{} › {} ({number} of {})", job.name, step.name, steps.len()));
        }
    } else {
        told.line = None;
    }
    if told.state != state {
        if state != "queued" {
            ctx.ui.say(format_args!(
                "{}: {state}{}",
                job.name,
                time(job.started_at.as_deref(), job.completed_at.as_deref())
            ));
        }
        told.state = state;
    }
}

/// ` in 3 min 20 s`, where both ends are told.
fn time(from: Option<&str>, to: Option<&str>) -> String {
    let took = from.and_then(moment).zip(to.and_then(moment)).and_then(|(from, to)| to.checked_sub(from));
    took.map_or_else(String::new, |secs| format!(" in {}", seconds(Duration::from_secs(secs))))
}

/// The time from the beginning of the first job to the end of the last.
fn in_all(jobs: &[Job]) -> String {
    // In this form the order of texts is that of times.
    let first = jobs.iter().filter_map(|job| job.started_at.as_deref()).min();
    time(first, jobs.iter().filter_map(|job| job.completed_at.as_deref()).max())
}

/// `queued`, `in_progress`, `success`, …
fn state(job: &Job) -> String {
    job.conclusion.clone().unwrap_or_else(|| job.status.clone())
}

/// The run's result as ours.
pub(crate) async fn judge(client: &Client, run: &Run) -> Result<()> {
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
