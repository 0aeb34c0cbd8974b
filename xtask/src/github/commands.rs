//! What the GitHub commands share: one implementation for both workflows, with the arguments that go with them.

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;
use serde_json::json;

use crate::base::act::{Done, finish};
use crate::base::config::github::Workflow;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Kind, Result};
use crate::github::actions::{self, Filter};
use crate::github::client::Client;
use crate::github::folders::{Folders, newest};
use crate::github::model::{DispatchPlan, DownloadPlan, Item, ReleasePlan, Target};
use crate::github::plan::artifacts::{choose, wanted};
use crate::github::plan::release::expected;
use crate::github::plan::runs::{Run, describe, newest_successful};
use crate::github::{self, local};
use crate::release::repository;
use crate::release::repository::Settings;

/// Which repository.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct RepositoryArgs {
    /// The repository, `[HOST/]OWNER/NAME`, instead of the `origin` remote.
    #[arg(long, value_name = "REPO")]
    pub(crate) repo: Option<String>,
}

/// Which branch or commit.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct BranchArgs {
    /// The branch; the current one by itself.
    #[arg(value_name = "BRANCH")]
    pub(crate) branch: Option<String>,
    #[command(flatten)]
    pub(crate) repository: RepositoryArgs,
}

/// Which run: the newest successful one of a branch or commit.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct LatestArgs {
    #[command(flatten)]
    branch: BranchArgs,
    /// Exactly this commit, whatever its branch.
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
}

/// How to download.
#[derive(Debug, Clone, ClapArgs)]
struct JobsArgs {
    /// Bodies that are fetched at once.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=6))]
    jobs: u8,
}

/// What to download: one run.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct DownloadArgs {
    /// The run's id: the number in its address.
    #[arg(value_name = "RUN_ID")]
    run: u64,
    #[command(flatten)]
    repository: RepositoryArgs,
    #[command(flatten)]
    jobs: JobsArgs,
}

/// What to download: the newest run.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct DownloadLatestArgs {
    #[command(flatten)]
    latest: LatestArgs,
    #[command(flatten)]
    jobs: JobsArgs,
}

impl BranchArgs {
    /// The branch that is meant.
    pub(crate) fn branch(&self, ctx: &Ctx) -> Result<String> {
        self.branch.clone().map_or_else(|| repository::current_branch(ctx), Ok)
    }
}

/// What starting and watching a run needs.
pub(crate) struct Start<'a> {
    pub(crate) workflow: &'a Workflow,
    /// The command's own name.
    pub(crate) command: &'static str,
    pub(crate) branch: &'a BranchArgs,
    pub(crate) publish: bool,
    pub(crate) watch: bool,
    /// Watch this run instead of starting one.
    pub(crate) run: Option<u64>,
}

/// Starts a run, or watches one.
pub(crate) fn package(ctx: &Ctx, start: &Start<'_>) -> Result<()> {
    let settings = repository::settings(ctx, start.branch.repository.repo.as_deref())?;
    let publish = match (start.publish, &start.workflow.publish_input) {
        (true, None) => {
            return Err(Fault::usage(format!("{} has no input that publishes", start.workflow.file))
                .hint("leave out --publish, or name the input in `dds.toml`"));
        }
        (publish, input) => input.clone().filter(|_| publish),
    };
    let target = match start.run {
        Some(run) => Target::Run(run),
        None => Target::Branch { branch: start.branch.branch(ctx)?, publish },
    };
    let (workflow, command) = (start.workflow.file.clone(), start.command);
    let plan = DispatchPlan { settings, workflow, command, target, watch: start.watch };
    finish(ctx, &plan).map(drop)
}

/// Prints the id of the newest successful run.
pub(crate) fn latest_run(ctx: &Ctx, workflow: &Workflow, args: &LatestArgs) -> Result<()> {
    let settings = repository::settings(ctx, args.branch.repository.repo.as_deref())?;
    let run = find_latest(ctx, workflow, &settings, args)?;
    if ctx.json {
        ctx.ui.data(json!({
            "run": run.id, "url": run.html_url, "branch": run.head_branch, "commit": run.head_sha, "created": run.created_at,
        }));
    } else {
        ctx.ui.data(run.id);
    }
    Ok(())
}

/// Downloads the packages of a run.
pub(crate) fn download(ctx: &Ctx, workflow: &Workflow, args: &DownloadArgs) -> Result<()> {
    let settings = repository::settings(ctx, args.repository.repo.as_deref())?;
    bring(ctx, workflow, &settings, args.run, &args.jobs)
}

/// Downloads the packages of the newest successful run.
pub(crate) fn download_latest(ctx: &Ctx, workflow: &Workflow, args: &DownloadLatestArgs) -> Result<()> {
    let settings = repository::settings(ctx, args.latest.branch.repository.repo.as_deref())?;
    let run = find_latest(ctx, workflow, &settings, &args.latest)?;
    ctx.ui.say(format_args!("run {} of {} ({})", run.id, run.created_at, run.html_url));
    bring(ctx, workflow, &settings, run.id, &args.jobs)
}

/// Prints the folder of the packages that were downloaded last.
pub(crate) fn latest_path(ctx: &Ctx, workflow: &Workflow, download: &str) -> Result<()> {
    let folders = Folders::new(&workflow.folder);
    let Some((run, path)) = local::latest(ctx, &folders) else {
        return Err(Fault::new(format!("no packages were downloaded into {}", folders.base()))
            .hint(format!("`cargo xtask {download}` downloads those of the newest successful run")));
    };
    if ctx.json {
        ctx.ui.data(json!({ "run": run, "path": path }));
    } else {
        ctx.ui.data(path);
    }
    Ok(())
}

