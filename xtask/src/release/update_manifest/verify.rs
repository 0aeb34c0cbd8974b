//! `update-manifest verify`: whether manifests say the truth of the files that they name.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args as ClapArgs;
use minisign_verify::PublicKey;
use serde_json::json;

use crate::base::act::{Done, Plan, Step, finish};
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::text::count;
use crate::base::{env, interrupt};
use crate::release::packages::{self, FetchPlan, Package};
use crate::release::plan::names::{Kind, kind};
use crate::release::plan::update::offered::{self, Offered};
use crate::release::plan::update::{Manifest, electron, tauri};
use crate::release::{observe, repository};

/// Check manifests of either shell against the files that they name. Every mistake is told.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
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

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let key = crate::release::update_manifest::public_key(ctx, args.public_key.as_deref())?;
    let version = args.tag.as_deref().or(args.release.as_deref()).map(observe::version).transpose()?;
    let Some(tag) = &args.release else {
        return judge(ctx, args, &args.manifests, key.as_ref(), version.as_deref());
    };
    let settings = repository::settings(ctx, args.repo.as_deref())?;
    let folder = ctx.layout.scratch().join("release-assets").join(tag);
    let fetch = FetchPlan { settings, tag: tag.clone(), folder: folder.clone() };
    if finish(ctx, &Plan::new().then(fetch))? == Done::Printed {
        return Ok(());
    }
    let found = packages::below(&ctx.layout.absolute(&folder))?;
    let manifests: Vec<Utf8PathBuf> = found
        .iter()
        .map(|file| file.name.as_str())
        .filter(|name| match &args.manifests[..] {
            [] => kind(name) == Kind::UpdateManifest,
            some => some.iter().any(|one| one == name),
        })
        .map(|name| folder.join(name))
        .collect();
    if manifests.len() < args.manifests.len().max(1) {
        return Err(Fault::new(format!("release {tag} has not all of the update manifests"))
            .because(format!("it has {}", found.iter().map(|file| &*file.name).collect::<Vec<_>>().join(", ")))
            .hint("upload them, then run the same command again"));
    }
    judge(ctx, args, &manifests, key.as_ref(), version.as_deref())?;
    // What was not right is kept, to be looked at.
    finish(ctx, &Plan::new().then(Step::Remove(folder))).map(drop)
}

fn judge(ctx: &Ctx, args: &Args, paths: &[Utf8PathBuf], key: Option<&PublicKey>, version: Option<&str>) -> Result<()> {
    let mut results = Vec::new();
    for path in paths {
        let manifest = crate::release::update_manifest::read(ctx, path)?;
        let beside = path.parent().unwrap_or(Utf8Path::new(""));
        let found = packages::below(&ctx.layout.absolute(args.from.as_deref().unwrap_or(beside)))?;
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
    let fault = Fault::new("the update manifests are not right");
    Err(wrong
        .iter()
        .fold(fault, Fault::because)
        .hint("write them anew from the final files with `cargo xtask update-manifest`"))
}

fn of_electron(
    ctx: &Ctx,
    path: &Utf8Path,
    manifest: &electron::Manifest,
    version: Option<&str>,
    found: &[Package],
) -> Result<Vec<String>> {
    let named: Vec<&Package> =
        found.iter().filter(|package| manifest.names().any(|name| name == package.name)).collect();
    let mut wrong = electron::objections(path.file_name().unwrap_or_default(), manifest);
    let mut digests = Vec::new();
    for package in &named {
        let progress = ctx.ui.progress(&package.name, package.size);
        digests.push(packages::sha512(&package.path, |bytes| {
            progress.add(bytes);
            interrupt::check()
        })?);
        wrong.extend(packages::stale_block_map(package)?);
        let told = manifest.files.iter().find(|file| file.url == package.name).and_then(|file| file.block_map_size);
        if told.is_some() && told != packages::embedded_block_map(&package.path)? {
            wrong.push(format!("names a blockmap at the end of {} that is not there", package.name));
        }
    }
    let offered = named.iter().zip(&digests);
    let offered =
        offered.map(|(package, sha512)| Offered { name: &package.name, size: package.size, sha512: Some(sha512) });
    let offered: Vec<Offered<'_>> = offered.collect();
    wrong.extend(offered::findings(&manifest.clone().into(), version.unwrap_or(&manifest.version), &offered));
    Ok(wrong)
}

fn of_tauri(
    manifest: &tauri::Manifest,
    version: Option<&str>,
    key: Option<&PublicKey>,
    found: &[Package],
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
        let Some(package) = found.iter().find(|package| package.name == name) else {
            wrong.push(format!("names {name} ({platform}), which is not there"));
            continue;
        };
        if let Err(why) = packages::check_signature(&package.path, &entry.signature, key)? {
            wrong.push(format!("{name} ({platform}): {why}"));
        }
    }
    Ok(wrong)
}
