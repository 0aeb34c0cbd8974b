//! A kit for machines without a network: which files go into it, and the list that tells whether it is whole.
//!
//! The list has its own digest in its first line, which readers of such lists take for a comment. So a changed byte
//! is found and named wherever it is, also in the list.

use std::collections::BTreeSet;

use serde::Serialize;

use super::names::{self, Kind};
use super::{About, Platform, Row, Shipped, platforms};
use crate::hash;
use crate::plan::checksums::{self, Entry};

/// The end of the name of a kit's own list; lists of packages end with `-sha256.txt`, too.
pub(crate) const LIST_END: &str = "-kit-sha256.txt";

const HEAD: &str = "# SHA-256 of the lines below: ";

/// The texts of a kit are made of this.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Texts {
    #[serde(flatten)]
    about: About,
    list: String,
    files: Vec<Row>,
    sboms: Vec<String>,
    platforms: Vec<Platform>,
}

impl Texts {
    /// From the files of a release.
    pub(crate) fn new(about: About, list: &str, files: &[Shipped]) -> Self {
        let sboms = files.iter().filter(|file| names::kind(&file.name) == Kind::Sbom);
        Self {
            about,
            list: list.to_owned(),
            files: files.iter().map(Row::from).collect(),
            sboms: sboms.map(|file| file.name.clone()).collect(),
            platforms: platforms(files),
        }
    }
}

/// Whether a file belongs into a kit of a version.
pub(crate) fn belongs(name: &str) -> bool {
    !name.ends_with(LIST_END) && names::kind(name) != Kind::Other
}

/// The text of a kit's list.
pub(crate) fn list(entries: &[Entry]) -> String {
    let lines = checksums::format(entries);
    format!("{HEAD}{}\n{lines}", hash::bytes(lines.as_bytes()))
}

/// Reads a kit's list.
///
/// # Errors
/// It is none, or was changed; a sentence each.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Entry>, Vec<String>> {
    let changed = || vec!["it was changed: its first line is not the SHA-256 of the others".to_owned()];
    let text = std::str::from_utf8(bytes).map_err(|_| changed())?;
    let (told, lines) = text.strip_prefix(HEAD).and_then(|rest| rest.split_once('\n')).ok_or_else(changed)?;
    if told != hash::bytes(lines.as_bytes()) {
        return Err(changed());
    }
    checksums::parse(lines.as_bytes())
}

/// What is wrong with a kit: every missing, changed and added file. `found` has the files that are there.
pub(crate) fn findings(list_name: &str, entries: &[Entry], found: &[Entry], folders: &[String]) -> Vec<String> {
    let digest = |name: &str| found.iter().find(|entry| entry.name == name).map(|entry| entry.sha256.as_str());
    let mut wrong: Vec<String> = entries
        .iter()
        .filter_map(|entry| match digest(&entry.name) {
            None => Some(format!("{} is missing", entry.name)),
            Some(sha256) if sha256 != entry.sha256 => Some(format!("{} was changed", entry.name)),
            Some(_) => None,
        })
        .collect();
    let listed: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).chain([list_name]).collect();
    let strangers = found.iter().map(|entry| &entry.name).filter(|name| !listed.contains(name.as_str()));
    wrong.extend(strangers.map(|name| format!("{name} does not belong there")));
    wrong.extend(folders.iter().map(|name| format!("the folder {name} does not belong there")));
    wrong
}

/// Whether the lists of the packages fit the packages; every one that does not.
pub(crate) fn lists_that_lie(files: &[Shipped], lists: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (list, bytes) in lists {
        match checksums::parse(bytes) {
            Err(lines) => wrong.extend(lines.into_iter().map(|line| format!("{list}: {line}"))),
            Ok(entries) => wrong.extend(entries.iter().filter_map(|entry| {
                let file = files.iter().find(|file| file.name == entry.name);
                match file {
                    None => Some(format!("{list} lists {}, which is not there", entry.name)),
                    Some(file) if file.sha256 != entry.sha256 => Some(format!("{list} lists another {}", entry.name)),
                    Some(_) => None,
                }
            })),
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_of_a_list_can_change_unnoticed() {
        let entries = ["a.dmg", "b.exe"].map(|name| Entry { name: name.to_owned(), sha256: "0a".repeat(32) });
        let text = list(&entries);
        assert_eq!(read(text.as_bytes()), Ok(entries.to_vec()));
        for at in 0..text.len() {
            for flip in [1, 0x20, 0x80] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= flip;
                assert!(read(&bytes).is_err(), "byte {at}");
            }
        }
    }
}
