//! Fetches all assets of a release into a folder, each under its own name once its bytes are right.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::Semaphore;

use crate::base::act::Act;
use crate::base::checksums::why_not_a_name;
use crate::base::ctx::Ctx;

use crate::base::fault::{Fault, Result};
use crate::base::text::count;

use crate::base::{digests, files};
use crate::github::client::Client;

use crate::github::release::{JOBS, fetch_asset, find};
use crate::release::kit_plan::FetchPlan;

impl Act for FetchPlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        apply(ctx, self)
    }
}

/// Does what the plan says. Bodies that another try has begun are gone on with.
fn apply(ctx: &Ctx, plan: &FetchPlan) -> Result<()> {
    let folder = ctx.layout.absolute(&plan.folder);
    let bodies = folder.join(".partial");
    files::make_folder(&bodies)?;
    crate::github::block_on(async {
        let client = Client::new(ctx, plan.settings.clone())?;
        let release = find(&client, &plan.tag).await?;
        let mut names = BTreeSet::new();
        for asset in &release.assets {
            // A name comes from outside, and becomes a path.
            let why =
                why_not_a_name(&asset.name).or((!names.insert(asset.name.to_lowercase())).then_some("is there twice"));
            if let Some(why) = why.or((asset.state != "uploaded").then_some("is not whole: its upload broke off")) {
                return Err(Fault::new(format!("release {} can't be fetched", plan.tag))
                    .because(format!("its asset `{}` {why}", asset.name.escape_debug()))
                    .hint(format!("mend the release: {}", release.html_url)));
            }
        }
        let gate = Semaphore::new(JOBS);
        let fetched: Vec<_> = stream::iter(&release.assets)
            .map(|asset| fetch_asset(ctx, &client, asset, &bodies, &gate))
            .buffer_unordered(JOBS)
            .try_collect()
            .await?;
        // Another try may have left assets that the release no longer has.
        for stale in digests::names_in(&folder)? {
            files::remove(&folder.join(stale))?;
        }
        for (name, path) in &fetched {
            files::rename(path, &folder.join(name))?;
        }
        ctx.ui.say(format_args!(
            "release {} ({}): {} fetched",
            plan.tag,
            release.state(),
            count(fetched.len(), "asset")
        ));
        files::remove(&bodies)
    })
}
