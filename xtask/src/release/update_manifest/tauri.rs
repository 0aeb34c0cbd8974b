//! `update-manifest tauri`: `latest.json` from final packages and their signatures.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;
use minisign_verify::PublicKey;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::base::act::{Done, Plan, Step, finish};
use crate::base::ctx::Ctx;
use crate::base::env;
use crate::base::fault::{Context, Fault, Result};
use crate::base::text::{count, rfc3339};
use crate::release::packages::{self, Package};
use crate::release::plan::update::tauri::{self, Manifest, Platform};
use crate::release::{observe, repository};

/// What need not be escaped in the last part of an address.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Write `latest.json` of the packages below a folder that have a `.sig` beside them. Every signature is checked.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// The release's tag, like v1.2.3.
    #[arg(value_name = "TAG")]
    tag: String,
    /// The folder with the packages; those in folders below it count too.
    #[arg(long, value_name = "FOLDER")]
    from: Utf8PathBuf,
    /// A package whose name does not tell its platform, like darwin-aarch64=Ponies.app.tar.gz. Can be repeated.
    #[arg(long = "platform", value_name = "KEY=NAME")]
    platforms: Vec<String>,
    /// The public key, or a file with it [default: `DESKTOP_DJANGO_TAURI_UPDATE_PUBLIC_KEY`].
    #[arg(long, value_name = "KEY")]
    public_key: Option<String>,
    /// Where the packages will be [default: the release of the tag on GitHub].
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// The repository, `[HOST/]OWNER/NAME`, instead of the `origin` remote.
    #[arg(long, value_name = "REPO")]
    repo: Option<String>,
    /// A text that the updater shows.
    #[arg(long, value_name = "FILE")]
    notes: Option<Utf8PathBuf>,
    /// The file to write [default: `latest.json` in the folder].
    #[arg(long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let version = observe::version(&args.tag)?;
    let Some(key) = crate::release::update_manifest::public_key(ctx, args.public_key.as_deref())? else {
        return Err(Fault::new("there is no public key to check the signatures with").hint(format!(
            "give it with --public-key, or set {} (what `tauri signer generate` printed)",
            env::UPDATE_PUBLIC_KEY
        )));
    };
    let found = packages::below(&ctx.layout.absolute(&args.from))?;
    let chosen = chosen(args, &found, &version)?;
    check(&chosen, &key)?;
    let base = base_url(ctx, args)?;
    let notes = args
        .notes
        .as_ref()
        .map(|path| std::fs::read_to_string(ctx.layout.absolute(path)).fault(|| format!("cannot read {path}")));
    let mut platforms = BTreeMap::new();
    for (platform, package) in chosen {
        let url = format!("{base}/{}", utf8_percent_encode(&package.name, KEPT));
        platforms.insert(platform, Platform { signature: signature(package)?, url });
    }
    let manifest = Manifest {
        version,
        notes: notes.transpose()?.map(|text| text.trim().to_owned()),
        pub_date: Some(rfc3339(observe::date(ctx, &args.tag)?)),
        platforms,
    };
    let contents = tauri::format(&manifest);
    tauri::parse(&contents).map_err(|why| Fault::new("the manifest would not be read by Tauri").because(why))?;
    let path = args.output.clone().unwrap_or_else(|| args.from.join("latest.json"));
    if finish(ctx, &Plan::new().then(Step::Write { path: path.clone(), contents }))? == Done::Applied {
        ctx.ui.say(format_args!("{path}: {}, all signatures right", count(manifest.platforms.len(), "platform")));
    }
    Ok(())
}

