//! A program or library of macOS: its parts for each processor, and whether what each of them is signed with fits.
//!
//! The form is Apple's, from `mach-o/loader.h` and `cs_blobs.h`: a signature is a list of blobs at the end of a part. One
//! of them, the code directory, has the SHA-256 of each page of the code, of the other blobs, and of the two files of a
//! bundle that speak of it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::base::hash::Digest;

/// What was found, or why a file is not as it was signed.
pub(crate) type Checked<T> = Result<T, String>;

const FAT: [u8; 4] = *b"\xca\xfe\xba\xbe";
const THIN: [u8; 4] = *b"\xcf\xfa\xed\xfe";
const FILE_IS_PROGRAM: u32 = 2;
const LOAD_SIGNATURE: u32 = 0x1d;
const LOAD_SEGMENT: u32 = 0x19;

const LIST: u32 = 0xfade_0cc0;
const DIRECTORY: u32 = 0xfade_0c02;
const CERTIFICATES: u32 = 0x1_0000;
/// The kinds of blobs, and how each begins.
const BLOBS: [(u32, u32); 9] = [
    (0, DIRECTORY),
    (2, 0xfade_0c01),
    (5, 0xfade_7171),
    (7, 0xfade_7172),
    (8, 0xfade_8181),
    (9, 0xfade_8181),
    (10, 0xfade_8181),
    (11, 0xfade_8181),
    (CERTIFICATES, 0xfade_0b01),
];

/// The places of a code directory for files of the bundle.
pub(crate) const INFO: u32 = 1;
pub(crate) const RESOURCES: u32 = 3;

const AD_HOC: u32 = 0x2;
const HARDENED: u32 = 0x1_0000;

/// What a part is signed with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) identifier: String,
    /// What others know it by: the beginning of the digest of its code directory.
    pub(crate) hash: [u8; 20],
    pub(crate) has_certificate: bool,
    pub(crate) is_hardened: bool,
}

/// Whether a file is one, by its first bytes. Java's classes begin like a file for several processors, with a version
/// where the number of parts stands.
pub(crate) fn is_macho(bytes: &[u8]) -> bool {
    bytes.starts_with(&THIN) || bytes.starts_with(&FAT) && be32(bytes, 4).is_ok_and(|parts| parts < 32)
}

/// Whether it is started, rather than loaded.
pub(crate) fn is_program(bytes: &[u8]) -> bool {
    is_macho(bytes) && parts(bytes).is_ok_and(|parts| parts.iter().all(|part| kind(part) == Ok(FILE_IS_PROGRAM)))
}

/// Compares each part with its signature. `outside` are the files of the bundle that it has to speak of.
///
/// # Errors
/// The first thing that does not fit.
pub(crate) fn check(bytes: &[u8], outside: &[(u32, &[u8])]) -> Checked<Vec<Signed>> {
    parts(bytes)?.into_iter().map(|part| check_part(part, outside)).collect()
}

/// The parts for each processor. What lies between them is nobody's, and empty.
fn parts(bytes: &[u8]) -> Checked<Vec<&[u8]>> {
    if bytes.starts_with(&THIN) {
        return Ok(vec![bytes]);
    }
    if !bytes.starts_with(&FAT) {
        return Err("it is no program of macOS for 64 bits".to_owned());
    }
    let (mut found, mut end) = (Vec::new(), 8);
    let count = be32(bytes, 4)?;
    end += 20 * size(count)?;
    for at in (8..end).step_by(20) {
        let [from, length] = [size(be32(bytes, at + 8)?)?, size(be32(bytes, at + 12)?)?];
        is_empty(bytes, end..from)?;
        let part = slice(bytes, from, length)?;
        let processor = be32(bytes, at)?.to_le_bytes();
        let subtype = be32(bytes, at + 4)?.to_le_bytes();
        let align = be32(bytes, at + 16)?;
        if part.get(4..8) != Some(&processor)
            || part.get(8..12) != Some(&subtype)
            || align > 15
            || from % (1 << align) != 0
        {
            return Err("what it says of its parts is not what they say".to_owned());
        }
        end = from + length;
        found.push(part);
    }
    is_empty(bytes, end..bytes.len())?;
    Ok(found)
}

fn kind(part: &[u8]) -> Checked<u32> {
    le32(part, 12)
}

