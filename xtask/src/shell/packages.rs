//! What the commands that package a shell have in common: what comes before a packager, and what follows it.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use crate::base::act::Plan;
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::host::Os;
use crate::base::text::size;
use crate::base::{backend, checksums, digests, env, files, uv};
use crate::shell::model::{Argument, Given};
use crate::stage::{observe, packaged_stage};

const ALLOW: &str = "allow-host-python";

/// `--allow-host-python`, for packages that are handed out.
pub(crate) const ALLOW_HOST_PYTHON: Argument =
    Argument::Switch(ALLOW, "Allow a Python that was copied from this machine, even though CI is set");

/// Stages the backend first.
pub(crate) fn staged(ctx: &Ctx, _: &Given) -> Result<()> {
    packaged_stage::stage(ctx)
}

/// Brings what a window for development runs: uv, or, for a project that can't be run from its sources, the stage.
pub(crate) fn developed(ctx: &Ctx, given: &Given) -> Result<()> {
    if !ctx.config.backend.starts_itself() {
        return staged(ctx, given);
    }
    backend::is_developed_here(ctx)?;
    uv::ensure(ctx).map(drop)
}

/// A copied interpreter uses libraries of the machine that built it: fine to try, not to hand out.
pub(crate) fn no_host_python_in_ci(ctx: &Ctx, given: &Given) -> Result<()> {
    let is_host = observe::record(ctx).is_some_and(|record| record.seen.source.kind() == "host");
    if is_host && ctx.env.flag(env::CI) && !given.has(ALLOW) {
        return Err(Fault::new("the staged Python was copied from this machine, which is no way to make a release")
            .because("it needs this machine's own libraries, and CI is set")
            .hint("stage with `--python-source uv` or `archive:PATH`, or allow it with --allow-host-python"));
    }
    Ok(())
}

/// Disk images are made with macOS's own hdiutil. `instead` is a command for this machine.
pub(crate) fn only_on_macos(ctx: &Ctx, instead: &str) -> Result<()> {
    if ctx.host.os == Os::MacOs {
        return Ok(());
    }
    Err(Fault::new(format!("a macOS disk image can't be made on {}", ctx.host))
        .hint(format!("run the same command on a Mac, or package for this machine with `cargo xtask {instead}`")))
}

/// After the packager: writes the list of checksums of what `find` finds, and prints each package with size and digest.
pub(crate) fn listed(plan: Plan, list: Utf8PathBuf, find: fn(&Ctx) -> Result<Vec<Utf8PathBuf>>) -> Plan {
    plan.task(format!("write   {list}  (checksums of the packages)"), move |ctx| {
        let packages = find(ctx)?;
        let sources = digests::sources(packages.iter().map(|path| ctx.layout.absolute(path)))?;
        let entries = crate::release::checksums::entries(ctx, &sources)?;
        files::write_atomically(&ctx.layout.absolute(&list), checksums::format(&entries).as_bytes())?;
        let told = packages.iter().zip(&sources).zip(&entries);
        let told = told.map(|((path, source), entry)| (path, source.size, &entry.sha256));
        if ctx.json {
            let files = told.map(|(path, bytes, sha256)| json!({ "path": path, "bytes": bytes, "sha256": sha256 }));
            ctx.ui.data(json!({ "packages": files.collect::<Vec<_>>(), "checksums": list }));
        } else {
            told.for_each(|(path, bytes, sha256)| ctx.ui.data(format_args!("{sha256}  {:>9}  {path}", size(bytes))));
        }
        ctx.ui.say(format_args!("checksums: {list}"));
        Ok(())
    })
}

/// The files in a folder, sorted, relative to the root. A folder that is not there is empty.
pub(crate) fn files_in(ctx: &Ctx, folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let mut files = entries(ctx, folder)?;
    files.retain(|path| ctx.layout.absolute(path).is_file());
    Ok(files)
}

/// Everything in a folder, sorted, relative to the root. A folder that is not there is empty.
pub(crate) fn entries(ctx: &Ctx, folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let absolute = ctx.layout.absolute(folder);
    if !absolute.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in absolute.read_dir_utf8().fault(|| format!("cannot read {folder}"))? {
        found.push(folder.join(entry.fault(|| format!("cannot read {folder}"))?.file_name()));
    }
    found.sort_unstable();
    Ok(found)
}
