//! Brings the artifacts of a run: all at once, unpacked, checked, and only then swapped in.

use std::io::Read;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::Semaphore;

use crate::base::act::Act;
use crate::base::config::github::PLATFORMS;
use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Fault, Result};
use crate::base::stat::{HashedFile, Stat};
use crate::base::text::{count, seconds, size};
use crate::base::{files, hash, interrupt};
use crate::github::archive::{self, Unpacked};
use crate::github::client::Client;

use crate::github::fetch::{self, Body, Fetched};
use crate::github::model::{DownloadPlan, Item};
use crate::github::plan::archive::why_not_a_path;

use crate::github::plan::held::{Held, Record, SCHEMA};
use crate::github::{downloads, local, partial};

/// An artifact in the folder that is being put together.
struct Arrived {
    item: Item,
    sha256: String,
    files: Vec<Unpacked>,
}

/// What the bodies share: as many connections as there may be at once, of which each large one gets its part.
struct Lane {
    gate: Semaphore,
    parts: u64,
    /// So that their bars stand below each other.
    longest_name: usize,
}

impl Act for DownloadPlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        apply(ctx, self)
    }
}

/// Does it. What was put together is dropped when it fails; what was fetched stays for the next try.
fn apply(ctx: &Ctx, plan: &DownloadPlan) -> Result<()> {
    let start = Instant::now();
    let _lock = downloads::enter(ctx, &plan.folders)?;
    // Another download may have brought it while this one waited.
    let mut plan = plan.clone();
    let there = local::held(ctx, &plan.folders, plan.run)?;
    for item in &mut plan.items {
        item.kept = there.as_ref().is_some_and(|record| record.holds(&item.artifact));
    }
    let plan = &plan;
    if plan.is_up_to_date() {
        forget_bodies(ctx, plan)?;
        return downloads::point_at(ctx, &plan.folders, plan.latest);
    }
    put_together(ctx, plan, there.as_ref(), start).inspect_err(|_| {
        // The next download removes what a thread that unpacks may still write there.
        let _ = std::fs::remove_dir_all(ctx.layout.absolute(plan.folders.assembly()));
    })
}

