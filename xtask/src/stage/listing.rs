//! A folder that travels with a list of its files: the list, and whether the folder still is what the list says.
//!
//! The list has its own digest in its first line, which readers of such lists take for a comment. So a changed byte
//! is found and named wherever it is, also in the list.

use std::collections::BTreeSet;

use camino::Utf8Path;

use crate::base::checksums::{self, Entry};
use crate::base::fault::{Context, Fault, Result};
use crate::base::{digests, hash};

/// The end of the name of a kit's own list; lists of packages end with `-sha256.txt`, too.
pub(crate) const LIST_END: &str = "-kit-sha256.txt";

const HEAD: &str = "# SHA-256 of the lines below: ";

/// The text of a kit's list.
pub(crate) fn format(entries: &[Entry]) -> String {
    let lines = checksums::format(entries);
    format!("{HEAD}{}\n{lines}", hash::bytes(lines.as_bytes()))
}

/// Reads a kit's list.
///
/// # Errors
/// It is none, or was changed; a sentence each.
pub(crate) fn parse(bytes: &[u8]) -> std::result::Result<Vec<Entry>, Vec<String>> {
    let changed = || vec!["it was changed: its first line is not the SHA-256 of the others".to_owned()];
    let text = std::str::from_utf8(bytes).map_err(|_| changed())?;
    let (told, lines) = text.strip_prefix(HEAD).and_then(|rest| rest.split_once('\n')).ok_or_else(changed)?;
    if told != hash::bytes(lines.as_bytes()) {
        return Err(changed());
    }
    checksums::parse(lines.as_bytes())
}

/// What is wrong with a kit: every missing, changed and added file. `found` has the files that are there.
fn findings(list_name: &str, entries: &[Entry], found: &[Entry], folders: &[String]) -> Vec<String> {
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

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// The name of the list.
    pub(crate) list: String,
    /// The SHA-256 of the list: the one number to compare.
    pub(crate) digest: String,
    /// Listed files.
    pub(crate) files: usize,
    /// Bytes of all files that are there.
    pub(crate) bytes: u64,
    /// Everything that is not as it should be, a sentence each.
    pub(crate) wrong: Vec<String>,
}

/// Compares a kit with its list; `name` is the list's, where it is known.
///
/// # Errors
/// The folder has no list, or can't be read.
pub(crate) fn verify(folder: &Utf8Path, name: Option<&str>) -> Result<Checked> {
    let found = files(folder)?;
    let lists = found.iter().map(|(file, _)| file.as_str()).filter(|file| file.ends_with(LIST_END));
    let lists: Vec<&str> = lists.filter(|file| name.is_none_or(|name| name == *file)).collect();
    let [name] = lists[..] else {
        let how_many = if lists.is_empty() { "no list".to_owned() } else { format!("{} lists", lists.len()) };
        return Err(Fault::new(format!("{folder} is no kit"))
            .because(format!("it has {how_many} whose name ends with {LIST_END}"))
            .hint("name the folder that `airgap-kit` made, unpacked"));
    };
    let bytes = digests::list(&folder.join(name))?;
    let sized: Vec<_> = found.iter().map(|(file, size)| (folder.join(file), *size)).collect();
    let hashed = digests::digests(&sized, |_| Ok(()))?;
    let present = found.iter().zip(hashed).map(|((file, _), sha256)| Entry { name: file.clone(), sha256 });
    let present: Vec<Entry> = present.collect();
    let (files, wrong) = match parse(&bytes) {
        Ok(entries) => (entries.len(), findings(name, &entries, &present, &folders(folder)?)),
        Err(why) => (0, why.into_iter().map(|why| format!("{name}: {why}")).collect()),
    };
    Ok(Checked {
        list: name.to_owned(),
        digest: hash::bytes(&bytes),
        files,
        bytes: found.iter().map(|(_, size)| size).sum(),
        wrong,
    })
}

/// The files in a folder with their sizes, sorted by name.
pub(crate) fn files(folder: &Utf8Path) -> Result<Vec<(String, u64)>> {
    let size = |name: String| {
        let path = folder.join(&name);
        let metadata = std::fs::metadata(&path).fault(|| format!("cannot read {path}"))?;
        Ok((name, metadata.len()))
    };
    digests::names_in(folder)
        .map_err(|fault| fault.hint("name the folder that `airgap-kit` made"))?
        .into_iter()
        .map(size)
        .collect()
}

/// The names of what is no file.
fn folders(folder: &Utf8Path) -> Result<Vec<String>> {
    let entries = folder.read_dir_utf8().fault(|| format!("cannot read {folder}"))?.flatten();
    let mut names: Vec<String> =
        entries.filter(|entry| !entry.path().is_file()).map(|entry| entry.file_name().to_owned()).collect();
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_of_a_list_can_change_unnoticed() {
        let entries = ["a.dmg", "b.exe"].map(|name| Entry { name: name.to_owned(), sha256: "0a".repeat(32) });
        let text = format(&entries);
        assert_eq!(parse(text.as_bytes()), Ok(entries.to_vec()));
        for at in 0..text.len() {
            for flip in [1, 0x20, 0x80] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= flip;
                assert!(parse(&bytes).is_err(), "byte {at}");
            }
        }
    }
}