fn find_latest(ctx: &Ctx, workflow: &Workflow, settings: &Settings, args: &LatestArgs) -> Result<Run> {
    let commit = args.commit.as_deref().map(|commit| repository::full_commit(ctx, commit));
    let commit = commit.as_deref();
    let branch = match commit {
        Some(_) => args.branch.branch.clone().unwrap_or_default(),
        None => args.branch.branch(ctx)?,
    };
    github::block_on(async {
        let client = Client::new(ctx, settings.clone())?;
        let of_branch = Filter { branch: commit.is_none().then_some(&*branch), commit, successful: false };
        let newest = actions::runs(&client, &workflow.file, of_branch).await?;
        if let Some(run) = newest_successful(&newest, &branch, commit) {
            return Ok(run.clone());
        }
        // The list by state lags behind, but it reaches further back than the newest runs.
        let older = actions::runs(&client, &workflow.file, Filter { successful: true, ..of_branch }).await?;
        if let Some(run) = newest_successful(&older, &branch, commit) {
            return Ok(run.clone());
        }
        let of = commit.map_or_else(|| format!("on {branch}"), |commit| format!("of commit {commit}"));
        let fault = Fault::new(format!("{} has no successful run {of} in {}", workflow.file, settings.repository));
        let others =
            if newest.is_empty() { actions::runs(&client, &workflow.file, Filter::default()).await? } else { newest };
        let fault = match describe(&others) {
            lines if lines.is_empty() => fault.because("it never ran"),
            lines => lines.into_iter().fold(fault, Fault::because),
        };
        Err(fault.hint("package with `cargo xtask github-package[-tauri] BRANCH`, or name another branch"))
    })
}

fn bring(ctx: &Ctx, workflow: &Workflow, settings: &Settings, run: u64, jobs: &JobsArgs) -> Result<()> {
    let listed = github::block_on(async {
        let client = Client::new(ctx, settings.clone())?;
        actions::artifacts(&client, run).await
    })?;
    let chosen = choose(&wanted(workflow), &listed).map_err(|wrong| missing(ctx, settings, run, &wrong))?;
    let folders = Folders::new(&workflow.folder);
    let held = local::held(ctx, &folders, run)?;
    let items = chosen.into_iter().map(|(wanted, artifact)| Item {
        kept: held.as_ref().is_some_and(|record| record.holds(&artifact)),
        wanted,
        artifact,
    });
    let there = local::runs(ctx, &folders);
    let plan = DownloadPlan {
        settings: settings.clone(),
        run,
        items: items.collect(),
        manifest: workflow.manifest.clone(),
        jobs: jobs.jobs.into(),
        unpacked_limit_mb: ctx.config.github.unpacked_limit_mb,
        latest: newest(there.iter().map(String::as_str)).unwrap_or(run).max(run),
        folders,
    };
    let done = finish(ctx, &plan)?;
    if done == Done::Applied {
        report(ctx, &plan);
    }
    Ok(())
}

/// What is missing, and what the run itself has to say to that.
fn missing(ctx: &Ctx, settings: &Settings, run: u64, wrong: &[String]) -> Fault {
    let state = github::block_on(async {
        let client = Client::new(ctx, settings.clone())?;
        actions::run(&client, run).await
    });
    let fault = wrong.iter().fold(Fault::new(format!("run {run} does not have all packages")), Fault::because);
    match state {
        Ok(run) if !run.is_over() => {
            fault.hint(format!("it is still {}: wait until it has ended ({})", run.state(), run.html_url))
        }
        Ok(run) if !run.is_successful() => {
            fault.hint(format!("it ended with {}: see {}, or take another run", run.state(), run.html_url))
        }
        Err(stop) if stop.kind() == Kind::Interrupted => stop,
        _ => fault.hint("take another run (`…-latest-run` names the newest), or package anew"),
    }
}

fn report(ctx: &Ctx, plan: &DownloadPlan) {
    let path = ctx.layout.absolute(plan.target());
    if plan.is_up_to_date() {
        ctx.ui.say(format_args!("all artifacts of run {} are there and right; nothing was fetched", plan.run));
    }
    if !ctx.json {
        return ctx.ui.data(path);
    }
    ctx.ui.data(json!({
        "run": plan.run,
        "path": path,
        "latest": plan.latest,
        "artifacts": plan.items.iter().map(|item| json!({
            "name": item.artifact.name, "id": item.artifact.id, "platform": item.wanted.platform,
            "bytes": item.artifact.size_in_bytes, "fetched": !item.kept,
        })).collect::<Vec<_>>(),
    }));
}

/// What is done with a release.
#[derive(Clone, Debug)]
pub(crate) enum Release {
    /// Only look.
    Verify {
        /// At every byte.
        download: bool,
    },
    /// Look at every byte, and publish it.
    Publish {
        /// With this text.
        notes: Option<String>,
    },
}

/// Verifies a release, and publishes it.
pub(crate) fn release(
    ctx: &Ctx,
    args: &RepositoryArgs,
    tag: &str,
    against: Option<Utf8PathBuf>,
    what: Release,
) -> Result<()> {
    let settings = repository::settings(ctx, args.repo.as_deref())?;
    let plan = ReleasePlan {
        settings,
        tag: tag.to_owned(),
        expected: expected(tag, &ctx.config.github.release),
        download: !matches!(what, Release::Verify { download: false }),
        against,
        publish: matches!(what, Release::Publish { .. }),
        notes: match what {
            Release::Publish { notes } => notes,
            Release::Verify { .. } => None,
        },
        folders: Folders::new(&ctx.config.github.electron.folder),
    };
    finish(ctx, &plan).map(drop)
}
