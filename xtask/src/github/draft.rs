//! `github-release-draft`: the draft of a release with its notes and all its assets, made or taken up again.

use std::fmt;

use camino::Utf8PathBuf;
use clap::Args;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use hyper::Method;
use octocrab::models::repos::Release;
use serde_json::{Value, json};

use crate::base::act::{Act, finish};
use crate::base::ctx::{Ctx, Run};
use crate::base::digests::{FileDigest, FileSize};
use crate::base::fault::{Fault, Result};
use crate::base::text::{count, size};
use crate::github::assets::{list, read};
use crate::github::client::{Client, Failures};
use crate::github::error::{decode, named};
use crate::github::plan::release::expected;
use crate::github::runs::RepositoryArgs;
use crate::github::upload::{asset, is_right, is_the_same};
use crate::github::{block_on, plan};
use crate::release::artifact::{Kind, kind};
use crate::release::complete;
use crate::release::packages::{below, hashed};
use crate::release::repository::{self, Settings};

/// How many uploads run at the same time.
const JOBS: usize = 3;

/// How often to look for a draft whose answer was lost; a list may lag by some seconds.
const LOOKS: u32 = 12;

/// Make a draft release with all its assets. An existing draft is completed: what is right in it stays.
///
/// The folder must have all of a complete release (`[github.release]` in `dds.toml`). Uploaded are its packages with their
/// companions, update manifests, lists of checksums and inventories. An asset that differs from the file here is replaced;
/// others are left alone. Nothing is published: `github-release-publish` does that.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask github-release-draft v1.2.3 --from dist/release --notes notes.md\n  cargo xtask github-release-draft v1.2.3 --from \"$(cargo xtask github-package-latest-path)\" --target main"
)]
pub(crate) struct Draft {
    /// The release's tag. It is made when the release is published, unless it is there.
    #[arg(value_name = "TAG")]
    tag: String,
    /// The folder with the files; those in folders below it count too.
    #[arg(long, value_name = "FOLDER")]
    from: Utf8PathBuf,
    /// The text of the release, for example what `release-notes` wrote.
    #[arg(long, value_name = "FILE")]
    notes: Option<Utf8PathBuf>,
    /// The branch or commit that gets the tag, instead of the default branch.
    #[arg(long, value_name = "REF")]
    target: Option<String>,
    #[command(flatten)]
    repository: RepositoryArgs,
}

impl Run for Draft {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let version = repository::version(&self.tag)?;
        let mut found = below(&ctx.layout.absolute(&self.from))?;
        found.retain(|file| kind(file.name()) != Kind::Other);
        self.check(ctx, &version, &found)?;
        finish(
            ctx,
            &DraftPlan {
                settings: self.repository.settings(ctx)?.writing(),
                tag: self.tag.clone(),
                files: hashed(ctx, found)?,
                notes: self.notes.as_ref().map(|path| ctx.read(path)).transpose()?,
                target: self.target.clone(),
            },
        )
    }
}

impl Draft {
    /// The folder must have all of a release before any of it goes to the server.
    fn check(&self, ctx: &Ctx, version: &str, found: &[FileSize]) -> Result<()> {
        let expected = expected(&self.tag, &ctx.config.github.release).assets;
        let is_here = |name: &String| found.iter().any(|file| file.name() == name);
        let missing: Vec<String> = expected.into_iter().filter(|name| !is_here(name)).collect();
        if missing.is_empty() {
            return complete::check(ctx, &self.from, version, found);
        }
        Err(Fault::new(format!("{} has not all of release {}", self.from, self.tag))
            .because_all(missing.iter().map(|name| format!("{name} is missing")))
            .hint("bring all packages together, or name in `[github.release]` of dds.toml what a release of yours has"))
    }
}

/// How a draft is made.
#[derive(Clone, Debug)]
struct DraftPlan {
    settings: Settings,
    tag: String,
    files: Vec<FileDigest>,
    notes: Option<String>,
    target: Option<String>,
}

impl fmt::Display for DraftPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notes = if self.notes.is_some() { ", with the notes that were given" } else { "" };
        write!(f, "draft   release {} of {}, new or as it is there{notes}", self.tag, self.settings.repository)?;
        self.files
            .iter()
            .try_for_each(|file| write!(f, "\nupload  {} ({}), unless it is there", file.name(), size(file.size)))
    }
}

impl Act for DraftPlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        block_on(carry_out(ctx, self))
    }
}

