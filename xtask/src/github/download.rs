//! Downloads the packages of a run: all artifacts at once, unpacked, checked, and only then swapped in.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::base::act::Act;
use crate::base::config::github::Workflow;
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::text::{count, seconds, size, slashed};
use crate::base::{files, hash, interrupt};
use crate::github::archive::Failure;
use crate::github::assembly::{Arrived, Item, check, keep, place, recorded};
use crate::github::client::Client;
use crate::github::downloads::{self, Folders, Record, SCHEMA};
use crate::github::fetch::{self, Body, Fetched};
use crate::github::latest::{self, Asked};
use crate::github::plan::artifacts::{choose, wanted};
use crate::github::{actions, block_on, partial};
use crate::release::repository::Settings;

/// What a command asks for.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) settings: Settings,
    pub(crate) run: u64,
    pub(crate) asked: Asked,
    /// How many connections there are at the same time.
    pub(crate) jobs: usize,
}

/// How the packages of a run are downloaded.
#[derive(Clone, Debug)]
pub(crate) struct DownloadPlan {
    choice: Choice,
    folders: Folders,
    items: Vec<Item>,
    /// The name of the checksum manifest of each platform, with `{platform}` in it.
    manifest: String,
    /// What an archive may unpack to, in MB.
    unpacked_limit_mb: u64,
}

impl DownloadPlan {
    /// Whether everything is there already.
    fn is_up_to_date(&self) -> bool {
        self.items.iter().all(|item| item.kept)
    }

    /// The folder of the run.
    fn target(&self) -> Utf8PathBuf {
        self.folders.run(self.choice.run)
    }
}

impl fmt::Display for DownloadPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_up_to_date() {
            return write!(f, "keep    {} (all artifacts of run {} are there)", self.target(), self.choice.run);
        }
        for Item { wanted, artifact, kept } in &self.items {
            let how = if *kept { "keep " } else { "fetch" };
            writeln!(f, "{how}   {} ({}) into {}", artifact.name, size(artifact.size_in_bytes), wanted.platform)?;
        }
        writeln!(f, "verify  {} of each platform", self.manifest)?;
        write!(f, "swap    {}", slashed(self.target().as_str()))
    }
}

/// Decides what is fetched of a run.
///
/// # Errors
/// The run lacks packages; each that is missing or expired.
pub(crate) fn plan(ctx: &Ctx, workflow: &Workflow, choice: Choice) -> Result<DownloadPlan> {
    let Choice { settings, run, .. } = &choice;
    let listed = block_on(async {
        let client = Client::new(ctx, settings.clone())?;
        actions::artifacts(&client, *run).await
    })?;
    let chosen = choose(&wanted(workflow), &listed).map_err(|wrong| missing(ctx, settings, *run, &wrong))?;
    let folders = Folders::new(&workflow.folder);
    let there = downloads::record(ctx, &folders, *run)?;
    let items = chosen.into_iter().map(|(wanted, artifact)| Item {
        kept: there.as_ref().is_some_and(|record| record.has(&artifact)),
        wanted,
        artifact,
    });
    Ok(DownloadPlan {
        items: items.collect(),
        manifest: workflow.manifest.clone(),
        unpacked_limit_mb: ctx.config.github.unpacked_limit_mb,
        folders,
        choice,
    })
}

/// What is missing, and what the run itself has to say to that.
fn missing(ctx: &Ctx, settings: &Settings, run: u64, wrong: &[String]) -> Fault {
    let state = block_on(async {
        let client = Client::new(ctx, settings.clone())?;
        actions::run(&client, run).await
    });
    let fault = Fault::new(format!("run {run} does not have all packages")).because_all(wrong);
    match state {
        Ok(run) if !run.is_over() => {
            fault.hint(format!("it is still {}: wait until it has ended ({})", run.state(), run.html_url))
        }
        Ok(run) if !run.is_successful() => {
            fault.hint(format!("it ended with {}: see {}, or take another run", run.state(), run.html_url))
        }
        _ => fault.hint("take another run (`…-latest-run` names the newest), or package anew"),
    }
}

fn report(ctx: &Ctx, plan: &DownloadPlan) {
    let path = ctx.layout.absolute(plan.target());
    if plan.is_up_to_date() {
        ctx.ui.say(format_args!("all artifacts of run {} are there and right; nothing was fetched", plan.choice.run));
    }
    if !ctx.json {
        return ctx.ui.data(path);
    }
    ctx.ui.data(json!({
        "run": plan.choice.run,
        "path": path,
        "latest": latest::recorded(ctx, &plan.folders, None),
        "artifacts": plan.items.iter().map(|item| json!({
            "name": item.artifact.name, "id": item.artifact.id, "platform": item.wanted.platform,
            "bytes": item.artifact.size_in_bytes, "fetched": !item.kept,
        })).collect::<Vec<_>>(),
    }));
}

