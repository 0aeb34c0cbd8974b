//! `update-manifest merge` and `update-manifest verify`: manifests that are there, joined, and compared with the files that
//! they name.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use minisign_verify::PublicKey;
use serde_json::json;

use crate::base::act::{Act, Plan, Step, Told, finish};
use crate::base::ctx::{Ctx, Run};
use crate::base::digests::FileSize;
use crate::base::fault::{Context, Fault, Result};
use crate::base::text::count;
use crate::base::{env, interrupt};
use crate::release::artifact::{Kind, kind};
use crate::release::packages::{self, FetchPlan};
use crate::release::plan::update::{self, Manifest, electron, tauri};
use crate::release::repository;
use crate::release::update_check::{Offered, findings};

/// A manifest is some kilobytes.
const LARGEST: u64 = 1 << 20;

/// Reads a manifest of either shell.
fn read(ctx: &Ctx, path: &Utf8Path) -> Result<Manifest> {
    let absolute = ctx.layout.absolute(path);
    let size = std::fs::metadata(&absolute).fault(|| format!("cannot read {path}"))?.len();
    if size > LARGEST {
        return Err(Fault::new(format!("{path} has {size} bytes, too many for an update manifest")));
    }
    update::parse(&ctx.read(path)?).map_err(|why| {
        Fault::new(format!("{path} is not an update manifest"))
            .because(why)
            .hint("write it anew with `cargo xtask update-manifest`")
    })
}

/// The key that Tauri's packages are signed for: given on the command line (as a file or itself), or by the environment.
pub(crate) fn public_key(ctx: &Ctx, given: Option<&str>) -> Result<Option<PublicKey>> {
    let Some(given) = given.or(ctx.env.get(env::UPDATE_PUBLIC_KEY)) else { return Ok(None) };
    let is_file = ctx.layout.absolute(given).is_file();
    let text = if is_file { ctx.read(given)? } else { given.to_owned() };
    update::tauri::public_key(&text).map(Some).map_err(|why| {
        Fault::new(format!("`{given}` is not a public key of Tauri"))
            .because(why)
            .hint("give the `.pub` file that `tauri signer generate` wrote, or what is in it")
    })
}

/// Join manifests of one version, of either shell. The result does not depend on their order.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The manifests.
    #[arg(required = true, value_name = "FILE")]
    manifests: Vec<Utf8PathBuf>,
    /// The file to write; it may be one of them.
    #[arg(long, value_name = "FILE")]
    output: Utf8PathBuf,
}

impl Run for Merge {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let named = self.manifests.iter().map(|path| Ok((path.to_string(), read(ctx, path)?)));
        let merged = update::merge(named.collect::<Result<_>>()?).map_err(|wrong| {
            Fault::new("the update manifests don't fit together")
                .because_all(wrong)
                .hint("make them all from the final packages of one release")
        })?;
        let (contents, size) = match &merged {
            Manifest::Electron(manifest) => (electron::format(manifest), count(manifest.files.len(), "file")),
            Manifest::Tauri(manifest) => (tauri::format(manifest), count(manifest.platforms.len(), "platform")),
        };
        let said = format!("{}: {size}", self.output);
        finish(ctx, &Told { act: Step::Write { path: self.output.clone(), contents }, said, data: None })
    }
}

/// Check manifests of either shell against the files that they name. Every mistake is named.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The manifests; with --release their names among its assets [default there: all of them].
    #[arg(value_name = "FILE", required_unless_present = "release")]
    manifests: Vec<Utf8PathBuf>,
    /// The folder with the files, instead of the manifest's own.
    #[arg(long, value_name = "FOLDER", conflicts_with = "release")]
    from: Option<Utf8PathBuf>,
    /// The version that they must offer, as a tag.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Check the manifests of a release on GitHub against its assets, all of which are fetched.
    #[arg(long, value_name = "TAG")]
    release: Option<String>,
    /// The repository, `[HOST/]OWNER/NAME`, instead of the `origin` remote.
    #[arg(long, value_name = "REPO")]
    repo: Option<String>,
    /// The public key of Tauri's signatures, or a file with it [default: `DESKTOP_DJANGO_TAURI_UPDATE_PUBLIC_KEY`].
    #[arg(long, value_name = "KEY")]
    public_key: Option<String>,
}

/// What manifests must be right about.
#[derive(Clone, Debug)]
struct Wanted {
    /// The key that Tauri's packages must be signed for.
    key: Option<PublicKey>,
    /// The version that they must offer.
    version: Option<String>,
}

impl Run for Verify {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let key = public_key(ctx, self.public_key.as_deref())?;
        let version = self.tag.as_deref().or(self.release.as_deref()).map(repository::version).transpose()?;
        let wanted = Wanted { key, version };
        let Some(tag) = &self.release else {
            return compare(ctx, &wanted, self.from.as_deref(), &self.manifests);
        };
        let fetch = FetchPlan::new(ctx, tag, self.repo.as_deref())?;
        let assets = fetch.folder.clone();
        let names = self.manifests.clone();
        let check = CheckAssets { tag: tag.clone(), assets: assets.clone(), names, wanted };
        // What was not right is kept, to be looked at.
        finish(ctx, &Plan::new().then(fetch).then(check).then(Step::Remove(assets)))
    }
}