/// The packages with their platforms. Of several installers for one system the usual one has the plain key.
fn chosen<'a>(args: &Args, found: &'a [Package], version: &str) -> Result<BTreeMap<String, &'a Package>> {
    let mut chosen: BTreeMap<String, &Package> = BTreeMap::new();
    let mut put = |key: String, package: &'a Package| match chosen.insert(key.clone(), package) {
        Some(other) if other.name != package.name => Err(Fault::new(format!("two packages are for {key}"))
            .because(format!("{} and {}", other.name, package.name))
            .hint("name a folder that has the packages of one release only")),
        _ => Ok(()),
    };
    let mut unclear = Vec::new();
    let given: Vec<(&str, &str)> = args.platforms.iter().filter_map(|given| given.split_once('=')).collect();
    if given.len() != args.platforms.len() {
        return Err(Fault::usage("--platform is not like darwin-aarch64=Ponies.app.tar.gz"));
    }
    for package in found.iter().filter(|package| found.iter().any(|sig| sig.name == format!("{}.sig", package.name))) {
        let named: Vec<&str> = given.iter().filter(|(_, name)| *name == package.name).map(|(key, _)| *key).collect();
        match tauri::targets(&package.name) {
            _ if !named.is_empty() => named.into_iter().try_for_each(|key| put(key.to_owned(), package))?,
            Some((keys, installer)) => {
                let suffix = if tauri::is_usual(installer) { String::new() } else { format!("-{installer}") };
                keys.into_iter().try_for_each(|key| put(key + &suffix, package))?;
            }
            None => unclear.push(package.name.clone()),
        }
    }
    if let Some((key, name)) = given.iter().find(|(key, _)| !chosen.contains_key(*key)) {
        return Err(Fault::new(format!("{} has no {name} with a signature, for {key}", args.from))
            .hint("name a package that has a `.sig` beside it"));
    }
    if !unclear.is_empty() {
        return Err(Fault::new("the names of some packages don't tell what they are for")
            .because(unclear.join(", "))
            .hint("say it: --platform darwin-aarch64=NAME"));
    }
    if chosen.is_empty() {
        return Err(Fault::new(format!("{} has no package with a signature beside it", args.from)).hint(
            "`tauri build` writes `.sig` files when TAURI_SIGNING_PRIVATE_KEY is set and createUpdaterArtifacts is on",
        ));
    }
    let of_others: Vec<&str> =
        chosen.values().map(|package| package.name.as_str()).filter(|name| is_of_another(name, version)).collect();
    if !of_others.is_empty() {
        return Err(Fault::new(format!("some packages are not of version {version}"))
            .because(of_others.join(", "))
            .hint("name a folder that has the packages of one release only"));
    }
    Ok(chosen)
}

/// Whether a name has a version in it, and another one.
fn is_of_another(name: &str, version: &str) -> bool {
    let mut parts = name
        .split(['_', '-'])
        .filter(|part| part.starts_with(|c: char| c.is_ascii_digit()) && part.matches('.').count() == 2);
    let first = version.split(['-', '+']).next().unwrap_or_default();
    parts.next().is_some_and(|part| part != first)
}

fn signature(package: &Package) -> Result<String> {
    let path = format!("{}.sig", package.path);
    std::fs::read_to_string(&path).fault(|| format!("cannot read {path}"))
}

/// Refuses all when one signature is wrong: a client that meets one bad entry takes none.
fn check(chosen: &BTreeMap<String, &Package>, key: &PublicKey) -> Result<()> {
    let mut wrong = Vec::new();
    for (platform, package) in chosen {
        if let Err(why) = packages::check_signature(&package.path, &signature(package)?, key)? {
            wrong.push(format!("{} ({platform}): {why}", package.name));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let fault = Fault::new("no manifest was written, because not all signatures are right");
    Err(wrong
        .iter()
        .fold(fault, Fault::because)
        .hint("sign the final packages with `tauri signer sign`, or give the key that they are signed for"))
}

fn base_url(ctx: &Ctx, args: &Args) -> Result<String> {
    if let Some(url) = &args.base_url {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    let settings = repository::settings(ctx, args.repo.as_deref())
        .map_err(|fault| fault.hint("give --base-url, or --repo OWNER/NAME"))?;
    let tag = utf8_percent_encode(&args.tag, KEPT);
    Ok(format!("https://{}/{}/releases/download/{tag}", settings.server.host, settings.repository))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_names_are_compared() {
        assert!(!is_of_another("Ponies_1.2.3_amd64.AppImage", "1.2.3"));
        assert!(is_of_another("Ponies_1.2.2_amd64.AppImage", "1.2.3"));
        assert!(!is_of_another("Ponies_universal.app.tar.gz", "1.2.3"));
    }
}
