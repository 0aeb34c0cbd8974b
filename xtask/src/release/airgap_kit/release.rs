//! `airgap-kit TAG` and `airgap-kit --from FOLDER`: a release for a machine without a network.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::act::{Done, Plan, Step, finish};
use crate::base::checksums::Entry;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::{digests, hash};
use crate::release::airgap_kit::Args;
use crate::release::kit_plan::{KitFile, KitPlan};
use crate::release::packages::{FetchPlan, Package, below};
use crate::release::plan::kit::{self, Texts};
use crate::release::plan::names::{self, Kind};
use crate::release::plan::notes::{Shipped, render};
use crate::release::release_notes::{about, notes, shipped};
use crate::release::{observe, repository};
use crate::stage::listing::{self, LIST_END};

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let Some((folder, is_fetched)) = source(ctx, args)? else {
        ctx.ui.say("the rest of the plan is decided when the assets are there");
        return Ok(());
    };
    let found: Vec<Package> =
        below(&ctx.layout.absolute(&folder))?.into_iter().filter(|file| kit::belongs(&file.name)).collect();
    let version = version(ctx, args, &folder, &found)?;
    let (found, files) = shipped(ctx, &found)?;
    check_lists(&found, &files)?;
    let plan = plan(ctx, args, &version, &found, &files)?;
    let target = plan.folder.clone();
    let mut steps = Plan::new().then(plan);
    if is_fetched {
        steps = steps.then(Step::Remove(folder));
    }
    match finish(ctx, &steps)? {
        Done::Printed => Ok(()),
        Done::Applied => crate::release::airgap_kit::tell(ctx, &target),
    }
}

/// The folder with the packages, and whether they were only fetched for this. Nothing under `--dry-run` of a release
/// that is still to be fetched.
fn source(ctx: &Ctx, args: &Args) -> Result<Option<(Utf8PathBuf, bool)>> {
    match (&args.from, &args.tag) {
        (Some(folder), _) => Ok(Some((folder.clone(), false))),
        (None, None) => Err(Fault::usage("neither a tag nor --from is given")),
        (None, Some(tag)) => {
            observe::version(tag)?;
            let settings = repository::settings(ctx, args.repo.as_deref())?;
            let folder = ctx.layout.scratch().join("release-assets").join(tag);
            let plan = FetchPlan { settings, tag: tag.clone(), folder: folder.clone() };
            match finish(ctx, &plan)? {
                Done::Printed => Ok(None),
                Done::Applied => Ok(Some((folder, true))),
            }
        }
    }
}

/// The version: that of the tag, which the packages must have; without one the one that they all have.
fn version(ctx: &Ctx, args: &Args, folder: &Utf8Path, found: &[Package]) -> Result<String> {
    let names = || found.iter().map(|file| file.name.as_str());
    if !names().any(|name| matches!(names::kind(name), Kind::Package(_))) {
        return Err(Fault::new(format!("{folder} has no package")).hint(
            "`cargo xtask package-dist` makes packages, `cargo xtask github-package-download-latest` brings them",
        ));
    }
    let mut versions = names::versions(&ctx.config.project.name, names());
    if let Some(tag) = &args.tag {
        let version = observe::version(tag)?;
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
fn check_lists(found: &[Package], files: &[Shipped]) -> Result<()> {
    let mut lists = Vec::new();
    for list in found.iter().filter(|file| names::kind(&file.name) == Kind::List) {
        lists.push((list.name.clone(), digests::list(&list.path)?));
    }
    let wrong = kit::lists_that_lie(files, &lists);
    if wrong.is_empty() {
        return Ok(());
    }
    let fault = Fault::new("the packages are not those that their lists of checksums have");
    Err(wrong
        .iter()
        .fold(fault, Fault::because)
        .hint("fetch or package them again, or write the lists anew with `cargo xtask checksums`"))
}

fn plan(ctx: &Ctx, args: &Args, version: &str, found: &[Package], files: &[Shipped]) -> Result<KitPlan> {
    if !files.iter().any(|file| names::kind(&file.name) == Kind::Sbom) {
        ctx.ui.notice("the kit has no inventory; `cargo xtask sbom` writes one beside the packages");
    }
    let name = format!("{}-{version}-airgap", ctx.config.project.name);
    let list = format!("{name}{LIST_END}");
    let tag = args.tag.clone().unwrap_or_else(|| format!("v{version}"));
    let facts = Texts::new(about(ctx, version), &list, files);
    let mut texts = vec![("RELEASE-NOTES.md".to_owned(), notes(ctx, &tag, None, files)?)];
    for name in ["INSTALL.md", "VERIFY.md"] {
        let template = format!("{name}.j2");
        texts.push((name.to_owned(), render(&template, &observe::template(ctx, &template)?, &facts)?));
    }
    let written = texts.iter().map(|(name, text)| Entry { name: name.clone(), sha256: hash::bytes(text.as_bytes()) });
    let copied = files.iter().map(|file| Entry { name: file.name.clone(), sha256: file.sha256.clone() });
    let entries: Vec<Entry> = copied.chain(written).collect();
    texts.push((list.clone(), listing::format(&entries)));
    let root = ctx.layout.root();
    let place = |path: &Utf8Path| path.strip_prefix(root).map_or_else(|_| path.to_owned(), Utf8Path::to_owned);
    Ok(KitPlan {
        folder: args.output.clone().unwrap_or_else(|| ctx.layout.kits()).join(&name),
        files: found
            .iter()
            .map(|file| KitFile { from: place(&file.path), name: file.name.clone(), size: file.size })
            .collect(),
        texts,
        list,
    })
}
