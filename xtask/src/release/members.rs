//! What is in a package: the digest of each member by its name. Archives that need programs of other systems stay closed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Error, Read};

use camino::Utf8Path;
use flate2::read::GzDecoder;
use zip::ZipArchive;

use crate::base::ask::ask;
use crate::base::fault::{Context, Fault, Result};
use crate::base::{hash, tools, walk};

/// Each with its mode and digest, or where a link leads.
pub(crate) type Members = BTreeMap<String, String>;

/// The members of a package; nothing for a kind that isn't opened. `scratch` is a folder for what has to be unpacked.
pub(crate) fn of(path: &Utf8Path, scratch: &Utf8Path) -> Result<Option<Members>> {
    let read: fn(BufReader<File>, &mut Members) -> io::Result<()> =
        match path.extension().unwrap_or_default().to_ascii_lowercase().as_str() {
            "appimage" => return appimage(path, scratch).map(Some),
            "zip" => zip,
            "gz" => |file, members| tar("", GzDecoder::new(file), members),
            "deb" => deb,
            "rpm" => rpm,
            _ => return Ok(None),
        };
    let mut members = Members::new();
    let file = File::open(path).map(BufReader::new);
    file.and_then(|file| read(file, &mut members)).fault(|| format!("cannot open {path}"))?;
    Ok(Some(members))
}

/// Adds a member. One name may stand for several.
fn add(members: &mut Members, mut name: String, mode: u32, content: impl Read) -> io::Result<()> {
    let digest = hash::stream(content)?;
    while members.contains_key(&name) {
        name += " (again)";
    }
    members.insert(name, format!("{digest} (mode {:o})", mode & 0o7777));
    Ok(())
}

fn zip(file: BufReader<File>, members: &mut Members) -> io::Result<()> {
    let mut archive = ZipArchive::new(file)?;
    for at in 0..archive.len() {
        let entry = archive.by_index(at)?;
        let name = entry.name()?.into_owned();
        add(members, name, entry.unix_mode().unwrap_or_default(), entry)?;
    }
    Ok(())
}

fn tar(prefix: &str, archive: impl Read, members: &mut Members) -> io::Result<()> {
    for entry in tar::Archive::new(archive).entries()? {
        let entry = entry?;
        let name = format!("{prefix}{}", String::from_utf8_lossy(&entry.path_bytes()));
        match entry.link_name_bytes().map(|target| String::from_utf8_lossy(&target).into_owned()) {
            Some(target) => drop(members.insert(name, format!("a link to {target}"))),
            None => add(members, name, entry.header().mode()?, entry)?,
        }
    }
    Ok(())
}

/// A deb is an `ar` archive: members behind headers of 60 bytes, each at an even place.
fn deb(mut file: BufReader<File>, members: &mut Members) -> io::Result<()> {
    let mut start = [0; 8];
    file.read_exact(&mut start)?;
    if &start != b"!<arch>\n" {
        return Err(Error::other("it does not begin as a deb does"));
    }
    let mut header = [0; 60];
    while !file.fill_buf()?.is_empty() {
        file.read_exact(&mut header)?;
        let field = |from: usize, to: usize| String::from_utf8_lossy(&header[from..to]).trim().to_owned();
        let (name, size) = (field(0, 16).trim_end_matches('/').to_owned(), field(48, 58));
        let size: u64 = size.parse().map_err(|_| Error::other(format!("`{size}` is not a size")))?;
        let mut content = file.by_ref().take(size);
        if name.ends_with(".tar.gz") {
            tar(&format!("{name}/"), GzDecoder::new(&mut content), members)?;
        } else {
            add(members, name, 0o644, &mut content)?;
        }
        io::copy(&mut content, &mut io::sink())?;
        io::copy(&mut file.by_ref().take(size % 2), &mut io::sink())?;
    }
    Ok(())
}

/// An rpm is a lead, a header with signatures, one with everything that is known, and an archive of the files.
fn rpm(mut file: BufReader<File>, members: &mut Members) -> io::Result<()> {
    io::copy(&mut file.by_ref().take(96), &mut io::sink())?;
    let signatures = rpm_header(&mut file)?.len();
    io::copy(&mut file.by_ref().take(signatures.wrapping_neg() as u64 % 8), &mut io::sink())?;
    let header = rpm_header(&mut file)?;
    add(members, "header".to_owned(), 0o644, &header[..])?;
    if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        cpio(GzDecoder::new(file), members)
    } else {
        add(members, "payload".to_owned(), 0o644, file)
    }
}

