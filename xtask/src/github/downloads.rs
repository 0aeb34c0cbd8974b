//! The folders of downloaded runs: where they are, what they hold, and how a run's folder is put together beside its
//! place, checked, and swapped in whole.

use std::collections::{HashMap, HashSet};
use std::fs::File;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::base::checksums::{self, is_of_a_listed_kind};
use crate::base::ctx::Ctx;
use crate::base::digests::FileDigest;
use crate::base::fault::{Context, Fault, Result};
use crate::base::layout::relative;
use crate::base::lock::hold_file;
use crate::base::stat::{HashedFile, Stat};
use crate::base::{files, hash};
use crate::github::plan::artifacts::Artifact;

/// The file in a run's folder that says what was downloaded. It is written last, so its presence means that the
/// folder is whole.
const RECORD_FILE: &str = ".download.json";

/// Raised when the record changes its form.
pub(crate) const SCHEMA: u32 = 2;

/// What a run's folder holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// [`SCHEMA`] when it was written.
    pub(crate) schema: u32,
    pub(crate) run: u64,
    pub(crate) artifacts: Vec<Downloaded>,
}

impl Record {
    /// Whether this artifact of the server is the one that is here.
    pub(crate) fn has(&self, artifact: &Artifact) -> bool {
        self.artifacts.iter().any(|own| {
            own.id == artifact.id
                && own.name == artifact.name
                && artifact.sha256().is_none_or(|sha256| sha256 == own.sha256)
        })
    }
}

/// An artifact that was downloaded and unpacked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Downloaded {
    pub(crate) name: String,
    pub(crate) id: u64,
    /// The folder of its platform.
    pub(crate) platform: String,
    /// Digest of the archive, lower-case hex.
    pub(crate) sha256: String,
    /// Its files, relative to the folder of its platform.
    pub(crate) files: Vec<HashedFile>,
}

/// Where the runs of one workflow are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folders(Utf8PathBuf);

impl Folders {
    /// Below the given folder.
    pub(crate) fn new(folder: impl Into<Utf8PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder of all runs.
    pub(crate) fn base(&self) -> &Utf8Path {
        &self.0
    }

    /// The folder of one run.
    pub(crate) fn run(&self, run: u64) -> Utf8PathBuf {
        self.0.join(run.to_string())
    }

    /// Bodies that are still being fetched, and those that wait to be unpacked.
    pub(crate) fn bodies(&self) -> Utf8PathBuf {
        self.0.join(".partial")
    }

    /// Where a run is put together; whatever lies here when nothing runs is rubbish.
    pub(crate) fn assembly(&self) -> Utf8PathBuf {
        self.0.join(".new")
    }

    /// Where a run's former folder waits while the new one takes its place in two steps.
    fn aside(&self) -> Utf8PathBuf {
        self.0.join(".old")
    }

    /// Held by the one download that writes here.
    fn lock(&self) -> Utf8PathBuf {
        self.0.join(".lock")
    }
}

/// The names in a folder; none where there is no folder.
fn names(folder: &Utf8Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(std::result::Result::ok);
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The runs that are here whole, by number.
pub(crate) fn runs(ctx: &Ctx, folders: &Folders) -> Vec<u64> {
    let names = names(&ctx.layout.absolute(folders.base()));
    let mut runs: Vec<u64> = names.iter().filter_map(|name| name.parse().ok()).collect();
    runs.retain(|run| why_not_whole(ctx, folders, *run).is_none());
    runs.sort_unstable();
    runs
}

/// Why a run's folder is not what a download leaves; nothing when it is.
pub(crate) fn why_not_whole(ctx: &Ctx, folders: &Folders, run: u64) -> Option<&'static str> {
    let folder = ctx.layout.absolute(folders.run(run));
    if folder.join(RECORD_FILE).is_file() {
        return None;
    }
    Some(match (folder.is_dir(), names(&folder).is_empty()) {
        (false, _) => "it is not there",
        (true, true) => "it is empty",
        (true, false) => "no download has left it like this",
    })
}

/// What the record in a folder says, if it has the form of today.
fn read_record(folder: &Utf8Path) -> Option<Record> {
    let bytes = std::fs::read(folder.join(RECORD_FILE)).ok()?;
    serde_json::from_slice::<Record>(&bytes).ok().filter(|record| record.schema == SCHEMA)
}

/// What was downloaded of a run, without the artifacts that are not as they were.
pub(crate) fn record(ctx: &Ctx, folders: &Folders, run: u64) -> Result<Option<Record>> {
    let folder = ctx.layout.absolute(folders.run(run));
    let Some(mut record) = read_record(&folder).filter(|record| record.run == run) else { return Ok(None) };
    let mut right = Vec::new();
    for artifact in record.artifacts {
        let mut as_it_was = true;
        for file in &artifact.files {
            as_it_was = as_it_was && is_as_it_was(&folder.join(&artifact.platform), file)?;
        }
        if as_it_was {
            right.push(artifact);
        }
    }
    record.artifacts = right;
    Ok(Some(record))
}

/// Whether a file has its recorded stat, or at least its recorded bytes.
fn is_as_it_was(folder: &Utf8Path, file: &HashedFile) -> Result<bool> {
    let path = folder.join(&file.path);
    let Ok(metadata) = std::fs::symlink_metadata(&path) else { return Ok(false) };
    let stat = Stat::of(&metadata);
    if !metadata.is_file() || stat.size != file.stat.size || stat.executable != file.stat.executable {
        return Ok(false);
    }
    Ok(stat == file.stat || hash::file(&path)? == file.sha256)
}

/// Waits until no other download writes here, and tidies up what a killed one left.
pub(crate) fn enter(ctx: &Ctx, folders: &Folders) -> Result<File> {
    for folder in [folders.base(), &folders.bodies()] {
        files::make_folder(&ctx.layout.absolute(folder))?;
    }
    let lock = hold_file(ctx, &ctx.layout.absolute(folders.lock()), "download of these packages")?;
    let aside = ctx.layout.absolute(folders.aside());
    for run in names(&aside) {
        let target = ctx.layout.absolute(folders.base()).join(&run);
        if !target.exists() {
            files::rename(&aside.join(&run), &target)?;
        }
    }
    files::remove(&aside)?;
    files::remove(&ctx.layout.absolute(folders.assembly()))?;
    Ok(lock)
}

/// Checks one platform's files against their manifest: all that it lists, and nothing like it besides.
pub(crate) fn verify(folder: &Utf8Path, manifest: &str, unpacked: &[FileDigest]) -> Result<()> {
    let path = folder.join(manifest);
    let wrong = |sentences: Vec<String>| {
        Err(Fault::new(format!("the packages are not those that {manifest} lists"))
            .because_all(sentences)
            .hint("nothing was replaced; package anew, or take another run"))
    };
    let Ok(bytes) = std::fs::read(&path) else {
        return wrong(vec![format!("there is no {manifest} in the artifacts of this platform")]);
    };
    let entries = match checksums::parse(&bytes) {
        Ok(entries) => entries,
        Err(sentences) => return wrong(sentences),
    };
    let here: HashMap<&str, &str> = unpacked.iter().map(|file| (file.path.as_str(), file.sha256.as_str())).collect();
    let mut sentences: Vec<String> = entries
        .iter()
        .filter_map(|entry| match here.get(entry.name.as_str()) {
            None => Some(format!("{} is listed and not there", entry.name)),
            Some(sha256) if *sha256 != entry.sha256 => {
                Some(format!("{} has another SHA-256 than is listed", entry.name))
            }
            Some(_) => None,
        })
        .collect();
    let listed = |name: &str| entries.iter().any(|entry| entry.name == name);
    let mut unlisted: Vec<&str> = here
        .keys()
        .copied()
        .filter(|name| *name != manifest && !listed(name) && is_of_a_listed_kind(name, &entries))
        .collect();
    unlisted.sort_unstable();
    sentences.extend(unlisted.into_iter().map(|name| format!("{name} is there and not listed")));
    if sentences.is_empty() { Ok(()) } else { wrong(sentences) }
}

/// Makes programs executable again: archives of artifacts don't keep that.
pub(crate) fn make_executable(path: &Utf8Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        let cannot = || format!("cannot make {path} executable");
        // For those who may read it, which the umask decides.
        let mode = std::fs::metadata(path).fault(cannot)?.permissions().mode();
        let mode = mode | (mode & 0o444) >> 2;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).fault(cannot)?;
    }
    let _ = path;
    Ok(())
}