/// Fetches what is missing, takes over what is there, checks all of it and swaps it in.
fn put_together(ctx: &Ctx, plan: &DownloadPlan, there: Option<&Record>, start: Instant) -> Result<()> {
    let assembly = ctx.layout.absolute(plan.folders.assembly()).join(plan.run.to_string());
    for platform in PLATFORMS {
        files::make_folder(&assembly.join(platform))?;
    }
    let mut arrived = crate::github::block_on(async {
        let client = Client::new(ctx, plan.settings.clone())?;
        let wanted = || plan.items.iter().filter(|item| !item.kept);
        let large = wanted().filter(|item| item.artifact.size_in_bytes >= 2 * client.smallest_part).count();
        let lane = Lane {
            gate: Semaphore::new(plan.jobs),
            parts: (plan.jobs / large.max(1)).max(1) as u64,
            longest_name: wanted().map(|item| item.artifact.name.len()).max().unwrap_or_default(),
        };
        // The small ones first: they are here before the large ones need all connections.
        let mut in_order: Vec<&Item> = wanted().collect();
        in_order.sort_by_key(|item| item.artifact.size_in_bytes);
        stream::iter(in_order)
            .map(|item| bring(ctx, &client, plan, item, &assembly, &lane))
            .buffer_unordered(plan.jobs)
            .try_collect::<Vec<Arrived>>()
            .await
    })?;
    arrived.extend(keep(ctx, plan, there, &assembly)?);
    check(plan, &assembly, &arrived)?;
    let record = Record { schema: SCHEMA, run: plan.run, artifacts: held(&arrived, &assembly)? };
    downloads::swap_in(ctx, &plan.folders, plan.run, &record, plan.latest)?;
    forget_bodies(ctx, plan)?;
    let fetched = plan.items.iter().filter(|item| !item.kept);
    let bytes = fetched.clone().map(|item| item.artifact.size_in_bytes).sum();
    ctx.ui.say(format_args!(
        "fetched {} of run {} ({}) in {}, checksums right",
        count(fetched.count(), "artifact"),
        plan.run,
        size(bytes),
        seconds(start.elapsed())
    ));
    Ok(())
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

/// Fetches one artifact and unpacks it.
async fn bring(
    ctx: &Ctx,
    client: &Client,
    plan: &DownloadPlan,
    item: &Item,
    assembly: &Utf8Path,
    lane: &Lane,
) -> Result<Arrived> {
    let path = body_path(ctx, plan, item);
    let name = item.artifact.name.as_str();
    let fetched = fetch(ctx, client, item, &path, lane).await?;
    let sha256 = fetched.sha256.clone();
    let unpacked = {
        let (path, target) = (path.clone(), assembly.join(item.wanted.platform));
        let (name, limit) = (name.to_owned(), plan.unpacked_limit_mb);
        tokio::task::spawn_blocking(move || place(&name, &path, &target, &fetched, limit))
            .await
            .fault(|| "the unpacking of an archive broke off".to_owned())?
    };
    // Bytes that can't be unpacked are not worth keeping for the next try.
    let files = unpacked.or_else(|fault| {
        if interrupt::check().is_ok() {
            files::remove(&path)?;
        }
        Err(fault
            .within(format!("the artifact {name} is wrong"))
            .hint("nothing was replaced; package anew, or take another run"))
    })?;
    Ok(Arrived { item: item.clone(), sha256, files })
}

/// Fetches a body into `PATH.partial`; it gets its own name when it is right.
async fn fetch(ctx: &Ctx, client: &Client, item: &Item, path: &Utf8Path, lane: &Lane) -> Result<Fetched> {
    let wanted = item.artifact.sha256();
    if let Some(sha256) = wanted.clone().filter(|_| path.is_file()) {
        // An earlier try came as far as this.
        if hash::file_watched(path, |_| interrupt::check())? == sha256 {
            return Ok(Fetched { sha256, file_name: None, content_type: None });
        }
    }
    let partial = partial_path(path);
    let label = format!("{:<1$}", item.artifact.name, lane.longest_name);
    let progress = ctx.ui.progress(&label, item.artifact.size_in_bytes);
    let body = Body {
        name: &item.artifact.name,
        route: client.route(&format!("actions/artifacts/{}/zip", item.artifact.id)),
        accept: "application/vnd.github+json",
        partial: &partial,
        sha256: wanted,
        size: item.artifact.size_in_bytes,
        parts: lane.parts,
        gate: &lane.gate,
    };
    let fetched = fetch::body(client, &body, &progress).await?;
    files::rename(&partial, path)?;
    Ok(fetched)
}

/// Unpacks an archive; what was uploaded without one is taken as it is.
fn place(name: &str, path: &Utf8Path, target: &Utf8Path, fetched: &Fetched, limit_mb: u64) -> Result<Vec<Unpacked>> {
    if is_archive(name, path, fetched)? {
        return archive::unpack(path, target, limit_mb, &interrupt::check);
    }
    let file_name = fetched.file_name.as_deref().unwrap_or(name);
    if file_name.contains('/') || why_not_a_path(file_name).is_some() {
        return Err(Fault::new(format!("`{}` is no name for a file", file_name.escape_debug())));
    }
    let to = target.join(file_name);
    if to.exists() {
        return Err(Fault::new(format!("there are two files of the name {file_name}")));
    }
    // Linked where that works, so that a large file is not copied for nothing; the body goes away afterwards.
    std::fs::hard_link(path, &to)
        .or_else(|_| std::fs::copy(path, &to).map(drop))
        .fault(|| format!("cannot write {to}"))?;
    Ok(vec![Unpacked { path: file_name.to_owned(), sha256: fetched.sha256.clone() }])
}

/// Whether a body is an archive that holds the files, or the one file itself, which may be an archive, too: an artifact
/// without an archive has the name of its file, one with it is served under its own name and `.zip`.
fn is_archive(name: &str, path: &Utf8Path, fetched: &Fetched) -> Result<bool> {
    match fetched.file_name.as_deref() {
        Some(served) if served == name => return Ok(false),
        Some(served) if served.strip_suffix(".zip") == Some(name) => return Ok(true),
        None if Utf8Path::new(name).extension() == Some("zip") => return Ok(false),
        _ => {}
    }
    let kind = fetched.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !["", "application/octet-stream", "binary/octet-stream"].contains(&kind) {
        return Ok(kind.contains("zip"));
    }
    let mut magic = [0; 2];
    let read =
        std::fs::File::open(path).and_then(|mut file| file.read(&mut magic)).fault(|| format!("cannot read {path}"))?;
    Ok(read == 2 && &magic == b"PK")
}

/// Copies what is there already and right. Links would make one folder change with the other.
fn keep(ctx: &Ctx, plan: &DownloadPlan, held: Option<&Record>, assembly: &Utf8Path) -> Result<Vec<Arrived>> {
    let Some(record) = held else { return Ok(Vec::new()) };
    let old = ctx.layout.absolute(plan.target());
    let mut kept = Vec::new();
    for item in plan.items.iter().filter(|item| item.kept) {
        let held = record.artifacts.iter().find(|held| held.id == item.artifact.id).ok_or_else(|| {
            Fault::new(format!("{} was changed while this was running", item.artifact.name))
                .hint("run the command again")
        })?;
        for file in &held.files {
            let to = assembly.join(&held.platform).join(&file.path);
            files::make_folder(to.parent().unwrap_or(&to))?;
            std::fs::copy(old.join(&held.platform).join(&file.path), &to).fault(|| format!("cannot write {to}"))?;
        }
        let files = held.files.iter().map(|file| Unpacked { path: file.path.clone(), sha256: file.sha256.clone() });
        kept.push(Arrived { item: item.clone(), sha256: held.sha256.clone(), files: files.collect() });
    }
    Ok(kept)
}

/// Checks each platform against its manifest, and makes programs executable.
fn check(plan: &DownloadPlan, assembly: &Utf8Path, arrived: &[Arrived]) -> Result<()> {
    for platform in PLATFORMS {
        let of_platform = arrived.iter().filter(|arrived| arrived.item.wanted.platform == platform);
        let unpacked: Vec<Unpacked> = of_platform.flat_map(|arrived| arrived.files.iter().cloned()).collect();
        let folder = assembly.join(platform);
        downloads::verify(&folder, &plan.manifest.replace("{platform}", platform), &unpacked)?;
        for file in unpacked.iter().filter(|file| file.path.ends_with(".AppImage")) {
            downloads::make_executable(&folder.join(&file.path))?;
        }
    }
    Ok(())
}

fn held(arrived: &[Arrived], assembly: &Utf8Path) -> Result<Vec<Held>> {
    let held = |arrived: &Arrived| {
        let platform = arrived.item.wanted.platform;
        let files = arrived.files.iter().map(|file| {
            let path = assembly.join(platform).join(&file.path);
            let metadata = std::fs::metadata(&path).fault(|| format!("cannot read {path}"))?;
            Ok(HashedFile { path: file.path.clone(), stat: Stat::of(&metadata), sha256: file.sha256.clone() })
        });
        Ok(Held {
            name: arrived.item.artifact.name.clone(),
            id: arrived.item.artifact.id,
            platform: platform.to_owned(),
            sha256: arrived.sha256.clone(),
            files: files.collect::<Result<_>>()?,
        })
    };
    arrived.iter().map(held).collect()
}
