//! `github-release-verify` and `github-release-publish`: publishing is the last call, and only of what was looked at.

use std::collections::BTreeSet;
use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use hyper::Method;
use octocrab::models::repos::{Asset, Release};
use serde_json::json;

use crate::base::act::{Act, finish};
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::{Context, Fault, Result};
use crate::base::text::count;
use crate::base::{files, hash, interrupt};
use crate::github::assets::{Found, fetch_all, find, read};
use crate::github::block_on;
use crate::github::client::Client;
use crate::github::downloads::Folders;
use crate::github::error::decode;
use crate::github::plan::release::{Expected, Place, are_the_same, expected, findings, place, sha256, size, state};
use crate::github::runs::RepositoryArgs;
use crate::release::plan::update::electron;
use crate::release::repository::Settings;
use crate::release::update_check::{self, Offered};

/// Which release.
#[derive(Debug, Args)]
struct ReleaseArgs {
    /// The release's tag.
    #[arg(value_name = "TAG")]
    tag: String,
    /// A folder with packages that the assets of the same names must be.
    #[arg(long, value_name = "FOLDER")]
    against: Option<Utf8PathBuf>,
    #[command(flatten)]
    repository: RepositoryArgs,
}

/// Check that a release is complete and right. Every asset is there and whole, and the update manifests fit.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask github-release-verify v1.2.3\n  cargo xtask github-release-verify v1.2.3 --download\n  cargo xtask github-release-verify v1.2.3 --against $(cargo xtask github-package-latest-path)"
)]
pub(crate) struct Verify {
    #[command(flatten)]
    release: ReleaseArgs,
    /// Fetch the assets and hash every byte, also for the SHA-512 of the update manifests.
    #[arg(long)]
    download: bool,
}

impl Run for Verify {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let plan = ReleasePlan::new(ctx, &self.release)?;
        finish(ctx, &ReleasePlan { download: self.download, ..plan })
    }
}

/// Publish a complete draft release. Every byte is verified first; one that is published already stays as it is.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask github-release-publish v1.2.3\n  cargo xtask github-release-publish v1.2.3 --notes notes.md"
)]
pub(crate) struct Publish {
    #[command(flatten)]
    release: ReleaseArgs,
    /// A text that the release is published with, for example what `release-notes` wrote.
    #[arg(long, value_name = "FILE")]
    notes: Option<Utf8PathBuf>,
}

impl Run for Publish {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let notes = self.notes.as_ref().map(|path| ctx.read(path)).transpose()?;
        let plan = ReleasePlan::new(ctx, &self.release)?;
        let settings = plan.settings.clone().writing();
        finish(ctx, &ReleasePlan { settings, download: true, publish: true, notes, ..plan })
    }
}

/// How a release is verified, and published.
#[derive(Clone, Debug)]
struct ReleasePlan {
    settings: Settings,
    tag: String,
    expected: Expected,
    /// Look at every byte, not only at what the API says.
    download: bool,
    /// A folder with the packages that the assets must be.
    against: Option<Utf8PathBuf>,
    /// Publish it when nothing is wrong.
    publish: bool,
    /// The text that it is published with, instead of the draft's own.
    notes: Option<String>,
    /// Where bodies are fetched to.
    folders: Folders,
}

impl ReleasePlan {
    /// Only looks.
    fn new(ctx: &Ctx, release: &ReleaseArgs) -> Result<Self> {
        Ok(Self {
            settings: release.repository.settings(ctx)?,
            tag: release.tag.clone(),
            expected: expected(&release.tag, &ctx.config.github.release),
            download: false,
            against: release.against.clone(),
            publish: false,
            notes: None,
            folders: Folders::new(&ctx.config.github.electron.folder),
        })
    }
}

impl fmt::Display for ReleasePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repository = &self.settings.repository;
        let bytes = if self.download { "every byte" } else { "names, sizes and digests" };
        write!(f, "verify  release {} of {repository}: {bytes} of {} assets", self.tag, self.expected.assets.len())?;
        if !self.publish {
            return Ok(());
        }
        let notes = if self.notes.is_some() { ", with the notes that were given" } else { "" };
        write!(f, "\npublish release {}, if it is a draft and nothing is wrong{notes}", self.tag)
    }
}

impl Act for ReleasePlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        block_on(carry_out(ctx, self))
    }
}

/// Verifies, publishes where that is wanted, and tells what was found.
async fn carry_out(ctx: &Ctx, plan: &ReleasePlan) -> Result<()> {
    let client = Client::new(ctx, plan.settings.clone())?;
    let Found { release, all } = find(&client, &plan.tag).await?;
    let place = place(&release, &all);
    let is_published = plan.publish && !release.draft;
    // What is published already is only looked over.
    let wrong = verify(ctx, &client, plan, &release, plan.download && !is_published).await?;
    if !wrong.is_empty() {
        tell(ctx, plan, &release, &wrong, None);
        let fault = Fault::new(format!("release {} ({}) is not complete and right", plan.tag, state(&release)));
        let hint = if release.draft {
            format!("upload what is missing or wrong, then run the same command again ({})", release.html_url)
        } else {
            format!("it is public already: see {}", release.html_url)
        };
        return Err(fault.because_all(&wrong).hint(hint));
    }
    let shall_publish = plan.publish && !is_published;
    if shall_publish {
        publish(&client, plan, &release, &place).await?;
    }
    tell(ctx, plan, &release, &wrong, shall_publish.then_some(&place));
    if plan.download {
        files::remove(&folder(ctx, plan, &release))?;
    }
    Ok(())
}

