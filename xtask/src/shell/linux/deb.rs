//! Writes a deb: an `ar` archive of a version, an archive with the fields and scripts, and one with the files. With the same
//! tree and date it has the same bytes.

use std::io::{Read, Seek, Write};

use camino::Utf8Path;
use flate2::{Compression, GzBuilder};
use md5::Md5;
use tar::{EntryType, Header};

use crate::base::fault::{Context, Result};
use crate::base::{files, interrupt};
use crate::shell::linux::plan::{self, About};
use crate::shell::linux::tree::{Entry, Summed, Tree};

/// Writes the package, whole or not at all.
pub(crate) fn write(to: &Utf8Path, about: &About, tree: &Tree, tell: &dyn Fn(u64)) -> Result<()> {
    let folder = to.parent().unwrap_or(to);
    files::make_folder(folder)?;
    let cannot = || format!("cannot write {to}");
    // What is in the first archive is known when the second one is written.
    let mut data = tempfile::tempfile_in(folder).fault(cannot)?;
    let sums = write_data(&mut data, about, tree, tell)?;
    let kilobytes = tree.values().map(kilobytes).sum();
    let control = control(about, kilobytes, sums).fault(cannot)?;
    let size = data.stream_position().fault(cannot)?;
    data.rewind().fault(cannot)?;
    files::write_whole(to, |mut out| {
        out.write_all(b"!<arch>\n")?;
        member(&mut out, "debian-binary", about.date, 4, &b"2.0\n"[..])?;
        member(&mut out, "control.tar.gz", about.date, control.len() as u64, &control[..])?;
        member(&mut out, "data.tar.gz", about.date, size, &data)
    })
}

/// One file of the outer archive; each begins at an even place.
fn member(out: &mut impl Write, name: &str, date: u64, size: u64, mut content: impl Read) -> std::io::Result<()> {
    writeln!(out, "{name:<16}{date:<12}{:<6}{:<6}{:<8}{size:<10}`", 0, 0, 100_644)?;
    std::io::copy(&mut content, out)?;
    if size % 2 == 1 { out.write_all(b"\n") } else { Ok(()) }
}

/// What an entry takes on the disk, as dpkg counts.
fn kilobytes(entry: &Entry) -> u64 {
    match entry {
        Entry::File(content, _) => content.size().div_ceil(1024),
        Entry::Folder | Entry::Link(_) => 1,
    }
}

/// The archive with the files; returns their MD5 sums, as `dpkg --verify` reads them.
fn write_data(out: &mut impl Write, about: &About, tree: &Tree, tell: &dyn Fn(u64)) -> Result<String> {
    let mut archive = archive(out);
    let mut sums = Vec::new();
    for (path, entry) in tree {
        interrupt::check()?;
        let outcome = match entry {
            Entry::Folder => folder(&mut archive, &format!("{path}/"), about.date),
            Entry::Link(target) => link(&mut archive, path, target, about.date),
            Entry::File(content, mode) => content.open().and_then(|reader| {
                let mut reader = Summed::<_, Md5>::new(reader);
                archive.append_data(&mut header(*mode, content.size(), about.date), path, &mut reader)?;
                sums.push(format!("{}  {path}\n", reader.digest()));
                tell(content.size());
                Ok(())
            }),
        };
        outcome.fault(|| format!("cannot pack {path}"))?;
    }
    finish(archive).fault(|| "cannot write the archive".to_owned())?;
    Ok(sums.concat())
}

/// The archive with the fields, the scripts and the sums.
fn control(about: &About, kilobytes: u64, sums: String) -> std::io::Result<Vec<u8>> {
    let mut written = Vec::new();
    let mut archive = archive(&mut written);
    let [installed, removed] = plan::scripts(about);
    let files = [
        ("control", plan::control(about, kilobytes), 0o644),
        ("md5sums", sums, 0o644),
        ("postinst", installed, 0o755),
        ("postrm", removed, 0o755),
    ];
    for (name, text, mode) in files {
        archive.append_data(&mut header(mode, text.len() as u64, about.date), name, text.as_bytes())?;
    }
    finish(archive)?;
    Ok(written)
}

type Archive<W> = tar::Builder<flate2::write::GzEncoder<W>>;

fn archive<W: Write>(out: W) -> Archive<W> {
    tar::Builder::new(GzBuilder::new().mtime(0).write(out, Compression::best()))
}

fn finish<W: Write>(archive: Archive<W>) -> std::io::Result<()> {
    archive.into_inner()?.finish().map(drop)
}

fn folder<W: Write>(archive: &mut Archive<W>, path: &str, date: u64) -> std::io::Result<()> {
    let mut header = header(0o755, 0, date);
    header.set_entry_type(EntryType::Directory);
    archive.append_data(&mut header, path, std::io::empty())
}

fn link<W: Write>(archive: &mut Archive<W>, path: &str, target: &str, date: u64) -> std::io::Result<()> {
    let mut header = header(0o777, 0, date);
    header.set_entry_type(EntryType::Symlink);
    archive.append_link(&mut header, path, target)
}

/// Of a file that belongs to root.
fn header(mode: u32, size: u64, date: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(date);
    header.set_uid(0);
    header.set_gid(0);
    let _ = header.set_username("root").and_then(|()| header.set_groupname("root"));
    header
}