/// Where the signature lies, and the segment of the code.
fn loads(part: &[u8]) -> Checked<(Range<usize>, [u64; 2])> {
    if !part.starts_with(&THIN) {
        return Err("it is no program of macOS for 64 bits".to_owned());
    }
    let (mut at, mut signature, mut text) = (32, None, [0, 0]);
    for _ in 0..le32(part, 16)? {
        let [command, length] = [le32(part, at)?, le32(part, at + 4)?];
        match command {
            LOAD_SIGNATURE => {
                let from = size(le32(part, at + 8)?)?;
                signature = Some(from..from.saturating_add(size(le32(part, at + 12)?)?));
            }
            LOAD_SEGMENT if slice(part, at + 8, 16)?.starts_with(b"__TEXT\0") => {
                text = [le64(part, at + 40)?, le64(part, at + 48)?];
            }
            _ => {}
        }
        at += size(length)?.max(8);
    }
    match signature {
        Some(range) if range.end == part.len() => Ok((range, text)),
        Some(_) => Err("its signature is not at its end".to_owned()),
        None => Err("it is not signed".to_owned()),
    }
}

fn check_part(part: &[u8], outside: &[(u32, &[u8])]) -> Checked<Signed> {
    let (place, text) = loads(part)?;
    let code = &part[..place.start];
    let blobs = blobs(slice(part, place.start, place.len())?)?;
    let Some(bytes) = blobs.get(&0) else { return Err("its signature has no code directory".to_owned()) };
    let directory = Directory::read(bytes)?;
    directory.check_pages(code)?;
    directory.check_slots(&blobs, outside)?;
    let [from, length, what] = directory.segment;
    // Whether it is a program is one bit; others are for debuggers.
    if [from, length] != text || what != u64::from(kind(part)? == FILE_IS_PROGRAM) {
        return Err("what its signature says of its code is not so".to_owned());
    }
    let digest = Digest::of(bytes);
    // A certificate signs the digest of the code directory; an empty one stands for none.
    let certificates = blobs.get(&CERTIFICATES).filter(|blob| blob.len() > 8);
    if certificates.is_some() == (directory.flags & AD_HOC != 0) {
        return Err("its signature has a certificate and says that it has none, or the other way".to_owned());
    }
    if certificates.is_some_and(|blob| memchr::memmem::find(blob, digest.as_bytes()).is_none()) {
        return Err("its certificate signs something else".to_owned());
    }
    let mut hash = [0; 20];
    hash.copy_from_slice(&digest.as_bytes()[..20]);
    Ok(Signed {
        identifier: directory.identifier,
        hash,
        has_certificate: certificates.is_some(),
        is_hardened: directory.flags & HARDENED != 0,
    })
}

/// The blobs of a signature by their kind. What they leave free is empty.
fn blobs(signature: &[u8]) -> Checked<BTreeMap<u32, &[u8]>> {
    let [magic, length, count] = [be32(signature, 0)?, be32(signature, 4)?, be32(signature, 8)?];
    let (mut end, mut found) = (12 + 8 * size(count.min(64))?, BTreeMap::new());
    if magic != LIST || count > 64 {
        return Err("its signature is damaged".to_owned());
    }
    for at in (12..end).step_by(8) {
        let (kind, from) = (be32(signature, at)?, size(be32(signature, at + 4)?)?);
        is_empty(signature, end..from)?;
        let blob = slice(signature, from, size(be32(signature, from + 4)?)?)?;
        if !BLOBS.contains(&(kind, be32(blob, 0)?)) {
            return Err(format!("its signature has a part of the kind {kind:#x}, which is not known here"));
        }
        end = from + blob.len();
        if found.insert(kind, blob).is_some() {
            return Err("its signature has a part twice".to_owned());
        }
    }
    if size(length)? != end {
        return Err("its signature is damaged".to_owned());
    }
    is_empty(signature, end..signature.len())?;
    Ok(found)
}

/// The code directory.
struct Directory<'a> {
    bytes: &'a [u8],
    flags: u32,
    identifier: String,
    /// Where the digests of the pages begin; those of the slots lie before it.
    hashes: usize,
    slots: u32,
    pages: u32,
    limit: usize,
    page_size: usize,
    /// Where the segment of the code begins, its length, and what it is.
    segment: [u64; 3],
}

