//! The commands on the runs of a workflow that packages a shell: start and watch one, find the newest, download its
//! packages. Each is written once; [`On`] binds it to a workflow.

use std::fmt::Debug;
use std::marker::PhantomData;

use clap::builder::StyledStr;
use clap::error::Error as ClapError;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use serde_json::json;

use crate::base::act::finish;
use crate::base::config::Config;
use crate::base::config::github::Workflow;
use crate::base::ctx::{Ctx, Run as RunCommand};
use crate::base::fault::{Fault, Result};
use crate::github::actions::{self, Filter};
use crate::github::block_on;
use crate::github::client::Client;
use crate::github::dispatch::{DispatchPlan, Target};
use crate::github::download::{self, Choice};
use crate::github::downloads::Folders;
use crate::github::latest::{self, Asked};
use crate::github::plan::runs::{Run, describe, newest_successful};
use crate::release::repository::{self, Settings};

/// What differs between the workflows that package a shell.
pub(crate) trait Packages: Debug + Send + Sync + 'static {
    /// The shell, for people.
    const SHELL: &'static str;
    /// The command that starts the workflow; the names of the other commands begin with it.
    const COMMAND: &'static str;
    /// Its section in `dds.toml`.
    fn workflow(config: &Config) -> &Workflow;
}

/// `[github.electron]`
#[derive(Debug)]
pub(crate) struct Electron;

/// `[github.tauri]`
#[derive(Debug)]
pub(crate) struct Tauri;

impl Packages for Electron {
    const SHELL: &'static str = "Electron";
    const COMMAND: &'static str = "github-package";

    fn workflow(config: &Config) -> &Workflow {
        &config.github.electron
    }
}

impl Packages for Tauri {
    const SHELL: &'static str = "Tauri";
    const COMMAND: &'static str = "github-package-tauri";

    fn workflow(config: &Config) -> &Workflow {
        &config.github.tauri
    }
}

pub(crate) type ElectronPackage = On<Electron, Package>;
pub(crate) type ElectronLatestRun = On<Electron, LatestRun>;
pub(crate) type ElectronDownload = On<Electron, Download>;
pub(crate) type ElectronDownloadLatest = On<Electron, DownloadLatest>;
pub(crate) type ElectronLatestPath = On<Electron, LatestPath>;
pub(crate) type TauriPackage = On<Tauri, Package>;
pub(crate) type TauriLatestRun = On<Tauri, LatestRun>;
pub(crate) type TauriDownload = On<Tauri, Download>;
pub(crate) type TauriDownloadLatest = On<Tauri, DownloadLatest>;
pub(crate) type TauriLatestPath = On<Tauri, LatestPath>;

/// A command on one workflow. Its help may say `{shell}` and `{command}`.
#[derive(Debug)]
pub(crate) struct On<W, A> {
    args: A,
    workflow: PhantomData<W>,
}

/// A command on any of the workflows. `command` is the one that starts it.
trait OnWorkflow {
    fn run(&self, ctx: &Ctx, workflow: &Workflow, command: &'static str) -> Result<()>;
}

impl<W: Packages, A: OnWorkflow> RunCommand for On<W, A> {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        self.args.run(ctx, W::workflow(&ctx.config), W::COMMAND)
    }
}

