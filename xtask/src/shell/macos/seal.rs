//! A macOS app and the seal on it: each file is listed with its digest in the `CodeResources` of its bundle, which the
//! bundle's program is signed with. Frameworks and helpers are bundles of their own, with a seal each.

use std::collections::BTreeMap;
use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use plist::{Dictionary, Value};
use rayon::prelude::*;

use crate::base::fault::{Context, Fault, Result};
use crate::base::hash::Digest;
use crate::base::layout::relative;
use crate::base::text::count;
use crate::shell::macos::macho::{self, Checked, Signed};

pub(crate) const LIST: &str = "_CodeSignature/CodeResources";

/// What was seen of an app.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) files: usize,
    /// Programs and libraries.
    pub(crate) programs: usize,
    pub(crate) identifier: String,
    pub(crate) has_certificate: bool,
    pub(crate) is_hardened: bool,
    /// What is not as it was signed, with its path.
    pub(crate) wrong: Vec<String>,
}

/// What is sealed, and how.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match (self.has_certificate, self.is_hardened) {
            (true, true) => "with a certificate, hardened",
            (true, false) => "with a certificate",
            (false, _) => "ad hoc, without a certificate",
        };
        let files = count(self.files, "file");
        write!(f, "{}: {files}, {} of them programs and libraries; signed {how}", self.identifier, self.programs)
    }
}

/// Compares everything in an app with what it was signed with.
///
/// # Errors
/// It can't be read. What does not fit is no error here: all of it is told.
pub(crate) fn check(app: &Utf8Path) -> Result<Seen> {
    let mut seen = Seen::default();
    let name = app.file_name().unwrap_or(app.as_str());
    for entry in app.read_dir_utf8().fault(|| format!("cannot read {app}"))? {
        let entry = entry.fault(|| format!("cannot read {app}"))?;
        if entry.file_name() != "Contents" {
            seen.wrong.push(format!("{name}/{}: nothing may lie beside Contents", entry.file_name()));
        }
    }
    let bundle = Bundle {
        folder: app.join("Contents"),
        name: format!("{name}/Contents"),
        info: "Info.plist",
        programs: "MacOS/",
    };
    if let Some(main) = bundle.check(&mut seen)?.first() {
        seen.identifier.clone_from(&main.identifier);
        seen.has_certificate = main.has_certificate;
        seen.is_hardened = main.is_hardened;
    }
    Ok(seen)
}

/// What is sealed in one piece.
struct Bundle {
    /// The folder that has the list.
    folder: Utf8PathBuf,
    /// The same for people.
    name: String,
    info: &'static str,
    /// Where its program lies.
    programs: &'static str,
}

/// What lies in a bundle.
enum Entry {
    File,
    Link(String),
    Nested,
}

impl Bundle {
    /// The parts of its program; none where that can't be told.
    fn check(&self, seen: &mut Seen) -> Result<Vec<Signed>> {
        let [Some(info), Some(list)] = [self.info, LIST].map(|path| std::fs::read(self.folder.join(path)).ok()) else {
            seen.wrong.push(format!("{}: it is not signed; {} or {LIST} is missing", self.name, self.info));
            return Ok(Vec::new());
        };
        let [Some(facts), Some(sealed)] = [&info, &list].map(|bytes| dictionary(bytes)) else {
            seen.wrong.push(format!("{}: {} or {LIST} can't be understood", self.name, self.info));
            return Ok(Vec::new());
        };
        let text = |key: &str| facts.get(key).and_then(Value::as_string).unwrap_or_default();
        let program = format!("{}{}", self.programs, text("CFBundleExecutable"));
        let bytes = std::fs::read(self.folder.join(&program)).unwrap_or_default();
        seen.files += 3;
        seen.programs += 1;
        let parts = macho::check(&bytes, &[(macho::INFO, &info), (macho::RESOURCES, &list)]);
        let parts = parts.and_then(|parts| named(parts, text("CFBundleIdentifier")));
        self.check_files(&sealed, &program, seen)?;
        Ok(parts.unwrap_or_else(|wrong| {
            seen.wrong.push(format!("{}/{program}: {wrong}", self.name));
            Vec::new()
        }))
    }

