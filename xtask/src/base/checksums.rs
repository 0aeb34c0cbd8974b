//! Lists of SHA-256 checksums as text: written as `sha256sum` writes them, read as any of the usual tools writes them.
//!
//! A list holds plain file names only. Names that some reader of the list would take for something else (a
//! path, an option) are refused on both ways, so that one list means the same on every system.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;

use crate::base::checksum_forms::{Line, Reader};

/// Lines that are named before it is clear that the file is something else.
const MOST_WRONG: usize = 100;

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The file's name, without a folder.
    pub(crate) name: String,
    /// Lower-case hex.
    pub(crate) sha256: String,
}

/// The text of a list: sorted by name, byte by byte; each line ends with `\n`.
pub(crate) fn format(entries: &[Entry]) -> String {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    sorted.iter().fold(String::new(), |mut text, entry| {
        // As `sha256sum` escapes names that would not fit on a line.
        let name = entry.name.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
        let mark = if name == entry.name { "" } else { "\\" };
        let _ = writeln!(text, "{mark}{}  {name}", entry.sha256);
        text
    })
}

/// Reads a list in any of the forms that [`Reader`] knows, in UTF-8 or in the UTF-16 of Windows PowerShell. Digests in
/// either case, CRLF, blank lines and lines that begin with `#` are fine, as they are for `sha256sum -c`.
///
/// # Errors
/// Every line that is not, each as a sentence with its number.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Entry>, Vec<String>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut lines: HashMap<String, usize> = HashMap::new();
    let (mut wrong, mut reader) = (Vec::new(), Reader::default());
    for (number, line) in in_utf_8(bytes).split(|byte| *byte == b'\n').enumerate().map(|(at, line)| (at + 1, line)) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let read = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned());
        match read.and_then(|line| reader.line(line)).and_then(|line| line.map(entry).transpose()) {
            Err(why) => wrong.push(format!("line {number}: {why}")),
            Ok(None) => {}
            Ok(Some(entry)) => match lines.insert(entry.name.clone(), number) {
                Some(first) => {
                    wrong.push(format!("line {number}: `{}` is listed already on line {first}", entry.name));
                }
                None => entries.push(entry),
            },
        }
        if wrong.len() > MOST_WRONG {
            wrong.push("and so on".to_owned());
            break;
        }
    }
    if entries.is_empty() && wrong.is_empty() {
        wrong.push("it lists no file".to_owned());
    }
    if wrong.is_empty() { Ok(entries) } else { Err(wrong) }
}

/// A line as an entry. As a path Windows would take a backslash for something else, escaped or not.
fn entry(line: Line) -> Result<Entry, String> {
    let Line { name, sha256, escaped } = line;
    let meant = if escaped && !cfg!(windows) { name.replace(['\\', '\n', '\r'], "_") } else { name.clone() };
    match why_not_a_name(&meant) {
        Some(why) => Err(format!("`{}` {why}", name.escape_debug())),
        None => Ok(Entry { name, sha256 }),
    }
}

/// The text without a byte order mark. What is no UTF-16 after all is no list, either.
fn in_utf_8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let decoded = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text: String = char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        Cow::Owned(text.into_bytes())
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => decoded(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => decoded(rest, u16::from_be_bytes),
        _ => Cow::Borrowed(bytes),
    }
}

/// Why a file of this name can't be listed; nothing when it can.
pub(crate) fn why_not_a_name(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("is no file name"),
        // `sha256sum -c` reads its standard input for it.
        "-" => Some("stands for the standard input in a list of checksums"),
        "." | ".." => Some("is a folder"),
        _ if name.contains(['/', '\\']) => Some("has a path separator in it, and a list holds plain file names"),
        _ if name.contains(char::is_control) => Some("has a control character in it"),
        _ => None,
    }
}

