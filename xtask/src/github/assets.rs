//! The assets of a release: which release that is, and its files, each under its own name once its bytes are right.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use octocrab::models::repos::{Asset, Release};
use tokio::sync::Semaphore;

use crate::base::act::Act;
use crate::base::checksums::why_not_a_name;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::text::count;
use crate::base::{digests, files};
use crate::github::block_on;
use crate::github::client::Client;
use crate::github::fetch::{self, Body};
use crate::github::plan::release::{expected, findings, sha256, size, state};
use crate::release::packages::FetchPlan;

/// A manifest is some hundred bytes.
const LARGEST_MANIFEST: u64 = 1024 * 1024;

/// How many downloads run at the same time.
const JOBS: usize = 6;

impl Act for FetchPlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        block_on(async {
            let client = Client::new(ctx, self.settings.clone())?;
            let release = find(&client, &self.tag).await?.release;
            check_names(&release)?;
            if self.is_whole {
                check_whole(ctx, &release)?;
            }
            let folder = ctx.layout.absolute(&self.folder);
            // What another try has begun is gone on with.
            let bodies = folder.join(".partial");
            files::make_folder(&bodies)?;
            let fetched = fetch_all(ctx, &client, &release.assets, &bodies).await?;
            // Another try may have left assets that the release no longer has.
            for stale in digests::names_in(&folder)? {
                files::remove(&folder.join(stale))?;
            }
            for (name, path) in &fetched {
                files::rename(path, &folder.join(name))?;
            }
            let assets = count(fetched.len(), "asset");
            ctx.ui.say(format_args!("release {} ({}): {assets} fetched", self.tag, state(&release)));
            files::remove(&bodies)
        })
    }
}

/// A name comes from outside, and becomes a path.
fn check_names(release: &Release) -> Result<()> {
    let mut names = BTreeSet::new();
    for Asset { name, state, .. } in &release.assets {
        let is_new = names.insert(name.to_lowercase());
        let why = why_not_a_name(name).or((!is_new).then_some("is there twice"));
        if let Some(why) = why.or((state != "uploaded").then_some("is not whole: its upload broke off")) {
            return Err(Fault::new(format!("release {} can't be fetched", release.tag_name))
                .because(format!("its asset `{}` {why}", name.escape_debug()))
                .hint(format!("mend the release: {}", release.html_url)));
        }
    }
    Ok(())
}

/// All of a complete release must be there.
fn check_whole(ctx: &Ctx, release: &Release) -> Result<()> {
    let wrong = findings(release, &expected(&release.tag_name, &ctx.config.github.release));
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Fault::new(format!("release {} ({}) is not complete", release.tag_name, state(release)))
        .because_all(wrong)
        .hint(format!(
            "upload what is missing ({}), or name in `[github.release]` of dds.toml what a release of yours has",
            release.html_url
        )))
}

/// The release of a tag; a draft can't be asked for by tag, so the list is read. It may lag behind, so the
/// release itself is read again.
pub(crate) async fn find(client: &Client, tag: &str) -> Result<Found> {
    let all = list(client).await?;
    let found: Vec<&Release> = all.iter().filter(|release| release.tag_name == tag).collect();
    match found[..] {
        [release] => Ok(Found { release: read(client, *release.id).await?, all }),
        [] => {
            let known = all.iter().take(5).map(|release| format!("{} ({})", release.tag_name, state(release)));
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

/// A release, and all of them as the list has them.
pub(crate) struct Found {
    pub(crate) release: Release,
    pub(crate) all: Vec<Release>,
}

/// All releases; drafts, too, where the token may write.
pub(crate) async fn list(client: &Client) -> Result<Vec<Release>> {
    let what = format!("cannot list the releases of {}", client.settings.repository);
    client.list(&what, &client.route("releases"), "").await
}

/// A release as it is now.
pub(crate) async fn read(client: &Client, id: u64) -> Result<Release> {
    client.get("cannot read the release", &client.route(&format!("releases/{id}")), "").await
}

/// Fetches assets into a folder, and gives the name of each with the place of its bytes.
pub(crate) async fn fetch_all(
    ctx: &Ctx,
    client: &Client,
    assets: impl IntoIterator<Item = &Asset>,
    folder: &Utf8Path,
) -> Result<Vec<(String, Utf8PathBuf)>> {
    let connections = Semaphore::new(JOBS);
    stream::iter(assets)
        .map(|asset| fetch(ctx, client, asset, folder, &connections))
        .buffer_unordered(JOBS)
        .try_collect()
        .await
}

/// Fetches an asset into the file of its id; its bytes must be those that the API tells.
async fn fetch(
    ctx: &Ctx,
    client: &Client,
    asset: &Asset,
    folder: &Utf8Path,
    connections: &Semaphore,
) -> Result<(String, Utf8PathBuf)> {
    let (path, told) = (folder.join(asset.id.to_string()), size(asset));
    if Utf8Path::new(&asset.name).extension() == Some("yml") && told > LARGEST_MANIFEST {
        return Err(Fault::new(format!("{} has {} bytes, too many for an update manifest", asset.name, told)));
    }
    let progress = ctx.ui.bytes(&asset.name, told);
    let body = Body {
        name: &asset.name,
        route: client.route(&format!("releases/assets/{}", asset.id)),
        accept: "application/octet-stream",
        partial: &path,
        sha256: sha256(asset),
        size: told,
        is_exact: true,
        parts: 1,
        connections,
    };
    fetch::body(client, &body, &progress).await?;
    Ok((asset.name.clone(), path))
}
