//! What has become of the staged tree since it was staged.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use camino::Utf8Path;
use rayon::prelude::*;

use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::hash;
use crate::base::stat::{Known, Stat};
use crate::base::walk::{self, Found};
use crate::stage::record::Record;

/// How many differences are named.
const SHOWN: usize = 5;

/// Differences between the staged tree and its record.
pub(crate) struct Drift {
    /// A handful of sentences.
    pub(crate) told: Vec<String>,
    /// Files that were touched, but have their old content.
    pub(crate) touched: Vec<(String, Stat)>,
}

impl Drift {
    fn only(told: String) -> Self {
        Self { told: vec![told], touched: Vec::new() }
    }
}

/// Compares every file's stat, and its content where that differs.
pub(crate) fn drift(ctx: &Ctx, record: Option<&Record>) -> Result<Drift> {
    let Some(record) = record else { return Ok(Drift::only("nothing was staged before".to_owned())) };
    let target = ctx.layout.absolute(ctx.layout.staged_backend());
    if !target.is_dir() {
        return Ok(Drift::only(format!("{} is gone", ctx.layout.staged_backend())));
    }
    let (known, there) = (Known::new(&record.tree), AtomicUsize::new(0));
    // Only what differs is kept: a large tree's list would take as much memory as its record.
    let differing = walk::some_of(&target, |file| {
        there.fetch_add(1, Ordering::Relaxed);
        file.is_link || known.unchanged(&file.path, &file.stat).is_none()
    })?;
    let judge = |file| judge(&target, &known, file);
    let judged: Vec<(&Found, bool)> = differing.par_iter().map(judge).collect::<Result<_>>()?;
    let (same, changed): (Vec<_>, Vec<_>) = judged.into_iter().partition(|(_, is_same)| *is_same);
    let how = |path: &str| if known.get(path).is_some() { "changed" } else { "added" };
    let told = changed.iter().take(SHOWN).map(|(file, _)| format!("{} was {} by hand", file.path, how(&file.path)));
    Ok(Drift {
        told: told.chain(removed(record, &target, there.into_inner())).collect(),
        touched: same.into_iter().map(|(file, _)| (file.path.clone(), file.stat)).collect(),
    })
}

/// The files of the record that are not there any more, where there are fewer than it has.
fn removed(record: &Record, target: &Utf8Path, there: usize) -> Vec<String> {
    if there >= record.tree.len() {
        return Vec::new();
    }
    let gone = record.tree.iter().filter(|file| !target.join(&file.path).exists());
    gone.take(SHOWN).map(|file| format!("{} was removed by hand", file.path)).collect()
}

/// Whether a file whose stat differs has its old content all the same.
fn judge<'a>(target: &Utf8Path, known: &Known<'_>, file: &'a Found) -> Result<(&'a Found, bool)> {
    let before = known.get(&file.path).filter(|before| {
        !file.is_link && before.stat.size == file.stat.size && before.stat.executable == file.stat.executable
    });
    let is_same = before.map(|before| Ok(hash::file(&target.join(&file.path))? == before.sha256)).transpose()?;
    Ok((file, is_same.unwrap_or(false)))
}

/// What [`verify`] found.
pub(crate) struct Findings {
    /// Files in the list.
    pub(crate) files: usize,
    /// The digest of the tree as it was staged.
    pub(crate) digest: String,
    /// Missing, changed and added files, a sentence each.
    pub(crate) wrong: Vec<String>,
}

/// Hashes the whole staged tree again and compares it with the list that staging stored.
///
/// # Errors
/// Nothing is staged, or a file can't be read.
pub(crate) fn verify(ctx: &Ctx) -> Result<Findings> {
    let target = ctx.layout.staged_backend();
    let record = Record::read(&ctx.layout.absolute(ctx.layout.stage_record()))
        .filter(|_| ctx.layout.absolute(&target).is_dir())
        .ok_or_else(|| {
            Fault::new(format!("there is no staged backend in {target}")).hint("run `cargo xtask packaged-stage` first")
        })?;
    let folder = ctx.layout.absolute(&target);
    let known = Known::new(&record.tree);
    let found = walk::tree(&folder)?;
    let there: BTreeSet<&str> = found.iter().map(|file| file.path.as_str()).collect();
    let mut wrong: Vec<String> = record
        .tree
        .iter()
        .filter(|file| !there.contains(file.path.as_str()))
        .map(|file| format!("{} is missing", file.path))
        .collect();
    let judged: Vec<Option<String>> = found
        .par_iter()
        .map(|file| {
            Ok(match known.get(&file.path) {
                None => Some(format!("{} does not belong there", file.path)),
                Some(_) if file.is_link => Some(format!("{} was replaced by a link", file.path)),
                Some(known) if known.stat.executable != file.stat.executable => {
                    Some(format!("{} has another mode", file.path))
                }
                Some(known) => (hash::file(&folder.join(&file.path))? != known.sha256)
                    .then(|| format!("{} was changed", file.path)),
            })
        })
        .collect::<Result<_>>()?;
    wrong.extend(judged.into_iter().flatten());
    Ok(Findings { files: record.tree.len(), digest: record.digest, wrong })
}
