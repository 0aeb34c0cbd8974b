//! Which archives are unpacked: entry by entry, before a byte of them is written.
//!
//! A name is refused when any system would take it for something else than a plain path below the target: an
//! archive is unpacked alike everywhere, or nowhere.

use std::collections::{BTreeMap, BTreeSet};

/// What an archive says of one entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    /// Its name, as it stands there.
    pub(crate) name: String,
    /// Whether it is a folder.
    pub(crate) folder: bool,
    /// Type and permissions, as Unix has them, where they are told.
    pub(crate) mode: Option<u32>,
    /// Whether a password is needed.
    pub(crate) encrypted: bool,
    /// Whether it is stored or deflated.
    pub(crate) readable: bool,
    /// Bytes when it is unpacked.
    pub(crate) size: u64,
}

/// How much an archive may become.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of all files.
    pub(crate) bytes: u64,
    /// Files and folders.
    pub(crate) entries: usize,
}

/// No real package shrinks more than this; only bombs do.
const MOST_RATIO: u64 = 100;

/// A small archive may shrink as it likes.
const HARMLESS: u64 = 64 * 1000 * 1000;

impl Limits {
    /// The limits for an archive of this many bytes.
    pub(crate) fn of(archive: u64, most_mb: u64) -> Self {
        let by_ratio = archive.saturating_mul(MOST_RATIO).max(HARMLESS);
        Self { bytes: by_ratio.min(most_mb.saturating_mul(1_000_000)), entries: 10_000 }
    }
}

/// The type bits of a Unix mode, and the two types that are fine.
const TYPE: u32 = 0o170_000;
const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// Everything that speaks against unpacking these entries; nothing when all is well.
pub(crate) fn objections(entries: &[Entry], limits: Limits) -> Vec<String> {
    if entries.len() > limits.entries {
        return vec![format!("it has {} entries, more than {}", entries.len(), limits.entries)];
    }
    let mut wrong: Vec<String> = entries
        .iter()
        .filter_map(|entry| why_not(entry).map(|why| format!("its entry `{}` {why}", entry.name.escape_debug())))
        .collect();
    wrong.extend(clashes(entries));
    let bytes = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.size));
    if bytes > limits.bytes {
        wrong.push(format!(
            "it would unpack to {bytes} bytes; {} are the most for an archive of its size",
            limits.bytes
        ));
    }
    wrong
}

fn why_not(entry: &Entry) -> Option<&'static str> {
    let kind = entry.mode.map_or(0, |mode| mode & TYPE);
    if kind != 0 && kind != if entry.folder { FOLDER } else { FILE } {
        return Some("is a link or a device");
    }
    if entry.encrypted {
        return Some("is encrypted");
    }
    if !entry.readable {
        return Some("is packed by a method that is not deflate");
    }
    why_not_a_path(entry.name.strip_suffix('/').filter(|_| entry.folder).unwrap_or(&entry.name))
}

/// Why this can't be the path of a file below a folder, on any system; nothing when it can.
pub(crate) fn why_not_a_path(path: &str) -> Option<&'static str> {
    if path.len() > 1000 {
        return Some("has a name of more than 1000 bytes");
    }
    path.split('/').find_map(why_not_a_part)
}

fn why_not_a_part(part: &str) -> Option<&'static str> {
    match part {
        "" => Some("has an absolute or empty name"),
        "." | ".." => Some("leads outside its folder"),
        _ if part.contains(['\\', ':', '<', '>', '"', '|', '?', '*']) => {
            Some("has a name that means something else on Windows")
        }
        _ if part.contains(char::is_control) || part.contains('\u{fffd}') => {
            Some("has a control character in its name")
        }
        _ if part.ends_with(['.', ' ']) => Some("has a name that Windows would shorten"),
        _ if is_device(part) => Some("has the name of a device on Windows"),
        _ if part.len() > 255 => Some("has a name of more than 255 bytes"),
        _ => None,
    }
}

