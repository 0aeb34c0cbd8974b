//! Puts a kit together beside its place, checks it as its receiver will, packs it, and moves it in.

use std::fs::File;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use zip::write::SimpleFileOptions;

use zip::{CompressionMethod, ZipWriter};

use crate::base::act::Act;
use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Fault, Result};
use crate::base::{files, hash, interrupt};
use crate::release::kit_plan::KitPlan;
use crate::stage::listing;

impl Act for KitPlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        apply(ctx, self)
    }
}

/// Does what the plan says.
fn apply(ctx: &Ctx, plan: &KitPlan) -> Result<()> {
    let target = ctx.layout.absolute(&plan.folder);
    let new = begin(&target)?;
    let progress = ctx.ui.progress("kit", plan.files.iter().map(|file| file.size).sum());
    for file in &plan.files {
        interrupt::check()?;
        files::copy(&ctx.layout.absolute(&file.from), &new.join(&file.name))?;
        progress.add(file.size);
    }
    for (name, contents) in &plan.texts {
        files::write_atomically(&new.join(name), contents.as_bytes())?;
    }
    drop(progress);
    finish(ctx, &new, &target, &plan.list)
}

/// An empty folder beside the place of a kit.
pub(crate) fn begin(target: &Utf8Path) -> Result<Utf8PathBuf> {
    let new = beside(target);
    files::remove(&new)?;
    files::make_folder(&new)?;
    Ok(new)
}

fn beside(target: &Utf8Path) -> Utf8PathBuf {
    target.with_file_name(format!(".{}.new", target.file_name().unwrap_or_default()))
}

/// Checks the finished folder, packs it, and puts both in their places.
pub(crate) fn finish(ctx: &Ctx, new: &Utf8Path, target: &Utf8Path, list: &str) -> Result<()> {
    let checked = listing::verify(new, Some(list))?;
    if !checked.wrong.is_empty() {
        let fault = Fault::new(format!("{target} was not put together right"));
        return Err(checked.wrong.iter().fold(fault, Fault::because).hint("run the same command again"));
    }
    let archive = Utf8PathBuf::from(format!("{target}.zip"));
    let partial = Utf8PathBuf::from(format!("{new}.zip"));
    pack(ctx, new, target.file_name().unwrap_or_default(), &partial)?;
    files::remove(target)?;
    files::rename(new, target)?;
    files::rename(&partial, &archive)
}

/// Packs a folder without folders in it. Packages are compressed already, so they are stored. The same files give the
/// same bytes: names are in order, and no time is told.
fn pack(ctx: &Ctx, folder: &Utf8Path, name: &str, archive: &Utf8Path) -> Result<()> {
    let cannot = || format!("cannot write {archive}");
    let mut zip = ZipWriter::new(File::create(archive).fault(cannot)?);
    let listed = listing::files(folder)?;
    let progress = ctx.ui.progress("zip", listed.iter().map(|(_, size)| size).sum());
    for (file, size) in &listed {
        let is_program = ["uv", "uv.exe"].contains(&file.as_str()) || file.to_ascii_lowercase().ends_with(".appimage");
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(*size > u64::from(u32::MAX))
            .unix_permissions(if is_program { 0o755 } else { 0o644 });
        zip.start_file(format!("{name}/{file}"), options).fault(cannot)?;
        hash::pieces(&folder.join(file), |piece| {
            interrupt::check()?;
            zip.write_all(piece).fault(cannot)?;
            progress.add(piece.len() as u64);
            Ok(())
        })?;
    }
    zip.finish().fault(cannot).map(drop)
}
