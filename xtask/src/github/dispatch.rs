//! Starts a run of a workflow, and finds out which one it is.

use std::fmt;

use hyper::Method;
use serde_json::{Value, json};

use crate::base::act::Act;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Kind, Result};
use crate::github::actions::{self, Filter};
use crate::github::client::{Client, Failures};
use crate::github::error::{RequestError, decode, named};
use crate::github::plan::retry::Retry;
use crate::github::plan::runs::{Run, just_started};
use crate::github::{block_on, watch};
use crate::release::repository::Settings;

/// How often to look for the run of a dispatch that did not tell it; a list may lag by some seconds.
const LOOKS: u32 = 12;

/// How a run is started, watched, or both.
#[derive(Clone, Debug)]
pub(crate) struct DispatchPlan {
    pub(crate) settings: Settings,
    /// The workflow's file.
    pub(crate) workflow: String,
    /// The command, for the hint how to go on.
    pub(crate) command: &'static str,
    /// What is started; or the run that is only watched.
    pub(crate) target: Target,
    /// Follow the run to its end.
    pub(crate) watch: bool,
}

/// See [`DispatchPlan::target`].
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A new run, with the input set to true that publishes, where it shall.
    Branch { branch: String, publish: Option<String> },
    /// A run that is there.
    Run(u64),
}

impl fmt::Display for DispatchPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settings, workflow, target, watch, .. } = self;
        match target {
            Target::Run(run) => return write!(f, "watch   run {run} in {}", settings.repository),
            Target::Branch { branch, publish } => {
                write!(f, "start   {workflow} on {branch} in {}", settings.repository)?;
                if let Some(input) = publish {
                    write!(f, " with {input}=true")?;
                }
            }
        }
        if *watch { write!(f, "\nwatch   the run to its end") } else { Ok(()) }
    }
}

impl Act for DispatchPlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        let mut known = Known::Nothing;
        let outcome = block_on(carry_out(ctx, self, &mut known));
        outcome.map_err(|fault| if fault.kind() == Kind::Interrupted { self.interrupted(fault, &known) } else { fault })
    }
}

/// What is known of the run.
enum Known {
    Nothing,
    /// The server was asked to start it.
    Asked,
    Run {
        id: u64,
        url: String,
    },
}

impl DispatchPlan {
    fn watch_again(&self, id: impl fmt::Display) -> String {
        format!("`cargo xtask {} --watch --run {id}`", self.command)
    }

    /// What the user must know who stops here.
    fn interrupted(&self, fault: Fault, known: &Known) -> Fault {
        match known {
            Known::Nothing => fault,
            Known::Asked => Fault::interrupted_but(format!(
                "a run of {} may have been started: look at the Actions page of {} before you start another one; {} watches it",
                self.workflow,
                self.settings.repository,
                self.watch_again("ID")
            )),
            Known::Run { id, url } => Fault::interrupted_but(format!(
                "the run goes on: {} watches it again, and {url} shows it",
                self.watch_again(id)
            )),
        }
    }
}

/// Starts, tells and watches, as the plan says.
async fn carry_out(ctx: &Ctx, plan: &DispatchPlan, known: &mut Known) -> Result<()> {
    let client = Client::new(ctx, plan.settings.clone())?;
    let run = match &plan.target {
        Target::Run(id) => actions::run(&client, *id).await?,
        Target::Branch { branch, publish } => start(&client, plan, branch, publish.as_deref(), known).await?,
    };
    found(&client, plan, known, run.id, &run.html_url);
    ctx.ui.say(&run.html_url);
    if !plan.watch {
        tell(ctx, &run, None);
        return Ok(());
    }
    if !ctx.json {
        ctx.ui.data(run.id);
    }
    let run = watch::to_its_end(ctx, &client, run).await?;
    tell(ctx, &run, Some(plan));
    watch::judge(&client, &run).await
}

/// There is a run: nothing that happens from here on may lead to a second one. A watch ends with its result, or with you.
fn found(client: &Client, plan: &DispatchPlan, known: &mut Known, id: u64, url: &str) {
    *known = Known::Run { id, url: url.to_owned() };
    client.goes_on_with(format!("watch the run with {}", plan.watch_again(id)), plan.watch);
}

fn tell(ctx: &Ctx, run: &Run, watched: Option<&DispatchPlan>) {
    if ctx.json {
        ctx.ui.data(json!({ "run": run.id, "url": run.html_url, "commit": run.head_sha, "state": run.state() }));
    } else if watched.is_none() {
        ctx.ui.data(run.id);
    }
}

