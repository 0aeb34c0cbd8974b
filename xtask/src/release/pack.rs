//! Puts a kit together beside its place, checks it as its receiver will, packs it, and moves it in.

use std::fmt;
use std::fs::File;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::base::act::Act;
use crate::base::ctx::Ctx;
use crate::base::digests::FileDigest;
use crate::base::fault::{Context, Fault, Result};
use crate::base::text::{count, size};
use crate::base::{files, hash, interrupt};
use crate::stage::listing::{self, Checked};

/// A folder that is put together from files and texts, checked, and packed.
#[derive(Clone, Debug)]
pub(crate) struct KitPlan {
    /// Where it goes, relative to the repository; the archive lies beside it.
    pub(crate) folder: Utf8PathBuf,
    /// Files that are copied under their own names.
    pub(crate) files: Vec<FileDigest>,
    /// Files that are written: name and contents.
    pub(crate) texts: Vec<(String, String)>,
    /// The name of the list among the texts.
    pub(crate) list: String,
}

impl fmt::Display for KitPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = size(self.files.iter().map(|file| file.size).sum());
        writeln!(f, "copy    {} ({bytes}) into {}", count(self.files.len(), "file"), self.folder)?;
        let names: Vec<&str> = self.texts.iter().map(|(name, _)| name.as_str()).collect();
        writeln!(f, "write   {} there", names.join(", "))?;
        write!(f, "pack    {}.zip", self.folder)
    }
}

impl Act for KitPlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        let new = begin(&ctx.layout.absolute(&self.folder))?;
        let progress = ctx.ui.bytes("kit", self.files.iter().map(|file| file.size).sum());
        for file in &self.files {
            interrupt::check()?;
            files::copy(&ctx.layout.absolute(&file.path), &new.join(file.name()))?;
            progress.add(file.size);
        }
        for (name, contents) in &self.texts {
            files::write_atomically(&new.join(name), contents.as_bytes())?;
        }
        drop(progress);
        put_in_place(ctx, &new, &self.folder, &self.list)
    }
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

/// Checks the finished folder, packs it, puts both in their places, and tells where they are and the number to compare.
pub(crate) fn put_in_place(ctx: &Ctx, new: &Utf8Path, folder: &Utf8Path, list: &str) -> Result<()> {
    let target = ctx.layout.absolute(folder);
    let checked = listing::verify(new, Some(list))?;
    if !checked.wrong.is_empty() {
        return Err(Fault::new(format!("{target} was not put together right"))
            .because_all(checked.wrong)
            .hint("run the same command again"));
    }
    let archive = Utf8PathBuf::from(format!("{target}.zip"));
    let partial = Utf8PathBuf::from(format!("{new}.zip"));
    pack(ctx, new, target.file_name().unwrap_or_default(), &partial)?;
    files::remove(&target)?;
    files::rename(new, &target)?;
    files::rename(&partial, &archive)?;
    tell(ctx, folder, &checked);
    Ok(())
}

fn tell(ctx: &Ctx, folder: &Utf8Path, kit: &Checked) {
    let (name, all) = (folder.file_name().unwrap_or_default(), count(kit.files, "file"));
    ctx.ui.say(format_args!("{folder}: {all} ({}), beside it {name}.zip", size(kit.bytes)));
    ctx.ui.say(format_args!("SHA-256 of the list, to be told by another way: {}", kit.digest));
    if ctx.json {
        ctx.ui.data(json!({
            "path": folder, "archive": format!("{folder}.zip"), "files": kit.files, "bytes": kit.bytes,
            "list": kit.list, "sha256": kit.digest,
        }));
    }
}

/// Packs a folder without folders in it. Packages are compressed already, so they are stored. The same files give the
/// same bytes: names are in order, and no time is told.
fn pack(ctx: &Ctx, folder: &Utf8Path, name: &str, archive: &Utf8Path) -> Result<()> {
    let cannot = || format!("cannot write {archive}");
    let mut zip = ZipWriter::new(File::create(archive).fault(cannot)?);
    let listed = listing::files(folder)?;
    let progress = ctx.ui.bytes("zip", listed.iter().map(|(_, size)| size).sum());
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
