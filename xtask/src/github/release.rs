//! Verifies a release, and publishes it when nothing is wrong: publishing is the last call, and only of what was
//! looked at.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use hyper::Method;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::base::act::Act;
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::text::count;
use crate::base::{files, hash, interrupt};
use crate::github::actions::encoded;
use crate::github::client::{Client, decode};
use crate::github::fetch::{self, Body};
use crate::github::model::ReleasePlan;
use crate::github::plan::release::{Asset, Release, findings};
use crate::release::packages;
use crate::release::plan::update::offered::{self, Offered};

/// A manifest is some hundred bytes.
const LARGEST_MANIFEST: u64 = 1024 * 1024;

/// Bodies at once.
pub(crate) const JOBS: usize = 6;

impl Act for ReleasePlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        apply(ctx, self)
    }
}

/// Does what the plan says, and tells what was found.
fn apply(ctx: &Ctx, plan: &ReleasePlan) -> Result<()> {
    crate::github::block_on(async {
        let client = Client::new(ctx, plan.settings.clone())?;
        let release = find(&client, &plan.tag).await?;
        let done = plan.publish && !release.draft;
        // What is published already is only looked over.
        let wrong = verify(ctx, &client, plan, &release, plan.download && !done).await?;
        if !wrong.is_empty() {
            tell(ctx, plan, &release, &wrong, false);
            let fault = Fault::new(format!("release {} ({}) is not complete and right", plan.tag, release.state()));
            let hint = if release.draft {
                format!("upload what is missing or wrong, then run the same command again ({})", release.html_url)
            } else {
                format!("it is public already: see {}", release.html_url)
            };
            return Err(wrong.iter().fold(fault, Fault::because).hint(hint));
        }
        if plan.publish && !done {
            publish(&client, plan, &release).await?;
        }
        tell(ctx, plan, &release, &wrong, plan.publish && !done);
        if plan.download {
            files::remove(&folder(ctx, plan, &release))?;
        }
        Ok(())
    })
}

/// Bodies are kept by release until it is right, so that the next try goes on where this one ended.
fn folder(ctx: &Ctx, plan: &ReleasePlan, release: &Release) -> Utf8PathBuf {
    ctx.layout.absolute(plan.folders.bodies()).join(format!("release-{}", release.id))
}

/// The release of a tag; a draft can't be asked for by tag, so the list is read. It may lag behind, so the
/// release itself is read again.
pub(crate) async fn find(client: &Client, tag: &str) -> Result<Release> {
    let what = format!("cannot list the releases of {}", client.settings.repository);
    let releases: Vec<Release> = client.list(&what, &client.route("releases"), "").await?;
    let found: Vec<&Release> = releases.iter().filter(|release| release.tag_name == tag).collect();
    match found[..] {
        [release] => read(client, release.id).await,
        [] => {
            let known = releases.iter().take(5).map(|release| format!("{} ({})", release.tag_name, release.state()));
            let known: Vec<String> = known.collect();
            let fault = Fault::new(format!("{} has no release {tag}", client.settings.repository));
            let fault = if known.is_empty() { fault } else { fault.because(format!("there are {}", known.join(", "))) };
            Err(fault
                .hint("make a draft release of that tag with its assets; a token that may not write sees no drafts"))
        }
        _ => Err(Fault::new(format!("{tag} has {} releases", found.len()))
            .hint("delete the drafts that are not meant, then run the same command again")),
    }
}

async fn read(client: &Client, id: u64) -> Result<Release> {
    client.get("cannot read the release", &client.route(&format!("releases/{id}"))).await
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
    let gate = Semaphore::new(JOBS);
    let fetched: Vec<(String, Utf8PathBuf)> = stream::iter(needed)
        .map(|asset| fetch_asset(ctx, client, asset, &folder, &gate))
        .buffer_unordered(JOBS)
        .try_collect()
        .await?;
    let mut digests: BTreeMap<String, String> = BTreeMap::new();
    for (name, path) in fetched.iter().filter(|_| bytes) {
        digests.insert(name.clone(), packages::sha512(path, |_| interrupt::check())?);
    }
    let offered: Vec<Offered<'_>> = release
        .assets
        .iter()
        .map(|asset| Offered {
            name: &asset.name,
            size: asset.size,
            sha512: digests.get(&asset.name).map(String::as_str),
        })
        .collect();
    for (name, path) in fetched.iter().filter(|(name, _)| plan.expected.update_manifests.contains(name)) {
        let text = std::fs::read_to_string(path).fault(|| format!("cannot read {path}"))?;
        let sentences = match offered::parse(&text) {
            Ok(manifest) => offered::findings(&manifest, &plan.expected.version, &offered),
            Err(why) => vec![why],
        };
        wrong.extend(sentences.into_iter().map(|sentence| format!("{name}: {sentence}")));
    }
    if !bytes {
        files::remove(&folder)?;
    }
    Ok(wrong)
}

