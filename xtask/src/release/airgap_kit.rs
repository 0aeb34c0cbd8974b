//! `airgap-kit`: releases for machines without a network, put together here and compared with their list there.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use crate::base::act::{Act, Plan, Step, finish};
use crate::base::checksums::Entry;
use crate::base::ctx::{Ctx, Run};
use crate::base::digests::{self, FileDigest, FileSize};
use crate::base::fault::{Fault, Result};
use crate::base::hash;
use crate::base::text::{count, size};
use crate::base::ui::Ui;
use crate::release::artifact::{Kind, kind, versions};
use crate::release::complete;
use crate::release::export::ExportBuild;
use crate::release::pack::KitPlan;
use crate::release::packages::{FetchPlan, below, hashed};
use crate::release::plan::notes::{Texts, belongs, lists_that_lie, render};
use crate::release::release_notes::{about, notes, template};
use crate::release::repository;
use crate::stage::listing::{self, LIST_END};

/// Collect what a machine without a network needs. A release to install, or what staging needs to build one.
///
/// With TAG or --from: one folder, and a zip of it, with installers, checksums, inventory, notes, and how to check and
/// install them.
#[derive(Debug, ClapArgs)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  cargo xtask airgap-kit v1.2.3\n  cargo xtask airgap-kit --from dist/github-actions/latest\n  \
        ddstask airgap-kit verify FOLDER\n  cargo xtask airgap-kit export-build\n  cargo xtask packaged-stage --kit FOLDER"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// The release on GitHub whose assets go in; with --from only their version.
    #[arg(value_name = "TAG", required_unless_present = "from")]
    tag: Option<String>,
    /// A folder with the packages, instead of a release on GitHub.
    #[arg(long, value_name = "FOLDER")]
    from: Option<Utf8PathBuf>,
    /// The folder that gets the kit, instead of `dist/airgap`.
    #[arg(long, value_name = "FOLDER")]
    output: Option<Utf8PathBuf>,
    /// The repository, `[HOST/]OWNER/NAME`, instead of the `origin` remote.
    #[arg(long, value_name = "REPO")]
    repo: Option<String>,
}

#[derive(Debug, Subcommand)]
enum What {
    Verify(Verify),
    ExportBuild(ExportBuild),
}

impl Args {
    /// What needs no checkout.
    pub(crate) fn on_the_other_side(&self) -> Option<&Verify> {
        match &self.what {
            Some(What::Verify(args)) => Some(args),
            _ => None,
        }
    }
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        match &self.what {
            None => self.of_release(ctx),
            Some(What::Verify(args)) => args.run(&ctx.ui, ctx.json),
            Some(What::ExportBuild(args)) => args.run(ctx),
        }
    }
}

impl Args {
    /// The kit of a release: from a folder, or from GitHub.
    fn of_release(&self, ctx: &Ctx) -> Result<()> {
        let output = self.output.as_deref();
        let tag = match (&self.from, &self.tag) {
            (Some(folder), tag) => return finish(ctx, &kit(ctx, tag.as_deref(), folder, output)?),
            (None, None) => return Err(Fault::usage("neither a tag nor --from is given")),
            (None, Some(tag)) => tag.clone(),
        };
        let version = repository::version(&tag)?;
        let fetch = FetchPlan { is_whole: true, ..FetchPlan::new(ctx, &tag, self.repo.as_deref())? };
        let assets = fetch.folder.clone();
        let folder = place(ctx, output).join(kit_name(ctx, &version));
        let kit = KitOfAssets { tag, assets: assets.clone(), output: self.output.clone(), folder };
        finish(ctx, &Plan::new().then(fetch).then(kit).then(Step::Remove(assets)))
    }
}

/// Compare a kit with its list, on the other side: needs the folder only, no checkout. Every difference is named.
#[derive(Debug, ClapArgs)]
pub(crate) struct Verify {
    /// The folder of the kit, unpacked; relative to the working folder.
    #[arg(value_name = "FOLDER")]
    folder: Utf8PathBuf,
    /// The SHA-256 of the list, as you were told it by another way.
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
}

impl Verify {
    /// Needs no checkout.
    pub(crate) fn run(&self, ui: &Ui, json: bool) -> Result<()> {
        let checked = listing::verify(&self.folder, None)?;
        let mut wrong = checked.wrong;
        if let Some(told) = self.sha256.as_ref().filter(|told| !told.trim().eq_ignore_ascii_case(&checked.digest)) {
            wrong.insert(0, format!("{} has the SHA-256 {}, and not {told}", checked.list, checked.digest));
        }
        if json {
            ui.data(json!({
                "path": self.folder, "files": checked.files, "bytes": checked.bytes, "list": checked.list,
                "sha256": checked.digest, "wrong": wrong,
            }));
        }
        if wrong.is_empty() {
            ui.say(format_args!(
                "{}: {} ({}) as listed",
                self.folder,
                count(checked.files, "file"),
                size(checked.bytes)
            ));
            if self.sha256.is_none() {
                ui.say(format_args!("SHA-256 of the list, to compare with what you were told: {}", checked.digest));
            }
            return Ok(());
        }
        Err(Fault::new(format!("{} is not the kit that was made", self.folder))
            .because_all(wrong)
            .hint("don't install from it; have it brought over again"))
    }
}

