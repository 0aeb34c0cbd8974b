//! `checksums` and `checksums-verify`: lists of SHA-256 checksums, written and compared with the files beside them.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::base::act::{Step, Told, finish};
use crate::base::checksums::{self, Entry};
use crate::base::ctx::{Ctx, Run};
use crate::base::digests::{FileSize, Place, list, matched, names_in, place};
use crate::base::fault::{Fault, Result};
use crate::base::globs::{self, Pattern};
use crate::base::host::Os;
use crate::base::text::{count, size};
use crate::release::packages;

/// Write the SHA-256 checksums of files. The list is one that `sha256sum -c` and `checksums-verify` read.
///
/// A line has the digest and the file's name without its folder, so the list belongs beside the files. Lines are
/// sorted by name. The list itself is never listed.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  cargo xtask checksums --glob 'dist/*.dmg' --glob 'dist/*.zip' --output dist/sha256.txt"
)]
pub(crate) struct Write {
    /// Files to list: a path with `*`, `?`, `[…]`, `{a,b}` or `**`, relative to the repository root. Can be repeated.
    #[arg(long = "glob", value_name = "GLOB", required = true, num_args = 1..)]
    globs: Vec<String>,
    /// The list to write, relative to the repository root.
    #[arg(long, value_name = "FILE")]
    output: Utf8PathBuf,
}

impl Run for Write {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let output = ctx.layout.absolute(&self.output);
        if output.is_dir() || output.file_name().is_none() {
            return Err(Fault::usage(format!("--output {} is a folder", self.output)).hint("name the file in it"));
        }
        let files = packages::hashed(ctx, matched(ctx, &self.globs, &output)?)?;
        let entries: Vec<Entry> = files.iter().map(Entry::from).collect();
        let (path, total) = (self.output.clone(), files.iter().map(|file| file.size).sum());
        let said = format!("{path}: {} ({})", count(files.len(), "file"), size(total));
        let files = files.iter();
        let files = files.map(|file| json!({ "name": file.name(), "sha256": file.sha256, "bytes": file.size }));
        let data = Some(json!({ "path": path, "files": files.collect::<Vec<_>>() }));
        let act = Step::Write { path, contents: checksums::format(&entries) };
        finish(ctx, &Told { act, said, data })
    }
}

/// The lines of a list of some files, hashed with progress.
pub(crate) fn entries(ctx: &Ctx, files: &[FileSize]) -> Result<Vec<Entry>> {
    Ok(packages::hashed(ctx, files.to_vec())?.iter().map(Entry::from).collect())
}

/// Compare files with lists of SHA-256 checksums. Every missing, changed and unlisted file is named.
///
/// Lists of coreutils, the BSDs, `openssl dgst` and PowerShell's `Get-FileHash` are read. Files are looked for beside their list. A file that lies there, is of a kind that the list has (its extension
/// tells) and is in none of the lists given is unlisted.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask checksums-verify dist/macos-sha256.txt dist/linux-sha256.txt")]
pub(crate) struct Verify {
    /// The lists, relative to the repository root.
    #[arg(required = true, value_name = "FILE")]
    lists: Vec<Utf8PathBuf>,
    /// Names of files beside a list that must be in it, instead of those with the extension of a listed file.
    #[arg(long = "glob", value_name = "GLOB")]
    globs: Vec<String>,
}

/// A list and what is wrong with its files.
struct Checked {
    path: Utf8PathBuf,
    folder: Utf8PathBuf,
    entries: Vec<Entry>,
    wrong: Vec<Wrong>,
}

/// A file, or a line of the list, that is not as it should be.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
enum Wrong {
    Missing { name: String },
    Changed { name: String },
    NotAFile { name: String },
    Unlisted { name: String },
    Malformed { line: String },
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, what) = match self {
            Self::Missing { name } => (name, "is missing"),
            Self::Changed { name } => (name, "was changed"),
            Self::NotAFile { name } => (name, "is not a file"),
            Self::Unlisted { name } => (name, "is not listed"),
            Self::Malformed { line } => return f.write_str(line),
        };
        write!(f, "{} {what}", name.replace('\n', "\\n").replace('\r', "\\r"))
    }
}