/// `CON`, `nul.txt`, `COM¹`: Windows opens the device whatever the extension.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end().to_ascii_uppercase();
    let numbered = |prefix| {
        stem.strip_prefix(prefix).is_some_and(|rest| {
            let mut rest = rest.chars();
            matches!((rest.next(), rest.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
        })
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
}

/// Names that are one on some system, and files that are folders of others.
fn clashes(entries: &[Entry]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut folders: BTreeSet<String> = BTreeSet::new();
    for entry in entries {
        let folded = entry.name.trim_end_matches('/').to_lowercase();
        for (at, _) in folded.match_indices('/') {
            folders.insert(folded[..at].to_owned());
        }
        if let Some(first) = seen.insert(folded, &entry.name) {
            wrong.push(format!(
                "its entries `{}` and `{}` have one name",
                first.escape_debug(),
                entry.name.escape_debug()
            ));
        }
    }
    let files = entries.iter().filter(|entry| !entry.folder);
    wrong.extend(
        files
            .filter(|file| folders.contains(&file.name.to_lowercase()))
            .map(|file| format!("its entry `{}` is a file and a folder", file.name.escape_debug())),
    );
    wrong
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { bytes: 1000, entries: 100 };

    fn file(name: &str) -> Entry {
        Entry { name: name.to_owned(), readable: true, size: 10, folder: name.ends_with('/'), ..Entry::default() }
    }

    fn check(entries: &[Entry], expected: &Expect) {
        expected.assert_eq(&objections(entries, LIMITS).join("\n"));
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let names = [
            "../a",
            "a/../../b",
            "/etc/passwd",
            "a//b",
            "..\\a",
            "C:\\a",
            "C:a",
            "a:stream",
            "NUL",
            "con.txt",
            "d/COM1.dmg",
            "lpt9",
            "a ",
            "b.",
            "a\u{1}",
            "./a",
            "",
        ];
        for name in names {
            assert_eq!(objections(&[file(name)], LIMITS).len(), 1, "{name:?} was taken");
        }
        check(&["a", "b/c.dmg", "d/", "d/e f.AppImage", "console.txt", "COM10", "ümlaut"].map(file), &expect![""]);
    }

    #[test]
    fn two_that_are_one_somewhere_are_refused() {
        check(
            &["a.dmg", "A.DMG", "x", "x/y", "Ä", "ä"].map(file),
            &expect![[r"
                its entries `a.dmg` and `A.DMG` have one name
                its entries `Ä` and `ä` have one name
                its entry `x` is a file and a folder"]],
        );
    }

    #[test]
    fn links_bombs_and_secrets_are_refused() {
        check(
            &[
                Entry { mode: Some(0o120_777), ..file("link") },
                Entry { mode: Some(0o100_644), ..file("plain") },
                Entry { encrypted: true, ..file("secret") },
                Entry { readable: false, ..file("lzma") },
                Entry { size: u64::MAX, ..file("bomb") },
            ],
            &expect![[r"
                its entry `link` is a link or a device
                its entry `secret` is encrypted
                its entry `lzma` is packed by a method that is not deflate
                it would unpack to 18446744073709551615 bytes; 1000 are the most for an archive of its size"]],
        );
        let many: Vec<Entry> = (0..101).map(|number| file(&number.to_string())).collect();
        check(&many, &expect!["it has 101 entries, more than 100"]);
    }

    proptest! {
        #[test]
        fn what_is_taken_stays_below_its_folder(name in "[a-zA-Z./\\\\: ]{0,12}|.*") {
            if why_not_a_path(&name).is_none() {
                let path = std::path::Path::new(&name);
                prop_assert!(path.components().all(|part| matches!(part, std::path::Component::Normal(_))));
                prop_assert!(!name.contains('\\') && !name.contains(':'));
            }
        }

        #[test]
        fn no_list_makes_it_fail(names in proptest::collection::vec(".{0,9}", 0..20)) {
            let entries: Vec<Entry> = names.iter().map(|name| file(name)).collect();
            let _ = objections(&entries, LIMITS);
        }
    }
}
