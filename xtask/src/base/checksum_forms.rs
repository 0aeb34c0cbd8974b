//! The forms of a line with a checksum and a name: of coreutils, of the BSDs, of `openssl dgst` and of PowerShell.

use crate::base::hash::Digest;

/// The length of a SHA-256 digest in hex.
const DIGEST_LEN: usize = 64;

/// The lengths of other digests: MD5, SHA-1, SHA-224, SHA-384, SHA-512.
const OTHERS: [usize; 5] = [32, 40, 56, 96, 128];

/// The heads of PowerShell's columns.
const COLUMNS: [&str; 3] = ["Algorithm", "Hash", "Path"];

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// Lower-case hex.
    pub(crate) sha256: String,
    /// What is odd in the name was escaped, so it is meant.
    pub(crate) escaped: bool,
}

/// Reads the lines of a list one after the other.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// The digest of `Get-FileHash | Format-List`, whose path follows.
    pending: Option<String>,
}

impl Reader {
    /// What a line says; nothing where it is only a part of the form.
    pub(crate) fn line(&mut self, line: &str) -> Result<Option<Line>, String> {
        if let Some(read) = self.of_powershell(line) {
            return read;
        }
        let (escaped, line) = line.strip_prefix('\\').map_or((false, line), |rest| (true, rest));
        let (digest, name) = tagged(line).or_else(|| plain(line)).ok_or_else(|| malformed(line))?;
        entry(digest?, name, escaped).map(Some)
    }

    /// A line that `Get-FileHash` wrote: of its table, its list, or as CSV.
    fn of_powershell(&mut self, line: &str) -> Option<Result<Option<Line>, String>> {
        let cells: Vec<String> = if line.starts_with('"') {
            line.trim_end().split("\",\"").map(|cell| cell.trim_matches('"').to_owned()).collect()
        } else if let Some((key, value)) = line.split_once(" : ").filter(|(key, _)| COLUMNS.contains(&key.trim())) {
            return self.of_format_list(key.trim(), value.trim());
        } else {
            let (algorithm, rest) = line.trim().split_once(' ')?;
            let (digest, path) = rest.trim_start().split_once(' ')?;
            [algorithm, digest, path.trim()].map(str::to_owned).into()
        };
        let [algorithm, digest, path] = &cells[..] else { return None };
        let is_rule = |cell: &String| cell.bytes().all(|byte| byte == b'-');
        if cells.iter().all(is_rule) || cells.iter().map(String::as_str).eq(COLUMNS) {
            return Some(Ok(None));
        }
        (is_hex(digest) && !is_hex(algorithm))
            .then(|| checked(algorithm, digest).and_then(|digest| of_path(digest, path)).map(Some))
    }

    fn of_format_list(&mut self, key: &str, value: &str) -> Option<Result<Option<Line>, String>> {
        match key {
            "Hash" if is_hex(value) => self.pending = Some(value.to_owned()),
            "Path" => {
                let digest = self.pending.take()?;
                return Some(of_path(&digest, value).map(Some));
            }
            "Algorithm" if is_sha256(value) => {}
            _ => return Some(Err(other(value))),
        }
        Some(Ok(None))
    }
}

/// `HEX  name` and `HEX *name`; `HEX name` of `sha256 -r`.
fn plain(line: &str) -> Option<(Result<&str, String>, &str)> {
    let (digest, name) = line.split_once(' ')?;
    if !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digest = match digest.len() {
        DIGEST_LEN => Ok(digest),
        len if OTHERS.contains(&len) => Err(format!("its digest has {len} digits, and one of SHA-256 has 64")),
        _ => return None,
    };
    Some((digest, name.strip_prefix([' ', '*']).unwrap_or(name)))
}

/// `SHA256 (name) = HEX` of `sha256sum --tag` and the BSDs, `SHA2-256(name)= HEX` of `openssl dgst`.
fn tagged(line: &str) -> Option<(Result<&str, String>, &str)> {
    let (algorithm, rest) = line.split_once('(')?;
    let algorithm = algorithm.trim_end();
    let (name, digest) = rest.rsplit_once(')')?;
    let digest = digest.trim().strip_prefix('=')?.trim();
    let is_word =
        !algorithm.is_empty() && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/".contains(&byte));
    (is_word && digest.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| (checked(algorithm, digest), name))
}

/// A digest, if it is one of SHA-256.
fn checked<'a>(algorithm: &str, digest: &'a str) -> Result<&'a str, String> {
    if !is_sha256(algorithm) {
        return Err(other(algorithm));
    }
    if is_hex(digest) {
        Ok(digest)
    } else {
        Err(format!("its digest has {} digits, and one of SHA-256 has 64", digest.len()))
    }
}

