//! Writes an rpm of version 4: a lead, a header with digests, a header with all that is known, and a packed cpio archive of
//! the files. With the same tree and date it has the same bytes. Systems since RHEL 8 and openSUSE Leap 15 read it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, Read, Seek, Write};

use camino::Utf8Path;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use sha2::Sha256;

use crate::base::fault::{Context, Result};
use crate::base::host::Arch;
use crate::base::{files, hash, interrupt};
use crate::shell::linux::plan::{self, About, Need};
use crate::shell::linux::rpm_header::{Header, Value, encoded, tag};
use crate::shell::linux::tree::{Entry, Summed, Tree};

/// Nobody builds the same version twice with other contents.
const RELEASE: &str = "1";

/// The number of SHA-256 among rpm's algorithms.
const SHA256: u32 = 8;

/// Something that is installed, as the header tells it.
struct Row {
    path: String,
    /// With the bits that tell a folder from a file.
    mode: u32,
    size: u32,
    digest: String,
    target: String,
}

/// Writes the package, whole or not at all.
pub(crate) fn write(to: &Utf8Path, about: &About, tree: &Tree, tell: &dyn Fn(u64)) -> Result<()> {
    let folder = to.parent().unwrap_or(to);
    files::make_folder(folder)?;
    let cannot = || format!("cannot write {to}");
    // Digests of all files stand before the files.
    let mut payload = tempfile::tempfile_in(folder).fault(cannot)?;
    let (rows, unpacked) = write_payload(&mut payload, about, tree, tell)?;
    let packed = u32::try_from(payload.stream_position().fault(cannot)?).fault(cannot)?;
    payload.rewind().fault(cannot)?;
    let digest = hash::stream(&payload).fault(cannot)?.to_string();
    payload.rewind().fault(cannot)?;
    let header = encoded(tag::IMMUTABLE, &header(about, &rows, digest)).fault(cannot)?;
    let signature = BTreeMap::from([
        (tag::SHA256_OF_HEADER, Value::Text(hash::bytes(&header))),
        (tag::SIGNED_SIZE, Value::Numbers(vec![packed + u32::try_from(header.len()).fault(cannot)?])),
        (tag::UNPACKED_SIZE, Value::Numbers(vec![unpacked])),
    ]);
    let mut signature = encoded(tag::SIGNATURES, &signature).fault(cannot)?;
    signature.resize(signature.len().next_multiple_of(8), 0);
    files::write_whole(to, |out| {
        out.write_all(&lead(about))?;
        out.write_all(&signature)?;
        out.write_all(&header)?;
        std::io::copy(&mut payload, out).map(drop)
    })
}

/// 96 bytes that nothing but old readers look at.
fn lead(about: &About) -> Vec<u8> {
    let arch = if about.arch == Arch::X64 { 1 } else { 19 };
    let mut lead = vec![0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0, 0, arch];
    let name = format!("{}-{}-{RELEASE}", about.name, about.version);
    lead.extend(name.bytes().take(65));
    lead.resize(76, 0);
    lead.extend([0, 1, 0, 5]);
    lead.resize(96, 0);
    lead
}

/// Folders that other packages have, too, belong to nobody.
fn is_own(path: &str, entry: &Entry, home: &str) -> bool {
    !matches!(entry, Entry::Folder) || Utf8Path::new(path).starts_with(home)
}

/// The packed archive; returns what is in it, and how large it is unpacked.
fn write_payload(out: &mut impl Write, about: &About, tree: &Tree, tell: &dyn Fn(u64)) -> Result<(Vec<Row>, u32)> {
    let home = about.home();
    let mut archive = Cpio { out: GzBuilder::new().mtime(0).write(out, Compression::best()), written: 0, entries: 0 };
    let mut rows = Vec::new();
    for (path, entry) in tree.iter().filter(|(path, entry)| is_own(path, entry, &home)) {
        interrupt::check()?;
        rows.push(row(&mut archive, path, entry, about).fault(|| format!("cannot pack {path}"))?);
        tell(entry.size());
    }
    let unpacked = archive.finish().fault(|| "cannot write the archive".to_owned())?;
    Ok((rows, unpacked))
}