/// The bytes of a header: a start that tells how many entries of 16 bytes there are, and how many bytes of values.
fn rpm_header(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut start = [0; 16];
    file.read_exact(&mut start)?;
    if !start.starts_with(b"\x8e\xad\xe8\x01") {
        return Err(Error::other("it does not begin as an rpm does"));
    }
    let number = |at: usize| start[at..at + 4].iter().fold(0, |sum: u64, byte| (sum << 8) | u64::from(*byte));
    let mut header = start.to_vec();
    file.take(number(8) * 16 + number(12)).read_to_end(&mut header)?;
    Ok(header)
}

/// The archive in an rpm, in cpio's "new" format: numbers as eight hex digits, everything at a multiple of four.
fn cpio(mut archive: impl Read, members: &mut Members) -> io::Result<()> {
    loop {
        let mut header = [0; 110];
        archive.read_exact(&mut header)?;
        let field = |at: usize| {
            let digits = std::str::from_utf8(&header[6 + at * 8..14 + at * 8]).unwrap_or_default();
            u32::from_str_radix(digits, 16).map_err(|_| Error::other(format!("`{digits}` is not a number")))
        };
        let (mode, size, name_size) = (field(1)?, u64::from(field(6)?), u64::from(field(11)?));
        let mut name = Vec::new();
        archive.by_ref().take(name_size + (110 + name_size).wrapping_neg() % 4).read_to_end(&mut name)?;
        let name = String::from_utf8_lossy(&name).trim_end_matches('\0').to_owned();
        if name == "TRAILER!!!" {
            return Ok(());
        }
        add(members, name, mode, archive.by_ref().take(size))?;
        io::copy(&mut archive.by_ref().take(size.wrapping_neg() % 4), &mut io::sink())?;
    }
}

/// What is in the file system behind an `AppImage`'s program, and that program.
fn appimage(path: &Utf8Path, scratch: &Utf8Path) -> Result<Members> {
    let cannot = || format!("cannot open {path}");
    if tools::find("unsquashfs").is_none() {
        return Err(Fault::new(cannot())
            .because("`unsquashfs` is not on PATH")
            .hint("`apt-get install squashfs-tools` or the like brings it"));
    }
    let offset = File::open(path).and_then(|mut file| end_of_program(&mut file)).fault(cannot)?;
    let folder = tempfile::tempdir_in(scratch).fault(cannot)?;
    let unpacked = Utf8Path::from_path(folder.path()).unwrap_or(scratch).join("content");
    let offset_text = offset.to_string();
    let args = ["-o", &offset_text, "-no-xattrs", "-quiet", "-no-progress", "-dest", unpacked.as_str(), path.as_str()];
    ask(scratch, "unsquashfs".into(), &args).map_err(|fault| fault.within(cannot()))?;
    let mut members = Members::new();
    let program = File::open(path).fault(cannot)?.take(offset);
    add(&mut members, "the program at its start".to_owned(), 0o755, program).fault(cannot)?;
    for file in walk::tree(&unpacked)? {
        let place = unpacked.join(&file.path);
        if file.is_link {
            let target = std::fs::read_link(&place).fault(cannot)?;
            members.insert(file.path, format!("a link to {}", target.display()));
        } else {
            let mode = if file.stat.executable { 0o755 } else { 0o644 };
            File::open(&place).and_then(|content| add(&mut members, file.path, mode, content)).fault(cannot)?;
        }
    }
    Ok(members)
}

/// Where a program of 64 bits ends: behind its table of sections.
fn end_of_program(file: &mut File) -> io::Result<u64> {
    let mut header = [0; 64];
    file.read_exact(&mut header)?;
    let number = |at: usize, bytes: usize| {
        header[at..at + bytes].iter().rev().fold(0, |sum: u64, byte| (sum << 8) | u64::from(*byte))
    };
    if !header.starts_with(b"\x7fELF\x02\x01") {
        return Err(Error::other("it is not a program for Linux of 64 bits"));
    }
    number(0x3a, 2)
        .checked_mul(number(0x3c, 2))
        .and_then(|table| table.checked_add(number(0x28, 8)))
        .ok_or_else(|| Error::other("its header can't be"))
}
