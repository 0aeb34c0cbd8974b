//! A kit of installers for machines without a network: which files go into it, and what its texts say.

use serde::Serialize;

use crate::base::checksums;

use crate::release::plan::names::{self, Kind};
use crate::release::plan::notes::{About, Platform, Row, Shipped, platforms};
use crate::stage::listing::LIST_END;

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
