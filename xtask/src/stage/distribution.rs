//! The distributions that are installed in a folder of packages, as their `.dist-info` folders tell them.

use std::collections::BTreeSet;

use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};

use crate::base::fault::{Context, Fault, Result};
use crate::stage::licence::{self, Licence, is_file_of_licence};

/// What metadata tells of a licence in more characters than this is the text of it.
const SHORTEST_TEXT: usize = 200;

/// A distribution that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Distribution {
    /// As its metadata writes it: `Django`.
    pub(crate) name: String,
    pub(crate) version: String,
    /// The tags of the wheel that it was installed from: `py3-none-any`.
    pub(crate) tags: BTreeSet<String>,
    /// What its metadata says of its licence.
    pub(crate) licence: Option<Licence>,
    /// The files that its metadata names as licences, relative to a folder that is not always the same.
    licence_files: Vec<String>,
    /// The text of its licence, where its metadata has it.
    pub(crate) licence_text: Option<String>,
    /// Its files, relative to the folder of packages; its `RECORD` lists them.
    pub(crate) files: Vec<String>,
}

impl Distribution {
    /// The files that say under which terms it or something in it may be used, those of vendored packages among them.
    pub(crate) fn notices(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str).filter(|path| {
            let named = |file: &String| path.ends_with(&format!("/{file}")) && path.contains(".dist-info/");
            is_file_of_licence(path) || self.licence_files.iter().any(named)
        })
    }
}

/// The distributions below a folder of packages, sorted by the names of their folders. One whose metadata is not shipped is
/// none any more, for Python as well.
///
/// # Errors
/// A folder or file that can't be read, metadata without a name.
pub(crate) fn installed(packages: &Utf8Path) -> Result<Vec<Distribution>> {
    let entries = packages.read_dir_utf8().fault(|| format!("cannot read {packages}"))?.flatten();
    let mut folders: Vec<Utf8PathBuf> = entries.map(Utf8DirEntry::into_path).collect();
    folders.retain(|path| path.extension() == Some("dist-info") && path.join("METADATA").is_file());
    folders.sort_unstable();
    folders.iter().map(|folder| read(folder)).collect()
}

fn read(folder: &Utf8Path) -> Result<Distribution> {
    let read = |name: &str| {
        let path = folder.join(name);
        // `packages.prune` may have taken the other two.
        let bytes =
            if path.exists() { std::fs::read(&path).fault(|| format!("cannot read {path}"))? } else { Vec::new() };
        Ok(decoded(&bytes))
    };
    let mut distribution = of_texts(&read("METADATA")?, &read("WHEEL")?).ok_or_else(|| {
        Fault::new(format!("{folder} does not say which distribution it is"))
            .hint("`cargo xtask packaged-stage --force` stages anew")
    })?;
    distribution.files = read("RECORD")?.lines().map(recorded).map(str::to_owned).collect();
    Ok(distribution)
}

/// A distribution from its two files.
pub(crate) fn of_texts(metadata: &str, wheel: &str) -> Option<Distribution> {
    let metadata = headers(metadata);
    let all = |name: &'static str| {
        metadata.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    let tags = headers(wheel).into_iter().filter(|(key, _)| key == "Tag").map(|(_, value)| value);
    Some(Distribution {
        name: all("Name").next()?,
        version: all("Version").next()?,
        tags: tags.collect(),
        licence: licence::of_metadata(&metadata),
        licence_files: all("License-File").collect(),
        licence_text: all("License").find(|text| text.len() > SHORTEST_TEXT),
        files: Vec::new(),
    })
}

/// The headers of a `METADATA` or `WHEEL` file: up to the first empty line, continued lines joined.
fn headers(text: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in text.lines().take_while(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    headers
}

/// The path in a line of a `RECORD`, which is quoted where it has a comma.
pub(crate) fn recorded(line: &str) -> &str {
    line.strip_prefix('"').map_or_else(|| line.split(','), |quoted| quoted.split('"')).next().unwrap_or_default()
}

/// A text that somebody else wrote: UTF-8, or else Latin-1, which has a character for each byte.
pub(crate) fn decoded(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().copied().map(char::from).collect(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_metadata_names_counts_within_its_own_folder() {
        let metadata = "Name: a\nVersion: 1\nLicense-File: AUTHORS\nLicense-File: doc/TERMS\n";
        let files =
            ["a/AUTHORS", "a-1.dist-info/AUTHORS", "a-1.dist-info/licenses/doc/TERMS", "a-1.dist-info/METADATA"];
        let files = files.map(str::to_owned).to_vec();
        let distribution = Distribution { files, ..of_texts(metadata, "").unwrap() };
        let notices: Vec<&str> = distribution.notices().collect();
        assert_eq!(notices, ["a-1.dist-info/AUTHORS", "a-1.dist-info/licenses/doc/TERMS"]);
    }

    #[test]
    fn every_byte_is_a_character() {
        assert_eq!(decoded("\u{feff}© 2026".as_bytes()), "© 2026");
        assert_eq!(decoded(b"\xa9 2026 Andr\xe9"), "© 2026 André");
    }
}
