//! `verify-rebuild`: packages that were handed out against those that were built again from the same sources.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args as ClapArgs;
use serde_json::json;

use crate::base::ctx::{Ctx, Run};
use crate::base::digests::FileDigest;
use crate::base::fault::{Fault, Result};
use crate::base::files;
use crate::base::text::count;
use crate::release::artifact::{Kind, kind};
use crate::release::members::{self, Members};
use crate::release::packages;

/// Compare packages with those that were built again. The first file in each that differs is named.
///
/// Packages and inventories in FOLDER, and in the folders in it, are compared with those of the same name that this checkout
/// built. Zip, tar.gz, deb and rpm are opened where they differ, an `AppImage` with `unsquashfs`; of an `AppImage` only
/// what is in it has to be the same. For the same bytes build the same commit with the same tools and `SOURCE_DATE_EPOCH`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cargo xtask verify-rebuild dist/github-actions/latest/linux")]
pub(crate) struct Args {
    /// The folder with the packages that were handed out, relative to the repository root.
    folder: Utf8PathBuf,
    /// The folder with those that were built again, relative to the repository root.
    #[arg(long, value_name = "FOLDER", default_value = "dist/electron")]
    built: Utf8PathBuf,
}

/// A package that is not the same, and why.
struct Difference {
    name: String,
    why: String,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let [given, built] = [&self.folder, &self.built].map(|folder| found(ctx, folder));
        let (given, built) = (given?, built?);
        if given.is_empty() {
            return Err(Fault::new(format!("there is no package in {}", self.folder))
                .hint("name the folder with the packages that were handed out"));
        }
        let mut different = Vec::new();
        for package in &given {
            let again = built.iter().find(|built| built.name() == package.name());
            let why = match again {
                None => Some(format!("it is not in {}", self.built)),
                Some(again) if again.sha256 == package.sha256 => None,
                Some(again) => self.difference(ctx, package, again)?,
            };
            different.extend(why.map(|why| Difference { name: package.name().to_owned(), why }));
        }
        self.report(ctx, &given, &different)
    }
}

/// The packages and inventories in a folder.
fn found(ctx: &Ctx, folder: &Utf8Path) -> Result<Vec<FileDigest>> {
    let mut found = packages::below(&ctx.layout.absolute(folder))?;
    found.retain(|file| matches!(kind(file.name()), Kind::Package(_) | Kind::Sbom));
    packages::hashed(ctx, found)
}

impl Args {
    /// What differs in two files of one name; nothing where all that counts is the same.
    fn difference(&self, ctx: &Ctx, given: &FileDigest, built: &FileDigest) -> Result<Option<String>> {
        let scratch = ctx.layout.absolute(ctx.layout.scratch());
        files::make_folder(&scratch)?;
        let both = (members::of(&given.path, &scratch)?, members::of(&built.path, &scratch)?);
        let told = |what: &str, [one, other]: [&str; 2]| {
            format!("{what}: {one} in {}, {other} in {}", self.folder, self.built)
        };
        let (Some(first), Some(second)) = both else {
            return Ok(Some(told("it can't be opened here", [&given.sha256, &built.sha256])));
        };
        if let Some((name, values)) = first_difference(&first, &second) {
            return Ok(Some(told(&name, values.map(|value| value.unwrap_or("nothing")))));
        }
        let is_image = given.name().to_ascii_lowercase().ends_with(".appimage");
        let what = "the same files with other dates, in another order or compressed in another way";
        Ok((!is_image).then(|| told(what, [&given.sha256, &built.sha256])))
    }

    fn report(&self, ctx: &Ctx, given: &[FileDigest], different: &[Difference]) -> Result<()> {
        let why = |name: &str| different.iter().find(|difference| difference.name == name).map(|it| it.why.as_str());
        if ctx.json {
            let rows = given.iter().map(FileDigest::name).map(|name| json!({ "name": name, "difference": why(name) }));
            ctx.ui.data(json!({ "packages": rows.collect::<Vec<_>>() }));
        } else {
            given
                .iter()
                .filter(|it| why(it.name()).is_none())
                .for_each(|it| ctx.ui.data(format_args!("the same  {}", it.name())));
        }
        if different.is_empty() {
            return Ok(());
        }
        let all = count(given.len(), "package");
        let fault = Fault::new(format!("{} of {all} in {} differ from {}", different.len(), self.folder, self.built));
        let causes = different.iter().map(|Difference { name, why }| format!("{name}: {why}"));
        Err(fault.because_all(causes).hint(
            "build the same commit with the same tools and the same SOURCE_DATE_EPOCH; docs/from-one-machine.md says what else counts",
        ))
    }
}

/// The first member that only one of them has, or that is not the same in both.
fn first_difference<'a>(first: &'a Members, second: &'a Members) -> Option<(String, [Option<&'a str>; 2])> {
    let names: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let values = |name: &String| [first, second].map(|members| members.get(name).map(String::as_str));
    names.into_iter().map(|name| (name.clone(), values(name))).find(|(_, [one, other])| one != other)
}