/// The version: that of the tag, which the packages must have; without one the one that they all have.
fn version_of(ctx: &Ctx, tag: Option<&str>, folder: &Utf8Path, found: &[FileSize]) -> Result<String> {
    let names = || found.iter().map(FileSize::name);
    if !names().any(|name| matches!(kind(name), Kind::Package(_))) {
        return Err(Fault::new(format!("{folder} has no package")).hint(
            "`cargo xtask package-dist` makes packages, `cargo xtask github-package-download-latest` brings them",
        ));
    }
    let mut versions = versions(&ctx.config.project.name, names());
    if let Some(tag) = tag {
        let version = repository::version(tag)?;
        versions.remove(&version);
        if versions.is_empty() {
            return Ok(version);
        }
        versions.insert(version);
    }
    match (versions.len(), versions.pop_first()) {
        (1, Some(version)) => Ok(version),
        (0, _) | (_, None) => Err(Fault::new("the names of the packages tell no version")
            .hint("name the tag, too: `cargo xtask airgap-kit TAG --from FOLDER`")),
        (_, Some(first)) => Err(Fault::new(format!("{folder} has packages of several versions"))
            .because(std::iter::once(first).chain(versions).collect::<Vec<_>>().join(", "))
            .hint("name a folder that has the packages of one release only")),
    }
}

/// The lists that come with the packages must be true, or the receiver could trust neither.
fn check_lists(files: &[FileDigest]) -> Result<()> {
    let mut lists = Vec::new();
    for list in files.iter().filter(|file| kind(file.name()) == Kind::List) {
        lists.push((list.name().to_owned(), digests::list(&list.path)?));
    }
    let wrong = lists_that_lie(files, &lists);
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Fault::new("the packages are not those that their lists of checksums have")
        .because_all(wrong)
        .hint("fetch or package them again, or write the lists anew with `cargo xtask checksums`"))
}

/// Decides what goes into the kit, from the packages in a folder.
fn kit(ctx: &Ctx, tag: Option<&str>, folder: &Utf8Path, output: Option<&Utf8Path>) -> Result<KitPlan> {
    let mut found = below(&ctx.layout.absolute(folder))?;
    found.retain(|file| belongs(file.name()));
    let version = version_of(ctx, tag, folder, &found)?;
    complete::check(ctx, folder, &version, &found)?;
    let files = hashed(ctx, found)?;
    check_lists(&files)?;
    if !files.iter().any(|file| kind(file.name()) == Kind::Sbom) {
        ctx.ui.notice("the kit has no inventory; `cargo xtask sbom` writes one beside the packages");
    }
    let name = kit_name(ctx, &version);
    let list = format!("{name}{LIST_END}");
    let tag = tag.map_or_else(|| format!("v{version}"), str::to_owned);
    let facts = Texts::new(about(ctx, &version), &list, &files);
    let mut texts = vec![("RELEASE-NOTES.md".to_owned(), notes(ctx, &tag, None, &files)?)];
    for name in ["INSTALL.md", "VERIFY.md"] {
        let source = format!("{name}.j2");
        texts.push((name.to_owned(), render(&source, &template(ctx, &source)?, &facts)?));
    }
    let written = texts.iter().map(|(name, text)| Entry { name: name.clone(), sha256: hash::bytes(text.as_bytes()) });
    let entries: Vec<Entry> = files.iter().map(Entry::from).chain(written).collect();
    texts.push((list.clone(), listing::format(&entries)));
    Ok(KitPlan { folder: place(ctx, output).join(&name), files, texts, list })
}

fn kit_name(ctx: &Ctx, version: &str) -> String {
    format!("{}-{version}-airgap", ctx.config.project.name)
}

/// The folder that kits go into.
fn place(ctx: &Ctx, output: Option<&Utf8Path>) -> Utf8PathBuf {
    output.map_or_else(|| ctx.layout.kits(), Utf8Path::to_owned)
}

/// A kit of the assets of a release, decided when they are there.
struct KitOfAssets {
    tag: String,
    /// Where the assets are.
    assets: Utf8PathBuf,
    output: Option<Utf8PathBuf>,
    /// Where the kit goes.
    folder: Utf8PathBuf,
}

impl fmt::Display for KitOfAssets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tag, folder, .. } = self;
        writeln!(f, "copy    the packages of release {tag} into {folder}")?;
        writeln!(f, "write   RELEASE-NOTES.md, INSTALL.md, VERIFY.md and a list of all files there")?;
        write!(f, "pack    {folder}.zip")
    }
}

impl Act for KitOfAssets {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        kit(ctx, Some(&self.tag), &self.assets, self.output.as_deref())?.apply(ctx)
    }
}