/// What the downloads share: as many connections as there may be at once, of which each large one gets its part.
struct Pool {
    connections: Semaphore,
    parts: u64,
    /// So that their bars stand below each other.
    longest_name: usize,
}

impl Act for DownloadPlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        let start = Instant::now();
        let _lock = downloads::enter(ctx, &self.folders)?;
        // Another download may have fetched it while this one waited.
        let mut plan = self.clone();
        let there = downloads::record(ctx, &plan.folders, plan.choice.run)?;
        for item in &mut plan.items {
            item.kept = there.as_ref().is_some_and(|record| record.has(&item.artifact));
        }
        if plan.is_up_to_date() {
            forget_bodies(ctx, &plan)?;
        } else {
            // That one also removes what a thread that unpacks may still write.
            let assembly = ctx.layout.absolute(plan.folders.assembly());
            put_together(ctx, &plan, there.as_ref(), start).map_err(|failure| {
                drop(std::fs::remove_dir_all(assembly));
                give_up(ctx, &plan, failure)
            })?;
        }
        latest::remember(ctx, &plan.folders, plan.choice.run, &plan.choice.asked)?;
        report(ctx, &plan);
        Ok(())
    }
}

/// What was fetched stays for the next try, unless it is wrong itself: then no try could make anything of it.
fn give_up(ctx: &Ctx, plan: &DownloadPlan, failure: Failure) -> Fault {
    if matches!(failure, Failure::Wrong(_)) {
        let _ = forget_bodies(ctx, plan);
    }
    failure.into_fault()
}

/// Fetches what is missing, takes over what is there, checks all of it and swaps it in.
fn put_together(
    ctx: &Ctx,
    plan: &DownloadPlan,
    there: Option<&Record>,
    start: Instant,
) -> std::result::Result<(), Failure> {
    let assembly = ctx.layout.absolute(plan.folders.assembly()).join(plan.choice.run.to_string());
    let platforms: BTreeSet<&str> = plan.items.iter().map(|item| item.wanted.platform).collect();
    for platform in &platforms {
        files::make_folder(&assembly.join(platform))?;
    }
    let mut arrived = bring(ctx, plan, plan.items.iter().filter(|item| !item.kept).collect(), &assembly)?;
    arrived.extend(keep(&plan.items, there, &ctx.layout.absolute(plan.target()), &assembly)?);
    for platform in platforms {
        let Err(fault) = check(&plan.manifest, &assembly, &arrived, platform) else { continue };
        // The server told no digest, so what came may have been spoilt on the way.
        let (again, rest): (Vec<_>, Vec<_>) = arrived.into_iter().partition(|arrived| arrived.may_be_spoilt(platform));
        if again.is_empty() {
            return Err(Failure::Wrong(fault));
        }
        for spoilt in &again {
            ctx.ui.say(format_args!("{} is not what its list says; once more", spoilt.item.artifact.name));
            spoilt.files.iter().try_for_each(|file| files::remove(&assembly.join(platform).join(&file.path)))?;
        }
        arrived = rest;
        arrived.extend(bring(ctx, plan, again.iter().map(|spoilt| &spoilt.item).collect(), &assembly)?);
        check(&plan.manifest, &assembly, &arrived, platform).map_err(Failure::Wrong)?;
    }
    let record = Record { schema: SCHEMA, run: plan.choice.run, artifacts: recorded(&arrived, &assembly)? };
    downloads::swap_in(ctx, &plan.folders, plan.choice.run, &record)?;
    forget_bodies(ctx, plan)?;
    let fetched = plan.items.iter().filter(|item| !item.kept);
    let bytes = fetched.clone().map(|item| item.artifact.size_in_bytes).sum();
    ctx.ui.say(format_args!(
        "fetched {} of run {} ({}) in {}, checksums right",
        count(fetched.count(), "artifact"),
        plan.choice.run,
        size(bytes),
        seconds(start.elapsed())
    ));
    Ok(())
}