/// Takes over what a person has put into a run's folder: what no download has left there.
fn carry_over(ctx: &Ctx, target: &Utf8Path, new: &Utf8Path) -> Result<()> {
    let ours: HashSet<String> = read_record(target).into_iter().flat_map(|record| record.artifacts).fold(
        HashSet::from([RECORD_FILE.to_owned()]),
        |mut ours, artifact| {
            ours.extend(artifact.files.iter().map(|file| format!("{}/{}", artifact.platform, file.path)));
            ours
        },
    );
    for entry in walkdir::WalkDir::new(target).into_iter().flatten().filter(|entry| !entry.file_type().is_dir()) {
        let path = relative(entry.path(), target)?;
        if ours.contains(path.as_str()) {
            continue;
        }
        let (from, to) = (target.join(&path), new.join(&path));
        files::make_folder(to.parent().unwrap_or(&to))?;
        if std::fs::symlink_metadata(&to).is_ok() {
            ctx.ui.notice(format_args!(
                "{from} was not of a download; the run has a file of that name, which took its place"
            ));
        } else if std::fs::hard_link(&from, &to).is_err() {
            files::copy(&from, &to)?;
        }
    }
    Ok(())
}

/// Swaps a run's folder in.
pub(crate) fn swap_in(ctx: &Ctx, folders: &Folders, run: u64, record: &Record) -> Result<()> {
    let new = ctx.layout.absolute(folders.assembly()).join(run.to_string());
    let target = ctx.layout.absolute(folders.run(run));
    carry_over(ctx, &target, &new)?;
    let text = serde_json::to_vec(record).fault(|| format!("cannot write the record of {target}"))?;
    files::write_atomically(&new.join(RECORD_FILE), &text)?;
    if !target.exists() {
        files::rename(&new, &target)?;
    } else if !files::exchange(&new, &target) {
        let aside = ctx.layout.absolute(folders.aside());
        files::make_folder(&aside)?;
        files::rename(&target, &aside.join(run.to_string()))?;
        files::rename(&new, &target)?;
        files::remove(&aside)?;
    }
    files::remove(&ctx.layout.absolute(folders.assembly()))
}