async fn start(
    client: &Client,
    plan: &DispatchPlan,
    branch: &str,
    publish: Option<&str>,
    known: &mut Known,
) -> Result<Run> {
    if client.settings.token.is_none() {
        return Err(
            Fault::new("there is no GitHub token, and starting a run needs one").hint(client.settings.how_to_log_in())
        );
    }
    let what = format!("cannot start {} on {branch} in {}", plan.workflow, client.settings.repository);
    let before: Vec<u64> = list(client, plan, branch).await?.iter().map(|run| run.id).collect();
    let mut body = request(branch, publish);
    let route = client.route(&format!("actions/workflows/{}/dispatches", actions::encoded(&plan.workflow)));
    let mut failures = Failures::new();
    loop {
        *known = Known::Asked;
        let error = match client.request(&Method::POST, &route, Some(&body), &what).await {
            Ok(answer) => {
                // Older servers answer with nothing.
                let details = if answer.body.is_empty() { Value::Null } else { decode(&what, &answer.body)? };
                let Some(id) = details["workflow_run_id"].as_u64() else {
                    return find(client, plan, branch, &before).await;
                };
                found(client, plan, known, id, details["html_url"].as_str().unwrap_or_default());
                return actions::run(client, id).await;
            }
            Err(error) => error,
        };
        if !error.may_have_acted {
            *known = Known::Nothing;
        }
        // Older servers don't know the key, and start nothing.
        if error.status.is_some_and(|status| [400, 422].contains(&status.as_u16()))
            && body.as_object_mut().is_some_and(|body| body.remove("return_run_details").is_some())
        {
            continue;
        }
        if error.retry == Retry::Never {
            return Err(refusal(client, error, plan, branch));
        }
        // The server may have started the run before the answer was lost: two are worse than a look.
        if error.may_have_acted
            && let Some(run) = look(client, plan, branch, &before).await?
        {
            return Ok(run);
        }
        client.wait(&what, error, &mut failures).await.map_err(|fault| named(fault, &what))?;
    }
}

/// What the server is asked for.
fn request(branch: &str, publish: Option<&str>) -> Value {
    let mut body = json!({ "ref": branch, "return_run_details": true });
    if let Some(input) = publish {
        body["inputs"] = json!({ input: "true" });
    }
    body
}

async fn list(client: &Client, plan: &DispatchPlan, branch: &str) -> Result<Vec<Run>> {
    actions::runs(client, &plan.workflow, Filter { branch: Some(branch), ..Filter::default() }).await
}

async fn find(client: &Client, plan: &DispatchPlan, branch: &str, before: &[u64]) -> Result<Run> {
    look(client, plan, branch, before).await?.ok_or_else(|| {
        Fault::new(format!("{} was started on {branch}, but its run does not show up", plan.workflow)).hint(format!(
            "look at the Actions page of {}; don't start it again before that",
            client.settings.repository
        ))
    })
}

/// Looks for the new run, again and again, because lists lag.
async fn look(client: &Client, plan: &DispatchPlan, branch: &str, before: &[u64]) -> Result<Option<Run>> {
    let commit = actions::commit_of(client, branch).await.ok();
    for _ in 0..LOOKS {
        tokio::time::sleep(client.poll_interval() / 5).await;
        let runs = list(client, plan, branch).await?;
        if let Some(run) = just_started(&runs, branch, commit.as_deref(), before) {
            return Ok(Some(run.clone()));
        }
    }
    Ok(None)
}

/// Each refusal with what to do about it.
fn refusal(client: &Client, error: RequestError, plan: &DispatchPlan, branch: &str) -> Fault {
    let told = error.told.clone().unwrap_or_default().to_ascii_lowercase();
    let DispatchPlan { workflow, settings, .. } = plan;
    let hint = match error.status.map(|status| status.as_u16()) {
        Some(422 | 404) if told.contains("ref") && told.contains("found") => {
            format!("{branch} is not on the server: `git push -u origin {branch}` brings it there")
        }
        Some(422 | 403) if told.contains("disabled") => format!(
            "the workflow is disabled: enable it on the Actions page of {}, or with `gh workflow enable {workflow}`",
            settings.repository
        ),
        Some(422) if told.contains("workflow_dispatch") => {
            format!("add the trigger `workflow_dispatch` to .github/workflows/{workflow} on {branch}")
        }
        Some(422) if told.contains("input") => {
            format!(
                "the workflow on {branch} has other inputs than `dds.toml` names: bring .github/workflows/{workflow} up to date there"
            )
        }
        Some(403) => format!(
            "the token needs write access to Actions of {} (classic tokens: the scope `repo`): {}",
            settings.repository,
            settings.how_to_log_in()
        ),
        Some(404) => actions::where_is(workflow, client),
        _ => return client.explain(error, 1),
    };
    error.fault.hint(hint)
}
