//! Wheels of distributions that have none to be had: built once, and kept in the store with their SHA-256.

use std::fmt::Write;

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Kind, Result};
use crate::base::text::file_url;
use crate::base::{digests, files, hash, process};
use crate::stage::model::{LAYER, PYTHON};
use crate::stage::plan::StagePlan;
use crate::stage::plan::children::BuildPlan;
use crate::stage::plan::requirements::Source;
use crate::stage::plan::wheels;
use crate::stage::{copies, store};

/// The file beside a wheel with its digest.
pub(crate) const DIGEST: &str = "sha256";

/// A wheel in the store.
pub(crate) struct Kept {
    /// Where it is.
    pub(crate) path: Utf8PathBuf,
    /// Lower-case hex.
    pub(crate) sha256: String,
}

/// The folder of a build's wheel.
pub(crate) fn folder(ctx: &Ctx, key: &str) -> Utf8PathBuf {
    ctx.layout.absolute(ctx.layout.store()).join("wheels").join(key)
}

/// The wheel of a build, if it is in the store and still what it was.
pub(crate) fn kept(ctx: &Ctx, key: &str) -> Option<Kept> {
    let folder = folder(ctx, key);
    let sha256 = std::fs::read_to_string(folder.join(DIGEST)).ok()?;
    let path = only_wheel(&folder)?;
    (hash::file(&path).ok()?.to_string() == sha256).then_some(Kept { path, sha256 })
}

fn only_wheel(folder: &Utf8Path) -> Option<Utf8PathBuf> {
    let mut paths = digests::names_in(folder).ok()?.into_iter().map(|name| folder.join(name));
    paths.find(|path| path.extension() == Some("whl"))
}

/// Requirements for all built wheels, each with its file and digest. What the store lacks is built, with scratch
/// files in the folder `layer`.
pub(crate) fn requirements(ctx: &Ctx, plan: &StagePlan, layer: &Utf8Path, python: &Utf8Path) -> Result<String> {
    let mut text = String::new();
    for wanted in &plan.children.builds {
        let build = &wanted.build;
        let wheel = match kept(ctx, &build.key) {
            Some(wheel) if !plan.force => wheel,
            _ => make(ctx, plan, wanted, layer, python)?,
        };
        files::write_atomically(&folder(ctx, &build.key).join(store::USED), b"")?;
        let url = file_url(
            wheel.path.parent().unwrap_or(layer).as_str(),
            wheel.path.file_name().unwrap_or_default(),
            ctx.host,
        );
        let _ = writeln!(text, "{} @ {url} \\\n    --hash=sha256:{}", build.package.name, wheel.sha256);
    }
    Ok(text)
}

fn make(ctx: &Ctx, plan: &StagePlan, wanted: &BuildPlan, layer: &Utf8Path, python: &Utf8Path) -> Result<Kept> {
    let package = &wanted.build.package;
    ctx.ui.detail(format_args!("    building the wheel of {}", package.name));
    let [source, list, wheels] = ["source", "build.txt", "wheels"].map(|name| layer.join(name));
    if let Source::Folder(folder) = &package.source {
        let below = |path: &'_ str| path.strip_prefix(folder.as_str())?.strip_prefix('/').map(str::to_owned);
        let paths: Vec<String> = plan.seen.folders.iter().filter_map(|file| below(&file.path)).collect();
        let from = ctx.layout.absolute(ctx.layout.backend()).join(folder);
        copies::copy_files(&from, &source, paths.iter().map(String::as_str))?;
    }
    files::write_atomically(&list, package.requirement.as_bytes())?;
    process::quiet(ctx, &wanted.cmd.filled(&[(LAYER, layer), (PYTHON, python)])).map_err(|fault| {
        fault.within(format!("cannot build a wheel of {}", package.name)).with_kind(Kind::Failed).hint(
            if plan.offline {
                "run the same command once with the network: the wheel is built once and kept"
            } else {
                "mend what its build says above, or lock a version that has a wheel"
            },
        )
    })?;
    let built = only_wheel(&wheels);
    let built = built.ok_or_else(|| Fault::new(format!("the build of {} left no wheel", package.name)))?;
    refuse_for_here_alone(ctx, plan, &built)?;
    let wheel = keep(ctx, &wanted.build.key, &built)?;
    [source, list, wheels].iter().try_for_each(|scratch| files::remove(scratch))?;
    Ok(wheel)
}

/// What is built here fits another system as long as nothing in it is compiled.
fn refuse_for_here_alone(ctx: &Ctx, plan: &StagePlan, wheel: &Utf8Path) -> Result<()> {
    let (name, Some(own)) = (wheel.file_name().unwrap_or_default(), &plan.own) else { return Ok(()) };
    if wheels::fits(name, &own.record.python.version, ctx.target) {
        return Ok(());
    }
    Err(Fault::new(format!("{name} was built here, and is not for {}", ctx.target))
        .hint("lock a version that has a wheel for that system, or stage on a machine of it"))
}

/// Puts a wheel into the store.
fn keep(ctx: &Ctx, key: &str, wheel: &Utf8Path) -> Result<Kept> {
    let folder = folder(ctx, key);
    let path = folder.join(wheel.file_name().unwrap_or_default());
    let sha256 = hash::file(wheel)?.to_string();
    files::copy(wheel, &path)?;
    // The digest goes last: without it nothing is there.
    files::write_atomically(&folder.join(DIGEST), sha256.as_bytes())?;
    Ok(Kept { path, sha256 })
}