impl<'a> Directory<'a> {
    /// Fields that have one right value are compared with it: nothing else would tell that they were changed.
    fn read(bytes: &'a [u8]) -> Checked<Self> {
        let word = |at: usize| be32(bytes, at);
        let (version, flags) = (word(8)?, word(12)?);
        let header: usize = match version {
            0x2_0400 => 88,
            0x2_0500 => 96,
            _ => return Err(format!("its code directory has the version {version:#x}, which is not known here")),
        };
        let [hash_size, hash_kind, platform, page_size] = word(36)?.to_be_bytes();
        if [hash_size, hash_kind] != [32, 2] {
            return Err("it is signed with other digests than SHA-256".to_owned());
        }
        let empty = [word(40)?, word(44)?, word(52)?, word(56)?, word(60)?];
        let runtime = if header > 88 { [word(88)?, word(92)?] } else { [0, 0] };
        let is_hardened = flags & HARDENED != 0;
        let ([hashes, name], slots) = ([size(word(16)?)?, size(word(20)?)?], word(24)?);
        let (identifier, mut end) = text(bytes, name)?;
        // The team has its place behind the name.
        match size(word(48)?)? {
            0 => {}
            team if team == end => end = text(bytes, team)?.1,
            _ => return Err("its code directory is damaged".to_owned()),
        }
        let first = hashes.checked_sub(32 * size(slots.min(16))?);
        let fits = name == header && first == Some(end) && slots <= 16 && page_size == 12 && platform == 0;
        let known = flags & !(AD_HOC | HARDENED) == 0 && runtime[1] == 0;
        if !fits || !known || empty != [0; 5] || is_hardened != (runtime[0] != 0) {
            return Err("its code directory is damaged, or says what is not known here".to_owned());
        }
        Ok(Self {
            bytes,
            flags,
            identifier,
            hashes,
            slots,
            pages: word(28)?,
            limit: size(word(32)?)?,
            page_size: 1 << page_size,
            segment: [be64(bytes, 64)?, be64(bytes, 72)?, be64(bytes, 80)?],
        })
    }

    fn check_pages(&self, code: &[u8]) -> Checked<()> {
        let end = self.hashes + 32 * size(self.pages)?;
        if self.limit != code.len()
            || end != self.bytes.len()
            || code.len().div_ceil(self.page_size) != size(self.pages)?
        {
            return Err("its signature is for code of another length".to_owned());
        }
        let signed = self.bytes[self.hashes..].chunks_exact(32);
        let changed =
            code.chunks(self.page_size).zip(signed).position(|(page, hash)| Digest::of(page).as_bytes() != hash);
        changed.map_or(Ok(()), |page| {
            Err(format!(
                "its code was changed, between the bytes {} and {}",
                page * self.page_size,
                (page + 1) * self.page_size
            ))
        })
    }

    /// The digests of the other blobs, and of the files outside. Each of them has one.
    fn check_slots(&self, blobs: &BTreeMap<u32, &[u8]>, outside: &[(u32, &[u8])]) -> Checked<()> {
        let inside =
            blobs.iter().map(|(slot, bytes)| (*slot, *bytes)).filter(|(slot, _)| *slot != 0 && *slot != CERTIFICATES);
        let mut signed: BTreeMap<u32, &[u8]> = inside.chain(outside.iter().copied()).collect();
        for slot in 1..=self.slots {
            let hash = slice(self.bytes, self.hashes - 32 * size(slot)?, 32)?;
            match signed.remove(&slot) {
                Some(bytes) if Digest::of(bytes).as_bytes() == hash => {}
                None if hash == [0; 32] => {}
                _ => return Err(changed(slot)),
            }
        }
        signed.keys().next().map_or(Ok(()), |slot| Err(changed(*slot)))
    }
}

fn changed(slot: u32) -> String {
    match slot {
        INFO => "the Info.plist that it was signed with was changed".to_owned(),
        RESOURCES => "the list of files that it was signed with was changed".to_owned(),
        5 | 7 => "its entitlements were changed".to_owned(),
        _ => "a part of its signature was changed".to_owned(),
    }
}

/// A text that ends with a zero, and where it ends.
fn text(bytes: &[u8], from: usize) -> Checked<(String, usize)> {
    let rest = bytes.get(from..).unwrap_or_default();
    let end = memchr::memchr(0, rest).ok_or("its code directory is damaged")?;
    Ok((String::from_utf8_lossy(&rest[..end]).into_owned(), from + end + 1))
}

fn is_empty(bytes: &[u8], range: Range<usize>) -> Checked<()> {
    match bytes.get(range) {
        Some(gap) if gap.iter().all(|byte| *byte == 0) => Ok(()),
        _ => Err("there is something between its parts".to_owned()),
    }
}

fn slice(bytes: &[u8], from: usize, length: usize) -> Checked<&[u8]> {
    let end = from.checked_add(length);
    end.and_then(|end| bytes.get(from..end)).ok_or_else(|| "it ends too early".to_owned())
}

fn size(number: u32) -> Checked<usize> {
    usize::try_from(number).map_err(|_| "it is too large".to_owned())
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Checked<[u8; N]> {
    slice(bytes, at, N)?.try_into().map_err(|_| "it ends too early".to_owned())
}

fn be32(bytes: &[u8], at: usize) -> Checked<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

fn le32(bytes: &[u8], at: usize) -> Checked<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn be64(bytes: &[u8], at: usize) -> Checked<u64> {
    array(bytes, at).map(u64::from_be_bytes)
}

fn le64(bytes: &[u8], at: usize) -> Checked<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}