impl<W, A: FromArgMatches> FromArgMatches for On<W, A> {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, ClapError> {
        Ok(Self { args: A::from_arg_matches(matches)?, workflow: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), ClapError> {
        self.args.update_from_arg_matches(matches)
    }
}

impl<W: Packages, A: Args> Args for On<W, A> {
    fn augment_args(command: Command) -> Command {
        let command = A::augment_args(command);
        let filled = |text: Option<&StyledStr>| {
            text.map(ToString::to_string)
                .unwrap_or_default()
                .replace("{shell}", W::SHELL)
                .replace("{command}", W::COMMAND)
        };
        let (about, examples) = (filled(command.get_about()), filled(command.get_after_help()));
        command.about(about).after_help(examples)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// Which repository.
#[derive(Debug, Args)]
pub(crate) struct RepositoryArgs {
    /// The repository, `[HOST/]OWNER/NAME`, instead of the `origin` remote.
    #[arg(long, value_name = "REPO")]
    pub(crate) repo: Option<String>,
}

impl RepositoryArgs {
    /// Where requests go.
    pub(crate) fn settings(&self, ctx: &Ctx) -> Result<Settings> {
        repository::settings(ctx, self.repo.as_deref())
    }
}

/// Which branch.
#[derive(Debug, Args)]
struct BranchArgs {
    /// The branch; the current one by default.
    #[arg(value_name = "BRANCH")]
    branch: Option<String>,
    #[command(flatten)]
    repository: RepositoryArgs,
}

impl BranchArgs {
    fn branch(&self, ctx: &Ctx) -> Result<String> {
        self.branch.clone().map_or_else(|| repository::current_branch(ctx), Ok)
    }
}

/// A run's number, given as such or in the address of the run or of a job of it.
fn run_id(text: &str) -> std::result::Result<u64, String> {
    let number = text.split_once("/actions/runs/").map_or(text, |(_, rest)| rest);
    let number = number.split(['/', '?', '#']).next().unwrap_or_default();
    number
        .parse()
        .map_err(|_| "a run is named by its number, or by its address https://…/actions/runs/NUMBER".to_owned())
}

#[derive(Debug, Args)]
struct JobsArgs {
    /// How many connections there are at the same time.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u8).range(1..=12))]
    jobs: u8,
}

/// Package the {shell} shell on GitHub Actions. The branch is taken as it is on GitHub; the run's id is printed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask {command} main --watch\n  cargo xtask {command} --watch --run 19876543210"
)]
pub(crate) struct Package {
    #[command(flatten)]
    branch: BranchArgs,
    /// Let the workflow publish a release, through the input that `dds.toml` names for that.
    #[arg(long)]
    publish: bool,
    /// Follow the run to its end; its result is the command's.
    #[arg(long)]
    watch: bool,
    /// Watch this run instead of starting one; its number or its address.
    #[arg(long, value_name = "RUN_ID", value_parser = run_id, requires = "watch", conflicts_with_all = ["branch", "publish"])]
    run: Option<u64>,
}

impl OnWorkflow for Package {
    fn run(&self, ctx: &Ctx, workflow: &Workflow, command: &'static str) -> Result<()> {
        let settings = self.branch.repository.settings(ctx)?;
        let settings = if self.run.is_some() { settings } else { settings.writing() };
        let publish = match (self.publish, &workflow.publish_input) {
            (true, None) => {
                return Err(Fault::usage(format!("{} has no input that publishes", workflow.file))
                    .hint("leave out --publish, or name the input in `dds.toml`"));
            }
            (publish, input) => input.clone().filter(|_| publish),
        };
        let target = match self.run {
            Some(run) => Target::Run(run),
            None => Target::Branch { branch: self.branch.branch(ctx)?, publish },
        };
        let workflow = workflow.file.clone();
        finish(ctx, &DispatchPlan { settings, workflow, command, target, watch: self.watch })
    }
}

/// Which run: the newest successful one of a branch or commit.
#[derive(Debug, Args)]
struct LatestArgs {
    #[command(flatten)]
    branch: BranchArgs,
    /// Exactly this commit, whatever its branch.
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
}

impl LatestArgs {
    /// Nothing where a commit is asked for.
    fn branch_asked_for(&self, ctx: &Ctx) -> Result<Option<String>> {
        if self.commit.is_some() { Ok(None) } else { self.branch.branch(ctx).map(Some) }
    }

