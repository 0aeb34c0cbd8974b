//! Which artifacts of a run are downloaded: of each name the one of the newest attempt.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::base::config::github::Workflow;
use crate::base::hash::Digest;

/// An artifact, as the API lists it. Times are like `2026-02-20T10:00:00Z`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Artifact {
    /// Unique on its server.
    pub(crate) id: u64,
    /// Not unique: each attempt of a run leaves its own.
    pub(crate) name: String,
    /// Bytes of the archive.
    #[serde(default)]
    pub(crate) size_in_bytes: u64,
    /// Whether the server has deleted it.
    #[serde(default)]
    pub(crate) expired: bool,
    pub(crate) expires_at: Option<String>,
    pub(crate) created_at: Option<String>,
    /// `sha256:HEX` of the archive; older servers don't tell.
    pub(crate) digest: Option<String>,
}

impl Artifact {
    pub(crate) fn sha256(&self) -> Option<String> {
        sha256(self.digest.as_deref())
    }
}

/// The hex of a whole `sha256:HEX`, in lower case.
pub(crate) fn sha256(digest: Option<&str>) -> Option<String> {
    let digest: Digest = digest?.strip_prefix("sha256:")?.parse().ok()?;
    Some(digest.to_string())
}

/// An artifact that a run should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The folder that it is unpacked into.
    pub(crate) platform: &'static str,
    pub(crate) name: String,
    /// What it is called where its files are uploaded one by one, without an archive: by their own names.
    pub(crate) files: Files,
}

/// See [`Wanted::files`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Files {
    /// The one file of this name.
    Named(String),
    /// All files whose names begin like the first, but for the one that is named like the second.
    BeginningWith(String, String),
}

impl Files {
    fn have(&self, name: &str) -> bool {
        match self {
            Self::Named(own) => own == name,
            Self::BeginningWith(prefix, other) => name.starts_with(prefix) && name != other,
        }
    }
}

/// The packages and the checksum manifest of each platform.
pub(crate) fn wanted(workflow: &Workflow) -> Vec<Wanted> {
    let of_platform = |platform: &'static str| {
        let fill = |pattern: &str| pattern.replace("{platform}", platform);
        let (packages, checksums) = (fill(&workflow.artifact), fill(&workflow.checksums));
        let manifest = fill(&workflow.manifest);
        let files = Files::BeginningWith(format!("{packages}-"), manifest.clone());
        [
            Wanted { platform, name: packages, files },
            Wanted { platform, name: checksums, files: Files::Named(manifest) },
        ]
    };
    workflow.platforms.iter().copied().flat_map(of_platform).collect()
}

/// Picks the newest artifact of each wanted name; where there is none, those of its files.
///
/// # Errors
/// A sentence for each that is missing or expired.
pub(crate) fn choose(wanted: &[Wanted], listed: &[Artifact]) -> Result<Vec<(Wanted, Artifact)>, Vec<String>> {
    let mut wrong = Vec::new();
    let mut chosen = Vec::new();
    for want in wanted {
        let is_other = |name: &str| wanted.iter().any(|other| other.name == name);
        let all = listed.iter().map(|artifact| artifact.name.as_str());
        let names: BTreeSet<&str> = if all.clone().any(|name| name == want.name) {
            [want.name.as_str()].into()
        } else {
            all.filter(|name| want.files.have(name) && !is_other(name)).collect()
        };
        if names.is_empty() {
            wrong.push(format!("the artifact {} is missing", want.name));
        }
        for name in names {
            let of_name = listed.iter().filter(|artifact| artifact.name == name);
            match of_name.max_by(|a, b| (&a.created_at, a.id).cmp(&(&b.created_at, b.id))) {
                Some(gone) if gone.expired => {
                    let date = gone.expires_at.as_deref().and_then(|time| time.get(..10)).unwrap_or("an unknown date");
                    wrong.push(format!("the artifact {name} expired on {date}"));
                }
                Some(artifact) => chosen.push((want.clone(), artifact.clone())),
                None => {}
            }
        }
    }
    if wrong.is_empty() { Ok(chosen) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn artifact(id: u64, name: &str, created: &str, expired: bool) -> Artifact {
        Artifact {
            id,
            name: name.to_owned(),
            size_in_bytes: 1,
            expired,
            expires_at: Some("2026-02-20T10:00:00Z".to_owned()),
            created_at: Some(created.to_owned()),
            digest: None,
        }
    }

    fn want(name: &str) -> Wanted {
        let files = Files::BeginningWith(format!("{name}-"), format!("{name}-sha256.txt"));
        Wanted { platform: "linux", name: name.to_owned(), files }
    }

    #[test]
    fn files_without_an_archive_are_matched_by_their_names() {
        let mut checksums = want("a-checksums");
        checksums.files = Files::Named("a-sha256.txt".to_owned());
        let files = ["a-1.dmg", "a-1.zip", "a-1.zip", "a-sha256.txt", "b-1.exe", "app"];
        let listed: Vec<Artifact> =
            files.into_iter().zip(1..).map(|(name, id)| artifact(id, name, "2026-01-01T00:00:00Z", false)).collect();
        let chosen = choose(&[want("a"), checksums.clone()], &listed).unwrap();
        let ids = |chosen: Vec<(Wanted, Artifact)>| chosen.iter().map(|(_, artifact)| artifact.id).collect::<Vec<_>>();
        assert_eq!(ids(chosen), [1, 3, 4]);
        // An archive goes before files, and is not a file of another one.
        let listed = [
            artifact(1, "a", "2026-01-01T00:00:00Z", false),
            artifact(2, "a-1.dmg", "2026-01-01T00:00:00Z", false),
            artifact(3, "a-checksums", "2026-01-01T00:00:00Z", false),
        ];
        assert_eq!(ids(choose(&[want("a"), checksums.clone()], &listed).unwrap()), [1, 3]);
        assert_eq!(choose(&[want("a"), checksums], &listed[2..]).unwrap_err(), ["the artifact a is missing"]);
    }

    #[test]
    fn the_newest_attempt_counts_and_everything_that_is_wrong_is_told() {
        let wanted: Vec<Wanted> = ["a", "b", "c"].map(want).into();
        let listed = [
            artifact(9, "a", "2026-01-02T00:00:00Z", false),
            artifact(10, "a", "2026-01-01T00:00:00Z", true),
            artifact(3, "b", "2026-01-01T00:00:00Z", true),
            artifact(4, "b", "2026-01-01T00:00:00Z", false),
        ];
        let chosen = choose(&wanted[..2], &listed).unwrap();
        assert_eq!(chosen.iter().map(|(_, artifact)| artifact.id).collect::<Vec<_>>(), [9, 4]);
        expect![[r"
            the artifact b expired on 2026-02-20
            the artifact c is missing"]]
        .assert_eq(&choose(&wanted, &listed[..3]).unwrap_err().join("\n"));
    }

    #[test]
    fn only_a_whole_digest_counts() {
        assert_eq!(sha256(Some(&format!("sha256:{}", "AB".repeat(32)))), Some("ab".repeat(32)));
        assert_eq!(sha256(Some("sha256:ab")), None);
        assert_eq!(sha256(Some(&format!("sha512:{}", "ab".repeat(32)))), None);
        assert_eq!(sha256(None), None);
    }
}