/// Whether a file that lies beside a list and is not in it should be: its kind, told by the extension, is one
/// that the list has. Hidden files are not meant to be published and don't count.
pub(crate) fn is_of_a_listed_kind(name: &str, entries: &[Entry]) -> bool {
    let kind = |name: &str| name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let own = kind(name);
    !name.starts_with('.') && own.is_some() && entries.iter().any(|entry| kind(&entry.name) == own)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    const A: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn check(text: &str, expected: &Expect) {
        expected.assert_eq(
            &match parse(text.replace("<A>", A).as_bytes()) {
                Ok(entries) => entries.iter().map(|entry| format!("{} {}", &entry.sha256[..4], entry.name)).collect(),
                Err(wrong) => wrong,
            }
            .join("\n"),
        );
    }

    #[test]
    fn what_other_tools_write_is_read() {
        let upper = A.to_uppercase();
        check(
            &format!("\u{feff}<A>  a b.dmg\r\n\n# from the build\n{upper} *b.exe\r\n<A>  *c\n<A>   d"),
            &expect![[r"
                ba78 a b.dmg
                ba78 b.exe
                ba78 *c
                ba78  d"]],
        );
    }

    #[test]
    fn every_bad_line_is_named() {
        check(
            "<A>  a\n<A>no-space\nba78  short\n<A>  dist/a\n<A>  ..\n<A>  a\n<A>  -\n\\<A>  x\\y\nz<A>  a\n<A>  b\u{7}",
            &expect![[r"
                line 2: it is not `<SHA-256 in hex>  <file name>`
                line 3: it is not `<SHA-256 in hex>  <file name>`
                line 4: `dist/a` has a path separator in it, and a list holds plain file names
                line 5: `..` is a folder
                line 6: `a` is listed already on line 1
                line 7: `-` stands for the standard input in a list of checksums
                line 8: `x\\y` has an escape that is not `\\`, `\n` or `\r`
                line 9: it is not `<SHA-256 in hex>  <file name>`
                line 10: `b\u{7}` has a control character in it"]],
        );
        check("\n# nothing\n", &expect!["it lists no file"]);
        assert_eq!(parse(b"\xffb\0").unwrap_err(), ["line 1: it is not UTF-8"]);
        assert!(parse(&b"x\n".repeat(1000)).unwrap_err().len() <= MOST_WRONG + 2);
    }

    #[test]
    fn the_utf_16_of_windows_is_read() {
        let text = format!("\u{feff}SHA256  {A}  C:\\b.exe\r\n");
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(unit).collect();
            assert_eq!(parse(&bytes).unwrap()[0].name, "b.exe");
        }
    }

    #[test]
    fn the_extension_tells_the_kind() {
        let entries =
            [Entry { name: "app.DMG".into(), sha256: A.into() }, Entry { name: "README".into(), sha256: A.into() }];
        assert!(is_of_a_listed_kind("old.dmg", &entries));
        assert!(!is_of_a_listed_kind("old.exe", &entries));
        assert!(!is_of_a_listed_kind("._old.dmg", &entries));
        assert!(!is_of_a_listed_kind("LICENSE", &entries));
    }

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let entry = ("[^/\\\\\\p{Cc}]{1,12}", "[0-9a-f]{64}").prop_map(|(name, sha256)| Entry { name, sha256 });
        proptest::collection::vec(entry, 1..20).prop_map(|mut entries| {
            entries.retain(|entry| why_not_a_name(&entry.name).is_none());
            entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            entries.dedup_by(|a, b| a.name == b.name);
            entries
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(entries in entries()) {
            prop_assume!(!entries.is_empty());
            prop_assert_eq!(parse(format(&entries).as_bytes()), Ok(entries));
        }

        #[test]
        fn writing_does_not_depend_on_the_order(entries in entries()) {
            let backwards: Vec<Entry> = entries.iter().rev().cloned().collect();
            prop_assert_eq!(format(&entries), format(&backwards));
        }

        #[test]
        fn no_bytes_make_the_reader_fail(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn what_is_read_can_be_written_and_read_again(text in "([0-9a-fA-F]{64}( [ *]|[ x]{0,3})[a-c. \\r/]{0,4}\r?\n){0,5}") {
            if let Ok(entries) = parse(text.as_bytes()) {
                let mut again = parse(format(&entries).as_bytes()).unwrap();
                let mut entries = entries;
                entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
                again.sort_unstable_by(|a, b| a.name.cmp(&b.name));
                prop_assert_eq!(again, entries);
            }
        }
    }
}