impl Run for Verify {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let patterns = self.globs.iter().map(|glob| globs::names(glob)).collect::<Result<Vec<_>>>()?.concat();
        let mut lists: Vec<Checked> = self.lists.iter().map(|path| read(ctx, path)).collect::<Result<_>>()?;
        let bytes = compare(ctx, &mut lists)?;
        find_unlisted(ctx, &patterns, &mut lists)?;
        report(ctx, &lists, bytes)
    }
}

fn read(ctx: &Ctx, path: &Utf8Path) -> Result<Checked> {
    let absolute = ctx.layout.absolute(path);
    let (entries, wrong) = match checksums::parse(&list(&absolute)?) {
        Ok(entries) => (entries, Vec::new()),
        Err(lines) => (Vec::new(), lines.into_iter().map(|line| Wrong::Malformed { line }).collect()),
    };
    let folder = absolute.parent().unwrap_or(&absolute).to_owned();
    Ok(Checked { path: path.to_owned(), folder, entries, wrong })
}

/// Hashes the listed files of all lists at once; returns how many bytes that were.
fn compare(ctx: &Ctx, lists: &mut [Checked]) -> Result<u64> {
    let mut files = Vec::new();
    let mut origin = Vec::new();
    for (at, list) in lists.iter_mut().enumerate() {
        for entry in &list.entries {
            let path = list.folder.join(&entry.name);
            let name = entry.name.clone();
            match place(&path)? {
                Place::Empty => list.wrong.push(Wrong::Missing { name }),
                Place::Other => list.wrong.push(Wrong::NotAFile { name }),
                Place::File(bytes) => {
                    files.push(FileSize { path, size: bytes });
                    origin.push((at, entry.clone()));
                }
            }
        }
    }
    let bytes = files.iter().map(|file| file.size).sum();
    for ((at, entry), file) in origin.into_iter().zip(packages::hashed(ctx, files)?) {
        if file.sha256 != entry.sha256 {
            lists[at].wrong.push(Wrong::Changed { name: entry.name });
        }
    }
    Ok(bytes)
}

/// Adds files that lie beside a list and should be in it. What another given list of that folder has is listed.
fn find_unlisted(ctx: &Ctx, patterns: &[Pattern], lists: &mut [Checked]) -> Result<()> {
    let fold = |name: &str| if ctx.host.os == Os::Linux { name.to_owned() } else { name.to_lowercase() };
    let mut told: BTreeMap<Utf8PathBuf, BTreeSet<String>> = BTreeMap::new();
    for list in lists.iter() {
        let known = told.entry(list.folder.clone()).or_default();
        known.extend(list.entries.iter().map(|entry| fold(&entry.name)));
        known.extend(list.path.file_name().map(fold));
    }
    for list in lists.iter_mut().filter(|list| !list.entries.is_empty()) {
        let Some(known) = told.get_mut(&list.folder) else { continue };
        for name in names_in(&list.folder)? {
            let matches = if patterns.is_empty() {
                checksums::is_of_a_listed_kind(&name, &list.entries)
            } else {
                patterns.iter().any(|pattern| pattern.matches(&name))
            };
            if matches && known.insert(fold(&name)) {
                list.wrong.push(Wrong::Unlisted { name });
            }
        }
    }
    Ok(())
}

fn report(ctx: &Ctx, lists: &[Checked], bytes: u64) -> Result<()> {
    if ctx.json {
        let lists: Vec<_> = lists
            .iter()
            .map(|list| json!({ "path": list.path, "files": list.entries.len(), "wrong": list.wrong }))
            .collect();
        ctx.ui.data(json!({ "lists": lists }));
    }
    let files: usize = lists.iter().map(|list| list.entries.len()).sum();
    let bad: Vec<&Checked> = lists.iter().filter(|list| !list.wrong.is_empty()).collect();
    let names: Vec<&str> = bad.iter().map(|list| list.path.as_str()).collect();
    if bad.is_empty() {
        ctx.ui.say(format_args!("{} ({}) as listed", count(files, "file"), size(bytes)));
        return Ok(());
    }
    let several = lists.len() > 1;
    let mut fault = Fault::new(format!("the check of {} failed", names.join(" and ")));
    for list in bad {
        for wrong in &list.wrong {
            fault = fault.because(if several { format!("{}: {wrong}", list.path) } else { wrong.to_string() });
        }
    }
    Err(fault.hint("fetch or build the files again, or write the list anew with `cargo xtask checksums`"))
}
