//! `update-manifest`: what installed programs read to find a newer version. Here they are written, of final packages.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args as ClapArgs, Subcommand};
use minisign_verify::PublicKey;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use semver::Version;
use serde_json::json;

use crate::base::act::{Plan, Step, Told, finish};
use crate::base::ctx::{Ctx, Run};
use crate::base::digests::FileSize;
use crate::base::fault::{Fault, Result};
use crate::base::text::{count, rfc3339};
use crate::base::{env, interrupt};
use crate::release::plan::update::electron::{self, File};
use crate::release::plan::update::tauri::{self, Platform};
use crate::release::update_verify::{Merge, Verify, public_key};
use crate::release::{artifact, packages, repository};

/// Write, merge and check update manifests. They are made of the final files, after all signing.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask update-manifest electron v1.2.3 --from dist/electron\n  \
    cargo xtask update-manifest tauri v1.2.3 --from dist/tauri --public-key tauri.pub\n  \
    cargo xtask update-manifest merge mac-arm64.yml mac-x64.yml --output latest-mac.yml\n  \
    cargo xtask update-manifest verify dist/electron/latest-mac.yml")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Electron(Electron),
    Tauri(Tauri),
    Merge(Merge),
    Verify(Verify),
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        match &self.what {
            What::Electron(args) => args.run(ctx),
            What::Tauri(args) => args.run(ctx),
            What::Merge(args) => args.run(ctx),
            What::Verify(args) => args.run(ctx),
        }
    }
}

/// Write `latest.yml`, `latest-mac.yml` and `latest-linux.yml` of the packages below a folder. Run it after signing.
#[derive(Debug, ClapArgs)]
pub(crate) struct Electron {
    /// The release's tag, like v1.2.3.
    #[arg(value_name = "TAG")]
    tag: String,
    /// The folder with the packages; those in folders below it count too.
    #[arg(long, value_name = "FOLDER")]
    from: Utf8PathBuf,
    /// Where the manifests go; beside their packages by default.
    #[arg(long, value_name = "FOLDER")]
    output: Option<Utf8PathBuf>,
    /// How many installed programs of a hundred update now.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    staging_percentage: Option<u8>,
}

impl Run for Electron {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let version = repository::version(&self.tag)?;
        let (found, project) = (packages::below(&ctx.layout.absolute(&self.from))?, &ctx.config.project.name);
        let groups = artifact::electron_manifests(project, &version, found.iter().map(FileSize::name));
        if groups.is_empty() {
            return Err(Fault::new(format!("{} has no package of version {version}", self.from)).hint(format!(
                "packages are named like {project}-linux-{version}-x86_64.AppImage; `cargo xtask package-dist` makes them"
            )));
        }
        if let Some(web) = found.iter().find(|package| artifact::is_of_web_installer(package.name())) {
            return Err(Fault::new(format!("{} is fetched by an installer from the web", web.name()))
                .because("the manifest of such an installer is written by electron-builder alone")
                .hint("keep the `latest.yml` that it wrote; `cargo xtask update-manifest verify` checks it"));
        }
        let released = rfc3339(repository::date_of(ctx, &self.tag)?).replace('Z', ".000Z");
        let mut act = Plan::new();
        let mut written = BTreeMap::new();
        for (name, members) in groups {
            let members: Vec<&FileSize> = members.into_iter().map(|at| &found[at]).collect();
            if name == "latest-mac.yml" && !members.iter().any(|package| electron::is_zip(package.name())) {
                return Err(Fault::new("the macOS packages have no zip")
                    .because("the updater installs from the zip; the disk image is for people")
                    .hint("package both: `cargo xtask package-dist -- --mac dmg zip`"));
            }
            let manifest = electron::Manifest {
                version: version.clone(),
                files: members.iter().map(|package| file(ctx, package)).collect::<Result<_>>()?,
                release_date: Some(released.clone()),
                staging_percentage: self.staging_percentage,
                ..electron::Manifest::default()
            };
            let path = place(ctx, self, &members).join(name);
            act = act.then(Step::Write { path: path.clone(), contents: electron::format(&manifest) });
            written.insert(path.into_string(), members.len());
        }
        let lines: Vec<String> =
            written.iter().map(|(path, files)| format!("{path}: {}", count(*files, "file"))).collect();
        let data = Some(json!({ "version": version, "manifests": written }));
        finish(ctx, &Told { act, said: lines.join("\n"), data })
    }
}

/// Beside the first package, relative to the root where that is possible.
fn place(ctx: &Ctx, args: &Electron, members: &[&FileSize]) -> Utf8PathBuf {
    let beside = members.first().and_then(|package| package.path.parent()).map(Utf8Path::to_owned);
    let folder = args.output.clone().or(beside).unwrap_or_else(|| args.from.clone());
    folder.strip_prefix(ctx.layout.root()).map(Utf8Path::to_owned).unwrap_or(folder)
}

/// What the manifest says of a package. Its blockmap must be of these bytes.
fn file(ctx: &Ctx, package: &FileSize) -> Result<File> {
    let block_map = Utf8PathBuf::from(format!("{}.blockmap", package.path));
    let stale = block_map.is_file().then(|| packages::stale_block_map(package.name(), package.size, &block_map));
    if let Some(why) = stale.transpose()?.flatten() {
        return Err(Fault::new("a blockmap does not fit its package")
            .because(why)
            .hint("package anew, or delete the blockmap: then clients fetch the whole package"));
    }
    let progress = ctx.ui.bytes(package.name(), package.size);
    let sha512 = packages::sha512(&package.path, |bytes| {
        progress.add(bytes);
        interrupt::check()
    })?;
    Ok(File {
        url: package.name().to_owned(),
        sha512,
        size: Some(package.size),
        block_map_size: packages::embedded_block_map(&package.path)?,
        needs_admin: false,
    })
}