    fn check_files(&self, sealed: &Dictionary, program: &str, seen: &mut Seen) -> Result<()> {
        let none = Dictionary::new();
        let sealed = sealed.get("files2").and_then(Value::as_dictionary).unwrap_or(&none);
        let mut entries = self.entries(sealed)?;
        entries.retain(|path, _| ![self.info, LIST, program].contains(&path.as_str()));
        seen.files += entries.len();
        let missing = sealed.iter().filter(|(path, seal)| {
            let is_optional = seal.as_dictionary().is_some_and(|seal| seal.get("optional").is_some());
            !is_optional && *path != program && *path != self.info && !entries.contains_key(*path)
        });
        seen.wrong.extend(missing.map(|(path, _)| format!("{}/{path}: it is missing", self.name)));
        let found: Vec<(&String, Checked<bool>)> = entries
            .par_iter()
            .filter(|(_, entry)| !matches!(entry, Entry::Nested))
            .map(|(path, entry)| (path, self.check_file(path, entry, sealed.get(path))))
            .collect();
        for (path, result) in found {
            match result {
                Ok(is_program) => seen.programs += usize::from(is_program),
                Err(wrong) => seen.wrong.push(format!("{}/{path}: {wrong}", self.name)),
            }
        }
        for (path, _) in entries.iter().filter(|(_, entry)| matches!(entry, Entry::Nested)) {
            self.check_nested(path, sealed.get(path), seen)?;
        }
        Ok(())
    }

    /// What lies in the folder. A bundle in it that has a seal of its own is one entry.
    fn entries(&self, sealed: &Dictionary) -> Result<BTreeMap<String, Entry>> {
        let mut entries = BTreeMap::new();
        let mut walk = walkdir::WalkDir::new(&self.folder).min_depth(1).into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry.fault(|| format!("cannot read {}", self.folder))?;
            let path = relative(entry.path(), &self.folder)?;
            let kind = entry.file_type();
            if kind.is_symlink() {
                let target =
                    std::fs::read_link(entry.path()).fault(|| format!("cannot read {}", entry.path().display()))?;
                entries.insert(path, Entry::Link(target.to_string_lossy().into_owned()));
            } else if kind.is_dir() && is_code(sealed.get(&path)) {
                walk.skip_current_dir();
                entries.insert(path, Entry::Nested);
            } else if kind.is_file() {
                entries.insert(path, Entry::File);
            }
        }
        Ok(entries)
    }

    /// Whether it is a program, when it is as it was sealed.
    fn check_file(&self, path: &str, entry: &Entry, seal: Option<&Value>) -> Checked<bool> {
        if let Entry::Link(target) = entry {
            let sealed =
                seal.and_then(Value::as_dictionary).and_then(|seal| seal.get("symlink")).and_then(Value::as_string);
            return if sealed == Some(target) { Ok(false) } else { Err("it is no link that was signed".to_owned()) };
        }
        let bytes = std::fs::read(self.folder.join(path)).map_err(|error| error.to_string())?;
        // Apple's rules leave it out, and nothing reads it.
        if path == "PkgInfo" && seal.is_none() && bytes == b"APPL????" {
            return Ok(false);
        }
        let is_program = macho::is_macho(&bytes);
        let parts = if is_program { macho::check(&bytes, &[])? } else { Vec::new() };
        match seal.and_then(Value::as_dictionary).and_then(|seal| seal.get("hash2")).and_then(Value::as_data) {
            Some(digest) if digest == Digest::of(&bytes).as_bytes() => Ok(is_program),
            Some(_) => Err("it was changed".to_owned()),
            None if is_code(seal) => is_sealed(&parts, seal).map(|()| is_program),
            None => Err("it was added".to_owned()),
        }
    }

    fn check_nested(&self, path: &str, seal: Option<&Value>, seen: &mut Seen) -> Result<()> {
        let (folder, name) = (self.folder.join(path), format!("{}/{path}", self.name));
        let bundle = if folder.join("Contents").is_dir() {
            Self { folder: folder.join("Contents"), name: name + "/Contents", info: "Info.plist", programs: "MacOS/" }
        } else {
            seen.wrong.extend(stray(&folder)?.iter().map(|path| format!("{name}/{path}: it is not signed")));
            let version = version(&folder)?;
            let name = format!("{name}/Versions/{}", version.file_name().unwrap_or_default());
            Self { folder: version, name, info: "Resources/Info.plist", programs: "" }
        };
        let parts = bundle.check(seen)?;
        // What is wrong in it was told.
        if !parts.is_empty() && is_sealed(&parts, seal).is_err() {
            seen.wrong.push(format!("{}: it was signed anew", bundle.name));
        }
        Ok(())
    }
}