/// Bodies are kept by release until it is right, so that the next try goes on where this one ended.
fn folder(ctx: &Ctx, plan: &ReleasePlan, release: &Release) -> Utf8PathBuf {
    ctx.layout.absolute(plan.folders.bodies()).join(format!("release-{}", release.id))
}

/// Everything that is wrong with it.
async fn verify(ctx: &Ctx, client: &Client, plan: &ReleasePlan, release: &Release, bytes: bool) -> Result<Vec<String>> {
    let mut wrong = findings(release, &plan.expected);
    if let Some(folder) = &plan.against {
        wrong.extend(compare(folder, plan, release)?);
    }
    if !wrong.is_empty() {
        return Ok(wrong);
    }
    let folder = folder(ctx, plan, release);
    files::make_folder(&folder)?;
    let is_manifest = |asset: &&Asset| plan.expected.update_manifests.contains(&asset.name);
    let needed = release.assets.iter().filter(|asset| bytes || is_manifest(asset));
    let fetched = fetch_all(ctx, client, needed, &folder).await?;
    let place = |name: &str| fetched.iter().find(|(fetched, _)| fetched == name).map(|(_, path)| path.as_path());
    let there: Vec<_> = release
        .assets
        .iter()
        .map(|asset| Offered { name: &asset.name, size: size(asset), path: place(&asset.name).filter(|_| bytes) })
        .collect();
    for (name, path) in fetched.iter().filter(|(name, _)| plan.expected.update_manifests.contains(name)) {
        let sentences = match electron::parse(&ctx.read(path)?) {
            Ok(manifest) => {
                update_check::findings(name, &manifest, &plan.expected.version, &there, |_| interrupt::check())?
            }
            Err(why) => vec![why],
        };
        wrong.extend(sentences.into_iter().map(|sentence| format!("{name}: {sentence}")));
    }
    if !bytes {
        files::remove(&folder)?;
    }
    Ok(wrong)
}

/// The assets against the files of the same names in a folder, which must have all of a complete release.
fn compare(folder: &Utf8Path, plan: &ReleasePlan, release: &Release) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut compared = BTreeSet::new();
    for entry in walkdir::WalkDir::new(folder) {
        interrupt::check()?;
        let entry = entry.fault(|| format!("cannot read {folder}"))?;
        let Some(asset) = release.assets.iter().find(|asset| entry.file_name() == asset.name.as_str()) else {
            continue;
        };
        let Some(path) = Utf8Path::from_path(entry.path()).filter(|path| path.is_file()) else { continue };
        compared.insert(&asset.name);
        let found = entry.metadata().fault(|| format!("cannot read {path}"))?.len();
        match sha256(asset) {
            _ if found != size(asset) => {
                wrong.push(format!("{} has {} bytes, {path} has {found}", asset.name, size(asset)));
            }
            Some(sha256) if sha256 != hash::file(path)?.to_string() => {
                wrong.push(format!("{} has another SHA-256 than {path}", asset.name));
            }
            Some(_) => {}
            None => wrong.push(format!("the server does not tell the SHA-256 of {}", asset.name)),
        }
    }
    let lacks = plan.expected.assets.iter().filter(|name| !compared.contains(name));
    wrong.extend(lacks.map(|name| format!("{folder} has no {name} to compare with")));
    Ok(wrong)
}

/// The last call. The release must be the one that was looked at, asset by asset.
async fn publish(client: &Client, plan: &ReleasePlan, verified: &Release, place: &Place) -> Result<()> {
    let what = format!("cannot publish release {}", plan.tag);
    if !are_the_same(&read(client, *verified.id).await?, verified) {
        return Err(Fault::new(what)
            .because("its assets were changed while they were verified")
            .hint("nothing was published; run the same command again when nothing is uploaded any more"));
    }
    let route = client.route(&format!("releases/{}", verified.id));
    let mut body = json!({ "draft": false });
    for (key, value) in place.told() {
        body[key] = value;
    }
    if let Some(notes) = &plan.notes {
        body["body"] = notes.as_str().into();
    }
    let answer = client.with_retries(&what, || client.request(&Method::PATCH, &route, Some(&body), &what)).await?;
    let release: Release = decode(&what, &answer.body)?;
    if release.draft {
        return Err(Fault::new(what)
            .because("the server took the request and left it a draft")
            .hint("run the same command again"));
    }
    Ok(())
}

/// What was found, and as what it was published just now.
fn tell(ctx: &Ctx, plan: &ReleasePlan, release: &Release, wrong: &[String], published: Option<&Place>) {
    let state = if published.is_some() { "published" } else { state(release) };
    if wrong.is_empty() {
        let assets = count(plan.expected.assets.len(), "asset");
        let what = match (plan.publish, published) {
            (true, Some(place)) => format!("published just now{place}"),
            (true, None) => format!("{state} already; there was nothing to do"),
            (false, _) => state.to_owned(),
        };
        ctx.ui.say(format_args!("release {}: complete and right ({assets}), {what}", plan.tag));
    }
    if ctx.json {
        ctx.ui.data(json!({
            "tag": release.tag_name, "id": release.id, "url": release.html_url, "state": state,
            "immutable": release.immutable.unwrap_or_default(),
            "complete": wrong.is_empty(), "prerelease": published.map_or(release.prerelease, |place| *place == Place::PreRelease),
            "latest": published.map(|place| *place == Place::Newest), "publishedNow": published.is_some(), "wrong": wrong,
            "assets": release.assets.iter().map(|asset| json!({
                "name": asset.name, "size": asset.size, "state": asset.state, "sha256": sha256(asset),
            })).collect::<Vec<_>>(),
        }));
    }
}