/// Writes one entry into the archive.
fn row<W: Write>(archive: &mut Cpio<W>, path: &str, entry: &Entry, about: &About) -> std::io::Result<Row> {
    const FOLDER: u32 = 0o040_755;
    const LINK: u32 = 0o120_777;
    const FILE: u32 = 0o100_000;
    let too_large = |_| Error::other("an rpm has no file of 4 GB");
    let size = u32::try_from(entry.size()).map_err(too_large)?;
    let date = u32::try_from(about.date).map_err(|_| Error::other("an rpm has no date after 2106"))?;
    let mut row = Row { path: path.to_owned(), mode: FOLDER, size, digest: String::new(), target: String::new() };
    match entry {
        Entry::Folder => archive.add(path, FOLDER, date, 0, std::io::empty())?,
        Entry::Link(target) => {
            row.size = u32::try_from(target.len()).map_err(too_large)?;
            (row.mode, row.target) = (LINK, target.clone());
            archive.add(path, LINK, date, row.size, target.as_bytes())?;
        }
        Entry::File(content, mode) => {
            row.mode = FILE | mode;
            let mut reader = Summed::<_, Sha256>::new(content.open()?);
            archive.add(path, row.mode, date, size, &mut reader)?;
            row.digest = reader.digest();
        }
    }
    Ok(row)
}

/// An archive in cpio's "new" format: numbers as eight hex digits, everything at a multiple of four.
struct Cpio<W: Write> {
    out: GzEncoder<W>,
    written: u64,
    entries: u32,
}

impl<W: Write> Cpio<W> {
    fn add(&mut self, path: &str, mode: u32, date: u32, size: u32, content: impl Read) -> std::io::Result<()> {
        self.entries += 1;
        self.begin(&format!("./{path}"), [self.entries, mode, 1, date, size])?;
        let copied = std::io::copy(&mut content.take(u64::from(size)), &mut self.out)?;
        if copied != u64::from(size) {
            return Err(Error::other("it became shorter while it was packed"));
        }
        self.written += copied;
        self.pad()
    }

    /// The head of an entry; after its number, mode, count of links, date and size come a device and a sum that nobody reads.
    fn begin(&mut self, name: &str, [number, mode, links, date, size]: [u32; 5]) -> std::io::Result<()> {
        let length = u32::try_from(name.len() + 1).map_err(|_| Error::other("its path is too long"))?;
        write!(self.out, "070701")?;
        for field in [number, mode, 0, 0, links, date, size, 0, 0, 0, 0, length, 0] {
            write!(self.out, "{field:08x}")?;
        }
        write!(self.out, "{name}\0")?;
        self.written += 110 + u64::from(length);
        self.pad()
    }

    fn pad(&mut self) -> std::io::Result<()> {
        while !self.written.is_multiple_of(4) {
            self.out.write_all(&[0])?;
            self.written += 1;
        }
        Ok(())
    }

    fn finish(mut self) -> std::io::Result<u32> {
        self.begin("TRAILER!!!", [0, 0, 1, 0, 0])?;
        self.out.finish()?;
        u32::try_from(self.written).map_err(|_| Error::other("an rpm has no archive of 4 GB"))
    }
}

/// All that is known of the package.
fn header(about: &About, rows: &[Row], payload: String) -> Header {
    let About { name, version, maintainer, summary, license, .. } = about;
    let arch = if about.arch == Arch::X64 { "x86_64" } else { "aarch64" };
    let [installed, removed] = plan::scripts(about);
    let text = |text: &str| Value::Text(text.to_owned());
    let date = u32::try_from(about.date).unwrap_or(u32::MAX);
    let mut header = Header::from([
        (tag::LANGUAGES, Value::Texts(vec!["C".to_owned()])),
        (tag::NAME, text(name)),
        (tag::VERSION, text(version)),
        (tag::RELEASE, text(RELEASE)),
        (tag::SUMMARY, Value::Translated(summary.clone())),
        (tag::DESCRIPTION, Value::Translated(about.wrapped().join("\n"))),
        (tag::BUILD_TIME, Value::Numbers(vec![date])),
        (tag::BUILD_HOST, text("localhost")),
        (tag::SIZE, Value::Numbers(vec![rows.iter().fold(0, |sum: u32, row| sum.saturating_add(row.size))])),
        (tag::LICENSE, text(license)),
        (tag::PACKAGER, text(maintainer)),
        (tag::GROUP, Value::Translated("Applications/Productivity".to_owned())),
        (tag::OS, text("linux")),
        (tag::ARCH, text(arch)),
        (tag::AFTER_INSTALL, text(&installed)),
        (tag::AFTER_INSTALL_WITH, text("/bin/sh")),
        (tag::AFTER_REMOVAL, text(&removed)),
        (tag::AFTER_REMOVAL_WITH, text("/bin/sh")),
        (tag::SOURCE, text(&format!("{name}-{version}-{RELEASE}.src.rpm"))),
        (tag::CHANGE_TIMES, Value::Numbers(vec![date])),
        (tag::CHANGE_NAMES, Value::Texts(vec![format!("{maintainer} - {version}-{RELEASE}")])),
        (tag::CHANGES, Value::Texts(vec![format!("- Version {version}.")])),
        (tag::PAYLOAD_FORMAT, text("cpio")),
        (tag::PAYLOAD_COMPRESSOR, text("gzip")),
        (tag::PAYLOAD_FLAGS, text("9")),
        (tag::PAYLOAD_DIGEST, Value::Texts(vec![payload])),
        (tag::PAYLOAD_DIGEST_KIND, Value::Numbers(vec![SHA256])),
        (tag::ENCODING, text("utf-8")),
    ]);
    header.extend(about.homepage.as_deref().map(|address| (tag::URL, text(address))));
    header.extend(of_needs(about));
    header.extend(of_files(rows, date));
    header
}