/// What need not be escaped in the last part of an address.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Write `latest.json` of the packages below a folder that have a `.sig` beside them. Every signature is checked.
#[derive(Debug, ClapArgs)]
pub(crate) struct Tauri {
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

impl Run for Tauri {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let version = repository::version(&self.tag)?;
        let Some(key) = public_key(ctx, self.public_key.as_deref())? else {
            return Err(Fault::new("there is no public key to check the signatures with").hint(format!(
                "give it with --public-key, or set {} (what `tauri signer generate` printed)",
                env::UPDATE_PUBLIC_KEY
            )));
        };
        let found = packages::below(&ctx.layout.absolute(&self.from))?;
        let chosen = chosen(self, &found, &version)?;
        check(ctx, &chosen, &key)?;
        let base = base_url(ctx, self)?;
        let notes = self.notes.as_ref().map(|path| ctx.read(path)).transpose()?;
        let mut platforms = BTreeMap::new();
        for (platform, package) in chosen {
            let url = format!("{base}/{}", utf8_percent_encode(package.name(), KEPT));
            platforms.insert(platform, Platform { signature: signature(ctx, package)?, url });
        }
        let manifest = tauri::Manifest {
            version,
            notes: notes.map(|text| text.trim().to_owned()),
            pub_date: Some(rfc3339(repository::date_of(ctx, &self.tag)?)),
            platforms,
        };
        let contents = tauri::format(&manifest);
        tauri::parse(&contents).map_err(|why| Fault::new("the manifest would not be read by Tauri").because(why))?;
        let path = self.output.clone().unwrap_or_else(|| self.from.join("latest.json"));
        let said = format!("{path}: {}, all signatures right", count(manifest.platforms.len(), "platform"));
        finish(ctx, &Told { act: Step::Write { path, contents }, said, data: None })
    }
}

/// The packages with their platforms. Of several installers for one system the usual one has the plain key.
fn chosen<'a>(args: &Tauri, found: &'a [FileSize], version: &str) -> Result<BTreeMap<String, &'a FileSize>> {
    let mut chosen: BTreeMap<String, &FileSize> = BTreeMap::new();
    let mut put = |key: String, package: &'a FileSize| match chosen.insert(key.clone(), package) {
        Some(other) if other.name() != package.name() => Err(Fault::new(format!("two packages are for {key}"))
            .because(format!("{} and {}", other.name(), package.name()))
            .hint("name a folder that has the packages of one release only")),
        _ => Ok(()),
    };
    let mut unclear = Vec::new();
    let given: Vec<(&str, &str)> = args.platforms.iter().filter_map(|given| given.split_once('=')).collect();
    if given.len() != args.platforms.len() {
        return Err(Fault::usage("--platform is not like darwin-aarch64=Ponies.app.tar.gz"));
    }
    for package in
        found.iter().filter(|package| found.iter().any(|sig| sig.name() == format!("{}.sig", package.name())))
    {
        let named: Vec<&str> = given.iter().filter(|(_, name)| *name == package.name()).map(|(key, _)| *key).collect();
        match tauri::targets(package.name()) {
            _ if !named.is_empty() => named.into_iter().try_for_each(|key| put(key.to_owned(), package))?,
            Some((keys, installer)) => {
                let suffix = if tauri::is_usual(installer) { String::new() } else { format!("-{installer}") };
                keys.into_iter().try_for_each(|key| put(key + &suffix, package))?;
            }
            None => unclear.push(package.name()),
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
        chosen.values().map(|package| package.name()).filter(|name| is_of_another(name, version)).collect();
    if !of_others.is_empty() {
        return Err(Fault::new(format!("some packages are not of version {version}"))
            .because(of_others.join(", "))
            .hint("name a folder that has the packages of one release only"));
    }
    Ok(chosen)
}

/// Whether a name has a version in it, and another one.
fn is_of_another(name: &str, version: &str) -> bool {
    let told = name.split(['_', '-']).find_map(|part| Version::parse(part).ok());
    let release = version.split(['-', '+']).next().unwrap_or_default();
    told.is_some_and(|told| told.to_string() != release)
}

fn signature(ctx: &Ctx, package: &FileSize) -> Result<String> {
    ctx.read(format!("{}.sig", package.path))
}

/// Refuses all when one signature is wrong: a client that meets one bad entry takes none.
fn check(ctx: &Ctx, chosen: &BTreeMap<String, &FileSize>, key: &PublicKey) -> Result<()> {
    let mut wrong = Vec::new();
    for (platform, package) in chosen {
        if let Err(why) = packages::check_signature(&package.path, &signature(ctx, package)?, key)? {
            wrong.push(format!("{} ({platform}): {why}", package.name()));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Fault::new("no manifest was written, because not all signatures are right")
        .because_all(wrong)
        .hint("sign the final packages with `tauri signer sign`, or give the key that they are signed for"))
}

fn base_url(ctx: &Ctx, args: &Tauri) -> Result<String> {
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