/// The check of the manifests of a release, when its assets are there.
struct CheckAssets {
    tag: String,
    assets: Utf8PathBuf,
    /// Those that are checked; all of them, where none is named.
    names: Vec<Utf8PathBuf>,
    wanted: Wanted,
}

impl fmt::Display for CheckAssets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names.iter().map(|name| name.as_str()).collect();
        let names = if names.is_empty() { "all update manifests".to_owned() } else { names.join(", ") };
        write!(f, "check   {names} against the assets")
    }
}

impl Act for CheckAssets {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        let found = packages::below(&ctx.layout.absolute(&self.assets))?;
        let names = found.iter().map(FileSize::name).filter(|name| match &self.names[..] {
            [] => kind(name) == Kind::UpdateManifest,
            some => some.iter().any(|one| one == name),
        });
        let manifests: Vec<Utf8PathBuf> = names.map(|name| self.assets.join(name)).collect();
        if manifests.len() < self.names.len().max(1) {
            return Err(Fault::new(format!("release {} has not all of the update manifests", self.tag))
                .because(format!("it has {}", found.iter().map(FileSize::name).collect::<Vec<_>>().join(", ")))
                .hint("upload them, then run the same command again"));
        }
        compare(ctx, &self.wanted, None, &manifests)
    }
}

/// Compares manifests with the files that they name, and tells what is wrong.
fn compare(ctx: &Ctx, wanted: &Wanted, from: Option<&Utf8Path>, paths: &[Utf8PathBuf]) -> Result<()> {
    let Wanted { key, version } = wanted;
    let (key, version) = (key.as_ref(), version.as_deref());
    let mut results = Vec::new();
    for path in paths {
        let manifest = read(ctx, path)?;
        let beside = path.parent().unwrap_or(Utf8Path::new(""));
        let found = packages::below(&ctx.layout.absolute(from.unwrap_or(beside)))?;
        let (wrong, files) = match &manifest {
            Manifest::Electron(manifest) => (of_electron(ctx, path, manifest, version, &found)?, manifest.files.len()),
            Manifest::Tauri(manifest) => (of_tauri(manifest, version, key, &found)?, manifest.platforms.len()),
        };
        results.push((path, wrong, files));
    }
    if ctx.json {
        let told = results.iter().map(|(path, wrong, files)| json!({ "path": path, "files": files, "wrong": wrong }));
        ctx.ui.data(json!({ "manifests": told.collect::<Vec<_>>() }));
    }
    let wrong = results.iter().flat_map(|(path, wrong, _)| wrong.iter().map(move |why| format!("{path}: {why}")));
    let wrong: Vec<String> = wrong.collect();
    if wrong.is_empty() {
        for (path, _, files) in &results {
            ctx.ui.say(format_args!("{path}: right ({})", count(*files, "file")));
        }
        return Ok(());
    }
    Err(Fault::new("the update manifests are not right")
        .because_all(wrong)
        .hint("write them anew from the final files with `cargo xtask update-manifest`"))
}

fn of_electron(
    ctx: &Ctx,
    path: &Utf8Path,
    manifest: &electron::Manifest,
    version: Option<&str>,
    found: &[FileSize],
) -> Result<Vec<String>> {
    let named = found.iter().filter(|package| manifest.names().any(|name| name == package.name()));
    let progress = ctx.ui.bytes("packages", named.map(|package| package.size).sum());
    let there: Vec<Offered<'_>> = found.iter().map(Offered::from).collect();
    let name = path.file_name().unwrap_or_default();
    findings(name, manifest, version.unwrap_or(&manifest.version), &there, |bytes| {
        progress.add(bytes);
        interrupt::check()
    })
}

fn of_tauri(
    manifest: &tauri::Manifest,
    version: Option<&str>,
    key: Option<&PublicKey>,
    found: &[FileSize],
) -> Result<Vec<String>> {
    let Some(key) = key else {
        return Err(Fault::new("there is no public key to check the signatures with")
            .hint(format!("give it with --public-key, or set {}", env::UPDATE_PUBLIC_KEY)));
    };
    let mut wrong = Vec::new();
    if let Some(version) = version.filter(|version| *version != manifest.version.trim_start_matches('v')) {
        wrong.push(format!("offers the version {} and not {version}", manifest.version));
    }
    for (platform, entry) in &manifest.platforms {
        let name = entry.name();
        let Some(package) = found.iter().find(|package| package.name() == name) else {
            wrong.push(format!("names {name} ({platform}), which is not there"));
            continue;
        };
        if let Err(why) = packages::check_signature(&package.path, &entry.signature, key)? {
            wrong.push(format!("{name} ({platform}): {why}"));
        }
    }
    Ok(wrong)
}