/// The assets against packages of the same names in a folder.
fn compare(folder: &Utf8Path, plan: &ReleasePlan, release: &Release) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for entry in walkdir::WalkDir::new(folder) {
        interrupt::check()?;
        let entry = entry.fault(|| format!("cannot read {folder}"))?;
        let Some(asset) = release.assets.iter().find(|asset| entry.file_name() == asset.name.as_str()) else {
            continue;
        };
        let Some(path) = Utf8Path::from_path(entry.path()).filter(|path| path.is_file()) else { continue };
        compared += 1;
        let size = entry.metadata().fault(|| format!("cannot read {path}"))?.len();
        match asset.sha256() {
            _ if size != asset.size => {
                wrong.push(format!("{} has {} bytes, {path} has {size}", asset.name, asset.size));
            }
            Some(sha256) if sha256 != hash::file(path)? => {
                wrong.push(format!("{} has another SHA-256 than {path}", asset.name));
            }
            Some(_) => {}
            None => wrong.push(format!("the server does not tell the SHA-256 of {}", asset.name)),
        }
    }
    if compared == 0 {
        wrong.push(format!("{folder} has none of the assets of {}", plan.tag));
    }
    Ok(wrong)
}

/// Fetches an asset; its bytes must be those that the API tells.
pub(crate) async fn fetch_asset(
    ctx: &Ctx,
    client: &Client,
    asset: &Asset,
    folder: &Utf8Path,
    gate: &Semaphore,
) -> Result<(String, Utf8PathBuf)> {
    let path = folder.join(asset.id.to_string());
    if Utf8Path::new(&asset.name).extension() == Some("yml") && asset.size > LARGEST_MANIFEST {
        return Err(Fault::new(format!("{} has {} bytes, too many for an update manifest", asset.name, asset.size)));
    }
    let progress = ctx.ui.progress(&asset.name, asset.size);
    let body = Body {
        name: &asset.name,
        route: client.route(&format!("releases/assets/{}", encoded(&asset.id.to_string()))),
        accept: "application/octet-stream",
        partial: &path,
        sha256: asset.sha256(),
        size: asset.size,
        parts: 1,
        gate,
    };
    fetch::body(client, &body, &progress).await?;
    let size = std::fs::metadata(&path).fault(|| format!("cannot read {path}"))?.len();
    if size != asset.size {
        return Err(Fault::new(format!("{} came with {size} bytes; the release says {}", asset.name, asset.size))
            .hint("run the same command again"));
    }
    Ok((asset.name.clone(), path))
}

/// The last call. The release must be the one that was looked at, asset by asset.
async fn publish(client: &Client, plan: &ReleasePlan, verified: &Release) -> Result<()> {
    let what = format!("cannot publish release {}", plan.tag);
    let now = read(client, verified.id).await?;
    if now.assets != verified.assets || now.tag_name != verified.tag_name {
        return Err(Fault::new(what)
            .because("its assets were changed while they were verified")
            .hint("nothing was published; run the same command again when nothing is uploaded any more"));
    }
    let route = client.route(&format!("releases/{}", verified.id));
    let mut body = json!({ "draft": false });
    if let Some(notes) = &plan.notes {
        body["body"] = notes.clone().into();
    }
    let answer = client.insist(&what, || client.ask(&Method::PATCH, &route, Some(&body), &what)).await?;
    let release: Release = decode(&what, &answer.body)?;
    if release.draft {
        return Err(Fault::new(what)
            .because("the server took the request and left it a draft")
            .hint("run the same command again"));
    }
    Ok(())
}

/// What was found and done.
fn tell(ctx: &Ctx, plan: &ReleasePlan, release: &Release, wrong: &[String], published: bool) {
    let state = if published { "published" } else { release.state() };
    if wrong.is_empty() {
        let assets = count(plan.expected.assets.len(), "asset");
        let what = match (plan.publish, published) {
            (true, true) => "published just now".to_owned(),
            (true, false) => format!("{state} already; there was nothing to do"),
            (false, _) => state.to_owned(),
        };
        ctx.ui.say(format_args!("release {}: complete and right ({assets}), {what}", plan.tag));
    }
    if ctx.json {
        ctx.ui.data(json!({
            "tag": release.tag_name, "id": release.id, "url": release.html_url, "state": state, "immutable": release.immutable,
            "complete": wrong.is_empty(), "publishedNow": published, "wrong": wrong,
            "assets": release.assets.iter().map(|asset| json!({
                "name": asset.name, "size": asset.size, "state": asset.state, "sha256": asset.sha256(),
            })).collect::<Vec<_>>(),
        }));
    }
}
