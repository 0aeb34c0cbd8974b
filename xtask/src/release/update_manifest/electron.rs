//! `update-manifest electron`: `latest*.yml` from final packages.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args as ClapArgs;
use serde_json::json;

use crate::base::act::{Done, Plan, Step, finish};
use crate::base::ctx::Ctx;

use crate::base::fault::{Fault, Result};
use crate::base::interrupt;

use crate::base::text::{count, rfc3339};
use crate::release::observe;

use crate::release::packages::{self, Package};
use crate::release::plan::update::electron::{self, File, Manifest};

/// Write `latest.yml`, `latest-mac.yml` and `latest-linux.yml` of the packages below a folder. Run it after signing.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// The release's tag, like v1.2.3.
    #[arg(value_name = "TAG")]
    tag: String,
    /// The folder with the packages; those in folders below it count too.
    #[arg(long, value_name = "FOLDER")]
    from: Utf8PathBuf,
    /// Where the manifests go; beside their packages by itself.
    #[arg(long, value_name = "FOLDER")]
    output: Option<Utf8PathBuf>,
    /// How many installed programs of a hundred update now.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    staging_percentage: Option<u8>,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    let version = observe::version(&args.tag)?;
    let found = packages::below(&ctx.layout.absolute(&args.from))?;
    let names = found.iter().map(|package| package.name.as_str());
    let groups = electron::groups(&ctx.config.project.name, &version, names);
    if groups.is_empty() {
        return Err(Fault::new(format!("{} has no package of version {version}", args.from)).hint(format!(
            "packages are named like {}-linux-{version}-x86_64.AppImage; `cargo xtask package-dist` makes them",
            ctx.config.project.name
        )));
    }
    let date = rfc3339(observe::date(ctx, &args.tag)?).replace('Z', ".000Z");
    let mut plan = Plan::new();
    let mut written = Vec::new();
    for (name, members) in groups {
        let members: Vec<&Package> = members.into_iter().map(|at| &found[at]).collect();
        if name == "latest-mac.yml" && !members.iter().any(|package| electron::is_zip(&package.name)) {
            return Err(Fault::new("the macOS packages have no zip")
                .because("the updater installs from the zip; the disk image is for people")
                .hint("package both: `cargo xtask package-dist -- --mac dmg zip`"));
        }
        let manifest = Manifest {
            version: version.clone(),
            files: members.iter().map(|package| file(ctx, package)).collect::<Result<_>>()?,
            release_date: Some(date.clone()),
            staging_percentage: args.staging_percentage,
            ..Manifest::default()
        };
        let path = place(ctx, args, &members).join(&name);
        plan = plan.then(Step::Write { path: path.clone(), contents: electron::format(&manifest) });
        written.push((path, members.len()));
    }
    if finish(ctx, &plan)? == Done::Printed {
        return Ok(());
    }
    for (path, files) in &written {
        ctx.ui.say(format_args!("{path}: {}", count(*files, "file")));
    }
    if ctx.json {
        let files: BTreeMap<&str, usize> = written.iter().map(|(path, files)| (path.as_str(), *files)).collect();
        ctx.ui.data(json!({ "version": version, "manifests": files }));
    }
    Ok(())
}

/// Beside the first package, relative to the root where that is possible.
fn place(ctx: &Ctx, args: &Args, members: &[&Package]) -> Utf8PathBuf {
    let beside = members.first().and_then(|package| package.path.parent()).map(Utf8Path::to_owned);
    let folder = args.output.clone().or(beside).unwrap_or_else(|| args.from.clone());
    folder.strip_prefix(ctx.layout.root()).map(Utf8Path::to_owned).unwrap_or(folder)
}

/// What the manifest says of a package. Its blockmap must be of these bytes.
fn file(ctx: &Ctx, package: &Package) -> Result<File> {
    if let Some(why) = packages::stale_block_map(package)? {
        return Err(Fault::new("a blockmap does not fit its package")
            .because(why)
            .hint("package anew, or delete the blockmap: then clients fetch the whole package"));
    }
    let progress = ctx.ui.progress(&package.name, package.size);
    let sha512 = packages::sha512(&package.path, |bytes| {
        progress.add(bytes);
        interrupt::check()
    })?;
    Ok(File {
        url: package.name.clone(),
        sha512,
        size: Some(package.size),
        block_map_size: packages::embedded_block_map(&package.path)?,
        needs_admin: false,
    })
}
