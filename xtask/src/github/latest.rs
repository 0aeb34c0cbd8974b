//! What `latest` means: what a `…-download-latest` brought last, in all and for each branch.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::files;
use crate::github::downloads::{Folders, runs, why_not_whole};

/// What a download was asked for.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// This very run.
    Run,
    /// The newest one, of a branch where no commit was named.
    Latest { branch: Option<String> },
}

/// The relative link to the run, where the system has links.
fn link(folders: &Folders) -> Utf8PathBuf {
    folders.base().join("latest")
}

/// The file with the id of the run.
fn file(folders: &Folders) -> Utf8PathBuf {
    folders.base().join("latest-run.txt")
}

/// The file with the run of each branch.
fn branches(folders: &Folders) -> Utf8PathBuf {
    folders.base().join(".latest.json")
}

/// What was brought last, for a branch where one is named.
pub(crate) fn recorded(ctx: &Ctx, folders: &Folders, branch: Option<&str>) -> Option<u64> {
    let Some(branch) = branch else {
        return std::fs::read_to_string(ctx.layout.absolute(file(folders))).ok()?.trim().parse().ok();
    };
    of_branches(ctx, folders).get(branch).copied()
}

fn of_branches(ctx: &Ctx, folders: &Folders) -> BTreeMap<String, u64> {
    let bytes = std::fs::read(ctx.layout.absolute(branches(folders))).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// The run that was brought last and its folder. `command` is what the names of the commands begin with.
///
/// # Errors
/// There is none, or its folder is not as it was left.
pub(crate) fn find(ctx: &Ctx, folders: &Folders, branch: Option<&str>, command: &str) -> Result<(u64, Utf8PathBuf)> {
    let Some(run) = recorded(ctx, folders, branch) else {
        return Err(none(ctx, folders, branch, command));
    };
    let folder = folders.run(run);
    match why_not_whole(ctx, folders, run) {
        None => Ok((run, ctx.layout.absolute(folder))),
        Some(why) => Err(Fault::new(format!("{folder} is not the download of run {run} any more"))
            .because(why)
            .hint(format!("`cargo xtask {command}-download {run}` brings it again"))),
    }
}

fn none(ctx: &Ctx, folders: &Folders, branch: Option<&str>, command: &str) -> Fault {
    let of = branch.map_or_else(String::new, |branch| format!(" of {branch}"));
    let fault = Fault::new(format!("`{command}-download-latest` has brought no packages{of} into {}", folders.base()));
    let here: Vec<String> = runs(ctx, folders).iter().map(u64::to_string).collect();
    let fault = match &here[..] {
        [] => fault,
        here => fault.because(format!("what is there was asked for by its run or another branch: {}", here.join(", "))),
    };
    let branch = branch.map_or_else(String::new, |branch| format!(" {branch}"));
    fault.hint(format!("`cargo xtask {command}-download-latest{branch}` downloads those of the newest successful run"))
}

/// Notes what a download brought, if the newest was asked for, and points the link at it where the system has links.
pub(crate) fn remember(ctx: &Ctx, folders: &Folders, run: u64, asked: &Asked) -> Result<()> {
    let Asked::Latest { branch } = asked else { return Ok(()) };
    if let Some(branch) = branch {
        let mut all = of_branches(ctx, folders);
        all.insert(branch.clone(), run);
        let text = serde_json::to_vec(&all).fault(|| format!("cannot write {}", branches(folders)))?;
        files::write_atomically(&ctx.layout.absolute(branches(folders)), &text)?;
    }
    files::write_atomically(&ctx.layout.absolute(file(folders)), format!("{run}\n").as_bytes())?;
    let link = link(folders);
    let there = std::fs::symlink_metadata(ctx.layout.absolute(&link));
    if there.is_ok_and(|there| !there.is_symlink()) {
        ctx.ui.notice(format_args!(
            "{link} is of yours, so it can't become the link to run {run}; move it away, or use {}",
            folders.run(run)
        ));
    } else if let Err(error) = link_to(&run.to_string(), &ctx.layout.absolute(&link)) {
        ctx.ui.detail(format_args!("no link {link}: {error}"));
    }
    Ok(())
}

#[cfg(unix)]
fn link_to(name: &str, link: &Utf8Path) -> std::io::Result<()> {
    if std::fs::read_link(link).is_ok_and(|old| old.as_os_str() == name) {
        return Ok(());
    }
    let beside = link.with_file_name(".latest.new");
    let _ = std::fs::remove_file(&beside);
    std::os::unix::fs::symlink(name, &beside)?;
    std::fs::rename(&beside, link)
}

#[cfg(not(unix))]
fn link_to(_: &str, _: &Utf8Path) -> std::io::Result<()> {
    Err(std::io::Error::from(std::io::ErrorKind::Unsupported))
}