fn is_sha256(algorithm: &str) -> bool {
    ["SHA256", "SHA2-256", "SHA-256"].iter().any(|name| name.eq_ignore_ascii_case(algorithm))
}

fn other(algorithm: &str) -> String {
    format!("its digest is of {algorithm}; only those of SHA-256 are compared")
}

fn is_hex(text: &str) -> bool {
    text.parse::<Digest>().is_ok()
}

/// PowerShell writes whole paths, of the machine where the list was made; the file is the one beside the list.
fn of_path(digest: &str, path: &str) -> Result<Line, String> {
    if path.ends_with('…') || path.ends_with("...") {
        return Err(
            "PowerShell has cut its path: write the list with `Get-FileHash FILES | Export-Csv LIST`".to_owned()
        );
    }
    entry(digest, path.rsplit(['/', '\\']).next().unwrap_or(path), false)
}

fn entry(digest: &str, name: &str, escaped: bool) -> Result<Line, String> {
    let mut name = name;
    while let Some(rest) = name.strip_prefix("./") {
        name = rest;
    }
    let name = if escaped { unescaped(name)? } else { name.to_owned() };
    Ok(Line { name, sha256: digest.to_ascii_lowercase(), escaped })
}

fn unescaped(name: &str) -> Result<String, String> {
    let mut chars = name.chars();
    let mut text = String::new();
    while let Some(char) = chars.next() {
        text.push(match (char, if char == '\\' { chars.next() } else { None }) {
            ('\\', Some('\\')) => '\\',
            ('\\', Some('n')) => '\n',
            ('\\', Some('r')) => '\r',
            ('\\', _) => {
                return Err(format!("`{}` has an escape that is not `\\\\`, `\\n` or `\\r`", name.escape_debug()));
            }
            (char, _) => char,
        });
    }
    Ok(text)
}

fn malformed(line: &str) -> String {
    let what = "it is not `<SHA-256 in hex>  <file name>`";
    if line.contains("(stdin)") { format!("{what}: it has no file name") } else { what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn read(text: &str) -> Vec<Result<String, String>> {
        let mut reader = Reader::default();
        let lines = text.lines().map(|line| line.replace("<A>", A).replace("<AA>", &A.to_uppercase()));
        lines.filter_map(|line| reader.line(&line).transpose()).map(|read| read.map(|entry| entry.name)).collect()
    }

    fn names(text: &str) -> Vec<String> {
        read(text).into_iter().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn every_tool_s_form_is_read() {
        assert_eq!(
            names("<A>  a b\n<A> *b\n<A> c\n<A>   d\n<A>  *e\n<A>  ././f\n<A>  ..g"),
            ["a b", "b", "c", " d", "*e", "f", "..g"]
        );
        assert_eq!(names("SHA256 (a (1).dmg) = <A>\nSHA256(b)= <A>\nSHA2-256(./c)= <AA>"), ["a (1).dmg", "b", "c"]);
        let table = "Algorithm       Hash        Path\n---------       ----        ----\nSHA256          <AA>        C:\\a b\\App 1.exe   ";
        assert_eq!(names(table), ["App 1.exe"]);
        let list = "Algorithm : SHA256\nHash      : <AA>\nPath      : /home/me/a.dmg\nAlgorithm : SHA256\nHash      : <AA>\nPath      : \\\\host\\b";
        assert_eq!(names(list), ["a.dmg", "b"]);
        assert_eq!(names("\"Algorithm\",\"Hash\",\"Path\"\n\"SHA256\",\"<AA>\",\"C:\\x, y\\a.exe\""), ["a.exe"]);
    }

    #[cfg(not(windows))]
    #[test]
    fn escaped_names_are_read() {
        assert_eq!(
            names("\\<A>  a\\\\b\n\\<A> *c\\nd\n\\SHA256 (e\\r) = <A>\n\\<A>  ./f\\\\g"),
            ["a\\b", "c\nd", "e\r", "f\\g"]
        );
    }

    #[test]
    fn what_is_not_of_sha_256_is_told_as_that() {
        let said = |text: &str| read(text).remove(0).unwrap_err();
        assert!(said("d41d8cd98f00b204e9800998ecf8427e  a").contains("32 digits"));
        assert!(said("SHA512 (a) = abcd").contains("is of SHA512"));
        assert!(said("SHA1            da39a3ee5e6b4b0d3255bfef95601890afd80709 C:\\a").contains("it is not"));
        assert!(said("Algorithm : MD5").contains("is of MD5"));
        assert!(said("SHA256 (a) = abcd").contains("4 digits"));
        assert!(said("SHA256          <A> C:\\a\\b...").contains("PowerShell has cut its path"));
        assert!(said("\\<A>  a\\x").contains("has an escape"));
        assert!(said("SHA2-256(stdin)= ").contains("digits"));
    }
}
