//! Which runs were downloaded, and what of them is still as it was.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::ctx::Ctx;
use crate::base::fault::Result;
use crate::base::hash;

use crate::base::stat::{HashedFile, Stat};
use crate::github::folders::{Folders, RECORD_FILE, newest};
use crate::github::plan::held::{Record, SCHEMA};

/// The names in a folder; none where there is no folder.
pub(crate) fn names(folder: &Utf8Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(std::result::Result::ok);
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The runs whose folders are there.
pub(crate) fn runs(ctx: &Ctx, folders: &Folders) -> Vec<String> {
    let base = ctx.layout.absolute(folders.base());
    names(&base).into_iter().filter(|name| base.join(name).is_dir()).collect()
}

/// The folder of the newest downloaded run: the one that `latest-run.txt` names, else that with the highest number.
pub(crate) fn latest(ctx: &Ctx, folders: &Folders) -> Option<(u64, Utf8PathBuf)> {
    let file = ctx.layout.absolute(folders.latest_file());
    let told = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse::<u64>().ok());
    let told = told.filter(|run| ctx.layout.absolute(folders.run(*run)).is_dir());
    let run = told.or_else(|| newest(runs(ctx, folders).iter().map(String::as_str)))?;
    Some((run, ctx.layout.absolute(folders.run(run))))
}

/// What was downloaded of a run, without the artifacts that are not as they were.
pub(crate) fn held(ctx: &Ctx, folders: &Folders, run: u64) -> Result<Option<Record>> {
    let folder = ctx.layout.absolute(folders.run(run));
    let Ok(bytes) = std::fs::read(folder.join(RECORD_FILE)) else { return Ok(None) };
    let Ok(mut record) = serde_json::from_slice::<Record>(&bytes) else { return Ok(None) };
    if record.schema != SCHEMA || record.run != run {
        return Ok(None);
    }
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