    fn find(&self, ctx: &Ctx, workflow: &Workflow, command: &str, settings: &Settings) -> Result<Run> {
        let commit = self.commit.as_deref().map(|commit| repository::full_commit(ctx, commit));
        let commit = commit.as_deref();
        let branch = self.branch_asked_for(ctx)?.unwrap_or_default();
        block_on(async {
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
            let others = if newest.is_empty() {
                actions::runs(&client, &workflow.file, Filter::default()).await?
            } else {
                newest
            };
            let fault = match describe(&others) {
                lines if lines.is_empty() => fault.because("it never ran"),
                lines => fault.because_all(lines),
            };
            Err(fault.hint(format!("package with `cargo xtask {command} BRANCH`, or name another branch")))
        })
    }
}

/// Print the id of the newest run that packaged {shell}. Only runs that succeeded count, of a branch or a commit.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cargo xtask {command}-latest-run\n  run=$(cargo xtask {command}-latest-run main)")]
pub(crate) struct LatestRun {
    #[command(flatten)]
    latest: LatestArgs,
}

impl OnWorkflow for LatestRun {
    fn run(&self, ctx: &Ctx, workflow: &Workflow, command: &'static str) -> Result<()> {
        let settings = self.latest.branch.repository.settings(ctx)?;
        let run = self.latest.find(ctx, workflow, command, &settings)?;
        if ctx.json {
            ctx.ui.data(json!({
                "run": run.id, "url": run.html_url, "branch": run.head_branch, "commit": run.head_sha,
                "created": run.created_at,
            }));
        } else {
            ctx.ui.data(run.id);
        }
        Ok(())
    }
}

/// Download the {shell} packages of a run. Every file is checked; their folder is printed.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask {command}-download 19876543210")]
pub(crate) struct Download {
    /// The run's id, which is the number in its address; or the address itself.
    #[arg(value_name = "RUN_ID", value_parser = run_id)]
    run: u64,
    #[command(flatten)]
    repository: RepositoryArgs,
    #[command(flatten)]
    jobs: JobsArgs,
}

impl OnWorkflow for Download {
    fn run(&self, ctx: &Ctx, workflow: &Workflow, _: &'static str) -> Result<()> {
        let settings = self.repository.settings(ctx)?;
        let choice = Choice { settings, run: self.run, asked: Asked::Run, jobs: self.jobs.jobs.into() };
        finish(ctx, &download::plan(ctx, workflow, choice)?)
    }
}

/// Download the {shell} packages of the newest run. Only runs that succeeded count, of a branch or a commit.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask {command}-download-latest main")]
pub(crate) struct DownloadLatest {
    #[command(flatten)]
    latest: LatestArgs,
    #[command(flatten)]
    jobs: JobsArgs,
}

impl OnWorkflow for DownloadLatest {
    fn run(&self, ctx: &Ctx, workflow: &Workflow, command: &'static str) -> Result<()> {
        let settings = self.latest.branch.repository.settings(ctx)?;
        let run = self.latest.find(ctx, workflow, command, &settings)?;
        ctx.ui.say(format_args!("run {} of {} ({})", run.id, run.created_at, run.html_url));
        let asked = Asked::Latest { branch: self.latest.branch_asked_for(ctx)? };
        let choice = Choice { settings, run: run.id, asked, jobs: self.jobs.jobs.into() };
        finish(ctx, &download::plan(ctx, workflow, choice)?)
    }
}

/// Print the folder that the newest {shell} packages are in. It works without a network.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cargo xtask {command}-latest-path\n  cargo xtask {command}-latest-path main")]
pub(crate) struct LatestPath {
    /// The branch whose newest run was asked for; without it the last one of any.
    #[arg(value_name = "BRANCH")]
    branch: Option<String>,
}

impl OnWorkflow for LatestPath {
    fn run(&self, ctx: &Ctx, workflow: &Workflow, command: &'static str) -> Result<()> {
        let (run, path) = latest::find(ctx, &Folders::new(&workflow.folder), self.branch.as_deref(), command)?;
        if ctx.json {
            ctx.ui.data(json!({ "run": run, "path": path }));
        } else {
            ctx.ui.data(path);
        }
        Ok(())
    }
}