/// What the package needs of others, and what it is to them.
fn of_needs(about: &About) -> Header {
    const EQUAL: u32 = 8;
    let cpu = if about.arch == Arch::X64 { "x86-64" } else { "aarch-64" };
    let needs = plan::rpm_needs();
    let list = |field: fn(&Need) -> String| Value::Texts(needs.iter().map(field).collect());
    Header::from([
        (tag::PROVIDES, Value::Texts(vec![about.name.clone(), format!("{}({cpu})", about.name)])),
        (tag::PROVIDES_FLAGS, Value::Numbers(vec![EQUAL; 2])),
        (tag::PROVIDES_VERSIONS, Value::Texts(vec![format!("{}-{RELEASE}", about.version); 2])),
        (tag::NEEDS, list(|need| need.name.clone())),
        (tag::NEEDS_FLAGS, Value::Numbers(needs.iter().map(|need| need.flags).collect())),
        (tag::NEEDS_VERSIONS, list(|need| need.version.to_owned())),
    ])
}

/// The table of files, one list for each column.
fn of_files(rows: &[Row], date: u32) -> Header {
    let split = |row: &Row| {
        let (folder, name) = row.path.rsplit_once('/').unwrap_or(("", &row.path));
        (if folder.is_empty() { "/".to_owned() } else { format!("/{folder}/") }, name.to_owned())
    };
    let folders: BTreeSet<String> = rows.iter().map(|row| split(row).0).collect();
    let folders: Vec<String> = folders.into_iter().collect();
    let place = |row: &Row| folders.binary_search(&split(row).0).ok().and_then(|at| u32::try_from(at).ok());
    let numbers = |field: &dyn Fn(&Row) -> u32| Value::Numbers(rows.iter().map(field).collect());
    let texts = |field: &dyn Fn(&Row) -> String| Value::Texts(rows.iter().map(field).collect());
    let short = |field: &dyn Fn(&Row) -> u32| {
        Value::Short(rows.iter().map(|row| u16::try_from(field(row)).unwrap_or_default()).collect())
    };
    Header::from([
        (tag::FILE_SIZES, numbers(&|row| row.size)),
        (tag::FILE_MODES, short(&|row| row.mode)),
        (tag::FILE_RDEVS, short(&|_| 0)),
        (tag::FILE_TIMES, numbers(&|_| date)),
        (tag::FILE_DIGESTS, texts(&|row| row.digest.clone())),
        (tag::FILE_LINKS, texts(&|row| row.target.clone())),
        (tag::FILE_FLAGS, numbers(&|_| 0)),
        (tag::FILE_USERS, texts(&|_| "root".to_owned())),
        (tag::FILE_GROUPS, texts(&|_| "root".to_owned())),
        (tag::FILE_VERIFY, numbers(&|_| u32::MAX)),
        (tag::FILE_DEVICES, numbers(&|_| 1)),
        (tag::FILE_INODES, Value::Numbers((1..).take(rows.len()).collect())),
        (tag::FILE_LANGUAGES, texts(&|_| String::new())),
        (tag::FILE_DIGEST_KIND, Value::Numbers(vec![SHA256])),
        (tag::FILE_FOLDERS, numbers(&|row| place(row).unwrap_or_default())),
        (tag::FILE_NAMES, texts(&|row| split(row).1)),
        (tag::FOLDERS, Value::Texts(folders.clone())),
    ])
}
