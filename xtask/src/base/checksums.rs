//! Lists of SHA-256 checksums as text: the format that `sha256sum` writes and checks.
//!
//! A list holds plain file names only. Names that some reader of the list would take for something else (a
//! path, an option, an escape) are refused on both ways, so that one list means the same on every system.

use std::collections::HashMap;
use std::fmt::Write;

/// The length of a SHA-256 digest in hex.
const DIGEST_LEN: usize = 64;

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
        let _ = writeln!(text, "{}  {}", entry.sha256, entry.name);
        text
    })
}

/// Reads a list. `␠␠name` and `␠*name`, digests in either case, CRLF, a byte order mark, blank lines and lines
/// that begin with `#` are fine, as they are for `sha256sum -c`.
///
/// # Errors
/// Every line that is not, each as a sentence with its number.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Entry>, Vec<String>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut lines: HashMap<String, usize> = HashMap::new();
    let mut wrong = Vec::new();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate().map(|(at, line)| (at + 1, line)) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        match std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned()).and_then(parse_line) {
            Err(why) => wrong.push(format!("line {number}: {why}")),
            Ok(entry) => match lines.insert(entry.name.clone(), number) {
                Some(first) => {
                    wrong.push(format!("line {number}: `{}` is listed already on line {first}", entry.name));
                }
                None => entries.push(entry),
            },
        }
    }
    if entries.is_empty() && wrong.is_empty() {
        wrong.push("it lists no file".to_owned());
    }
    if wrong.is_empty() { Ok(entries) } else { Err(wrong) }
}

fn parse_line(line: &str) -> Result<Entry, String> {
    let malformed = || "it is not `<SHA-256 in hex>  <file name>`".to_owned();
    if line.starts_with('\\') {
        return Err("the leading `\\` says that the file name has a backslash or a line break in it".to_owned());
    }
    let (digest, rest) = line.split_at_checked(DIGEST_LEN).ok_or_else(malformed)?;
    let name = rest.strip_prefix("  ").or_else(|| rest.strip_prefix(" *")).ok_or_else(malformed)?;
    if !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(malformed());
    }
    match why_not_a_name(name) {
        Some(why) => Err(format!("`{}` {why}", name.escape_debug())),
        None => Ok(Entry { name: name.to_owned(), sha256: digest.to_ascii_lowercase() }),
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
            "<A>  a\n<A> one-space\nba78  short\n<A>  dist/a\n<A>  ..\n<A>  a\n<A>  -\n\\<A>  x\\\\y\nz<A>  a\n<A>  b\u{7}",
            &expect![[r"
                line 2: it is not `<SHA-256 in hex>  <file name>`
                line 3: it is not `<SHA-256 in hex>  <file name>`
                line 4: `dist/a` has a path separator in it, and a list holds plain file names
                line 5: `..` is a folder
                line 6: `a` is listed already on line 1
                line 7: `-` stands for the standard input in a list of checksums
                line 8: the leading `\` says that the file name has a backslash or a line break in it
                line 9: it is not `<SHA-256 in hex>  <file name>`
                line 10: `b\u{7}` has a control character in it"]],
        );
        check("\n# nothing\n", &expect!["it lists no file"]);
        assert_eq!(parse(b"\xff\xfeb\0").unwrap_err(), ["line 1: it is not UTF-8"]);
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