async fn carry_out(ctx: &Ctx, plan: &DraftPlan) -> Result<()> {
    let client = Client::new(ctx, plan.settings.clone())?;
    if client.settings.token.is_none() {
        return Err(Fault::new("there is no GitHub token, and a draft needs one").hint(client.settings.how_to_log_in()));
    }
    let draft = match there(&client, plan).await? {
        Some(draft) => edited(&client, plan, draft).await?,
        None => made(&client, plan).await?,
    };
    let is_there = |file: &&FileDigest| draft.assets.iter().any(|asset| is_the_same(asset, file));
    let (kept, missing): (Vec<&FileDigest>, Vec<&FileDigest>) = plan.files.iter().partition(is_there);
    stream::iter(&missing)
        .map(|file| asset(&client, &draft, file))
        .buffer_unordered(JOBS)
        .try_collect::<Vec<()>>()
        .await?;
    let draft = read(&client, *draft.id).await?;
    compare(plan, &draft)?;
    tell(ctx, plan, &draft, missing.len(), kept.len());
    Ok(())
}

/// The draft of the tag, where there is one.
async fn there(client: &Client, plan: &DraftPlan) -> Result<Option<Release>> {
    let found: Vec<Release> = list(client).await?.into_iter().filter(|release| release.tag_name == plan.tag).collect();
    match &found[..] {
        [] => Ok(None),
        [draft] if draft.draft => read(client, *draft.id).await.map(Some),
        [release] => Err(Fault::new(format!("release {} is public already", plan.tag))
            .hint(format!("a new release needs a new version; see {}", release.html_url))),
        _ => Err(Fault::new(format!("{} has {} releases", plan.tag, found.len()))
            .hint("delete the drafts that are not meant, then run the same command again")),
    }
}

/// Makes the draft. Two of one tag would be worse than a look, so an answer that was lost is looked for first.
async fn made(client: &Client, plan: &DraftPlan) -> Result<Release> {
    let what = format!("cannot make a draft of {}", plan.tag);
    let mut body = json!({
        "tag_name": plan.tag, "name": plan.tag, "body": plan.notes.as_deref().unwrap_or_default(), "draft": true,
        "prerelease": plan::release::is_pre_release(&plan.tag),
    });
    if let Some(target) = &plan.target {
        body["target_commitish"] = target.as_str().into();
    }
    let mut failures = Failures::new();
    loop {
        let error = match client.request(&Method::POST, &client.route("releases"), Some(&body), &what).await {
            Ok(answer) => return decode(&what, &answer.body),
            Err(error) => error,
        };
        if error.may_have_acted {
            for _ in 0..LOOKS {
                tokio::time::sleep(client.poll_interval() / 5).await;
                if let Some(draft) = there(client, plan).await? {
                    return Ok(draft);
                }
            }
        }
        client.wait(&what, error, &mut failures).await.map_err(|fault| named(fault, &what))?;
    }
}

/// Gives a draft that is there the notes and the target that were asked for. Nothing else of it changes.
async fn edited(client: &Client, plan: &DraftPlan, draft: Release) -> Result<Release> {
    let mut body = json!({});
    let pairs = [
        ("body", &plan.notes, draft.body.as_deref()),
        ("target_commitish", &plan.target, Some(&*draft.target_commitish)),
    ];
    for (key, wanted, there) in pairs {
        if let Some(wanted) = wanted.as_deref().filter(|wanted| Some(*wanted) != there) {
            body[key] = wanted.into();
        }
    }
    if body == Value::Object(serde_json::Map::new()) {
        return Ok(draft);
    }
    let what = format!("cannot edit the draft of {}", plan.tag);
    let route = client.route(&format!("releases/{}", draft.id));
    let answer = client.with_retries(&what, || client.request(&Method::PATCH, &route, Some(&body), &what)).await?;
    decode(&what, &answer.body)
}

/// What is there in the end, against what is here.
fn compare(plan: &DraftPlan, draft: &Release) -> Result<()> {
    let is_right = |file: &&FileDigest| draft.assets.iter().any(|asset| is_right(asset, file));
    let wrong: Vec<&str> = plan.files.iter().filter(|file| !is_right(file)).map(FileDigest::name).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Fault::new(format!("the draft of {} is not what was uploaded", plan.tag))
        .because_all(wrong.iter().map(|name| format!("{name} is missing there, or another file")))
        .hint("run the same command again when nothing else uploads any more"))
}

fn tell(ctx: &Ctx, plan: &DraftPlan, draft: &Release, uploaded: usize, kept: usize) {
    let is_ours = |name: &str| plan.files.iter().any(|file| file.name() == name);
    let others: Vec<&str> =
        draft.assets.iter().map(|asset| asset.name.as_str()).filter(|name| !is_ours(name)).collect();
    if !others.is_empty() {
        ctx.ui.notice(format_args!("the draft has assets that are not here, too: {}", others.join(", ")));
    }
    ctx.ui.say(format_args!(
        "release {}: draft with {}, {uploaded} uploaded just now ({})",
        plan.tag,
        count(draft.assets.len(), "asset"),
        draft.html_url
    ));
    if ctx.json {
        ctx.ui.data(json!({
            "tag": plan.tag, "id": draft.id, "url": draft.html_url, "uploaded": uploaded, "kept": kept, "others": others,
        }));
    }
}