/// Fetches some artifacts at once, and unpacks each as soon as it is here.
fn bring(
    ctx: &Ctx,
    plan: &DownloadPlan,
    mut wanted: Vec<&Item>,
    assembly: &Utf8Path,
) -> std::result::Result<Vec<Arrived>, Failure> {
    // The small ones first: they are here before the large ones need all connections.
    wanted.sort_by_key(|item| item.artifact.size_in_bytes);
    let mut wrong = None;
    let outcome = block_on(async {
        let client = Client::new(ctx, plan.choice.settings.clone())?;
        let large = wanted.iter().filter(|item| item.artifact.size_in_bytes >= 2 * client.smallest_part).count();
        let pool = Pool {
            connections: Semaphore::new(plan.choice.jobs),
            parts: (plan.choice.jobs / large.max(1)).max(1) as u64,
            longest_name: wanted.iter().map(|item| item.artifact.name.len()).max().unwrap_or_default(),
        };
        let arrived = stream::iter(wanted)
            .map(|item| download(ctx, &client, plan, item, assembly, &pool))
            .buffer_unordered(plan.choice.jobs)
            .try_collect::<Vec<Arrived>>()
            .await;
        arrived.map_err(|failure| {
            wrong = Some(matches!(failure, Failure::Wrong(_)));
            failure.into_fault()
        })
    });
    outcome.map_err(|fault| if wrong == Some(true) { Failure::Wrong(fault) } else { Failure::Here(fault) })
}

/// Where a body lies until its run is swapped in. Ids are never used twice.
fn body_path(ctx: &Ctx, plan: &DownloadPlan, item: &Item) -> Utf8PathBuf {
    ctx.layout.absolute(plan.folders.bodies()).join(format!("{}-{}", item.artifact.name, item.artifact.id))
}

/// Removes the bodies of a run that is in its place, also those that a killed download left after it had swapped it in.
fn forget_bodies(ctx: &Ctx, plan: &DownloadPlan) -> Result<()> {
    plan.items.iter().try_for_each(|item| {
        let path = body_path(ctx, plan, item);
        let partial = partial_path(&path);
        partial::forget_others(&partial)?;
        files::remove(&partial)?;
        files::remove(&path)
    })
}

/// Where a body lies while it is fetched.
fn partial_path(path: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{path}.partial"))
}

/// Fetches one artifact and unpacks it. What can't be unpacked and has no digest is fetched once more.
async fn download(
    ctx: &Ctx,
    client: &Client,
    plan: &DownloadPlan,
    item: &Item,
    assembly: &Utf8Path,
    pool: &Pool,
) -> std::result::Result<Arrived, Failure> {
    let path = body_path(ctx, plan, item);
    let name = item.artifact.name.as_str();
    let mut may_be_spoilt = item.artifact.sha256().is_none();
    loop {
        let fetched = fetch(ctx, client, item, &path, pool).await?;
        let sha256 = fetched.sha256.clone();
        let unpacked = {
            let (path, target) = (path.clone(), assembly.join(item.wanted.platform));
            let (name, limit) = (name.to_owned(), plan.unpacked_limit_mb);
            tokio::task::spawn_blocking(move || place(&name, &path, &target, &fetched, limit))
                .await
                .fault(|| "the unpacking of an archive broke off".to_owned())?
        };
        match unpacked {
            Ok(files) => return Ok(Arrived { item: item.clone(), sha256, files }),
            Err(Failure::Wrong(_)) if std::mem::take(&mut may_be_spoilt) => {
                ctx.ui.say(format_args!("{name}: what came can't be unpacked; once more"));
                files::remove(&path)?;
            }
            Err(Failure::Wrong(fault)) => {
                let fault = fault.within(format!("the artifact {name} is wrong"));
                return Err(Failure::Wrong(fault.hint("nothing was replaced; package anew, or take another run")));
            }
            Err(Failure::Here(fault)) => {
                return Err(Failure::Here(fault.within(format!("cannot unpack the artifact {name}"))));
            }
        }
    }
}

/// Fetches a body into `PATH.partial`; it gets its own name when it is right.
async fn fetch(ctx: &Ctx, client: &Client, item: &Item, path: &Utf8Path, pool: &Pool) -> Result<Fetched> {
    let wanted = item.artifact.sha256();
    if let Some(sha256) = wanted.clone().filter(|_| path.is_file()) {
        // An earlier try came as far as this.
        if hash::file_watched(path, |_| interrupt::check())?.to_string() == sha256 {
            return Ok(Fetched { sha256, file_name: None, content_type: None });
        }
    }
    let partial = partial_path(path);
    let label = format!("{:<1$}", item.artifact.name, pool.longest_name);
    let progress = ctx.ui.bytes(&label, item.artifact.size_in_bytes);
    let body = Body {
        name: &item.artifact.name,
        route: client.route(&format!("actions/artifacts/{}/zip", item.artifact.id)),
        accept: "application/vnd.github+json",
        partial: &partial,
        sha256: wanted,
        size: item.artifact.size_in_bytes,
        is_exact: false,
        parts: pool.parts,
        connections: &pool.connections,
    };
    let fetched = fetch::body(client, &body, &progress).await?;
    files::rename(&partial, path)?;
    Ok(fetched)
}