/// The folder of a framework's one version.
fn version(framework: &Utf8Path) -> Result<Utf8PathBuf> {
    let current = framework.join("Versions/Current");
    let target = current.read_link_utf8().fault(|| format!("cannot read {current}"))?;
    Ok(framework.join("Versions").join(target))
}

/// What lies in a framework outside of its one version, and is no link to it: no list has it.
fn stray(framework: &Utf8Path) -> Result<Vec<String>> {
    let one = version(framework)?;
    let one = one.file_name().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for folder in ["", "Versions/"] {
        let below = framework.join(folder);
        for entry in below.read_dir_utf8().fault(|| format!("cannot read {below}"))? {
            let entry = entry.fault(|| format!("cannot read {below}"))?;
            let name = entry.file_name();
            let fits = match entry.path().read_link_utf8() {
                Ok(target) if folder.is_empty() => target == Utf8Path::new("Versions/Current").join(name),
                Ok(_) => name == "Current",
                Err(_) => entry.path().is_dir() && name == if folder.is_empty() { "Versions" } else { &one },
            };
            if !fits {
                found.push(format!("{folder}{name}"));
            }
        }
    }
    Ok(found)
}

fn named(parts: Vec<Signed>, identifier: &str) -> Checked<Vec<Signed>> {
    match parts.iter().find(|part| part.identifier != identifier) {
        Some(part) => Err(format!("it is signed as {}, and the bundle is {identifier}", part.identifier)),
        None => Ok(parts),
    }
}

/// Whether it is sealed by what it is signed with itself.
fn is_code(seal: Option<&Value>) -> bool {
    seal.and_then(Value::as_dictionary).is_some_and(|seal| seal.contains_key("cdhash"))
}

/// Each part is one that the seal names: the first one, and for several processors all in the requirement.
fn is_sealed(parts: &[Signed], seal: Option<&Value>) -> Checked<()> {
    let seal = seal.and_then(Value::as_dictionary);
    let hash = seal.and_then(|seal| seal.get("cdhash")).and_then(Value::as_data).unwrap_or_default();
    let requirement = seal.and_then(|seal| seal.get("requirement")).and_then(Value::as_string).unwrap_or_default();
    let others_fit = |part: &Signed| part.has_certificate || requirement.contains(&hex::encode(part.hash));
    let has_one = parts.iter().any(|part| part.hash == hash);
    if has_one && (parts.len() == 1 || parts.iter().all(others_fit)) {
        return Ok(());
    }
    Err("it was signed anew".to_owned())
}

fn dictionary(bytes: &[u8]) -> Option<Dictionary> {
    Value::from_reader(std::io::Cursor::new(bytes)).ok()?.into_dictionary()
}

/// What was seen as a failure, when something does not fit.
///
/// # Errors
/// All that does not.
pub(crate) fn whole(app: &Utf8Path, seen: Seen) -> Result<Seen> {
    if seen.wrong.is_empty() {
        return Ok(seen);
    }
    let fault = Fault::new(format!("{app} is not as it was signed")).because_all(&seen.wrong);
    Err(fault.hint("sign it anew, or fetch it again"))
}
