//! Which artifacts of a run are downloaded: of each name the one of the newest attempt.

use serde::Deserialize;

use crate::config::github::{PLATFORMS, Workflow};

/// An artifact, as the API lists it.
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
    /// When it was or will be deleted: `2026-02-20T10:00:00Z`.
    #[serde(default)]
    pub(crate) expires_at: Option<String>,
    /// When it was uploaded, in the same form.
    #[serde(default)]
    pub(crate) created_at: Option<String>,
    /// `sha256:HEX` of the archive; older servers don't tell.
    #[serde(default)]
    pub(crate) digest: Option<String>,
}

impl Artifact {
    /// The digest of the archive, lower-case hex.
    pub(crate) fn sha256(&self) -> Option<String> {
        let hex = self.digest.as_deref()?.strip_prefix("sha256:")?;
        (hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| hex.to_ascii_lowercase())
    }
}

/// An artifact that a run should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The folder that it is unpacked into.
    pub(crate) platform: &'static str,
    /// Its name.
    pub(crate) name: String,
}

/// The packages and the checksum manifest of each platform.
pub(crate) fn wanted(workflow: &Workflow) -> Vec<Wanted> {
    let wanted = |pattern: &str, platform| Wanted { platform, name: pattern.replace("{platform}", platform) };
    PLATFORMS
        .into_iter()
        .flat_map(|platform| [wanted(&workflow.artifact, platform), wanted(&workflow.checksums, platform)])
        .collect()
}

/// Picks the newest artifact of each wanted name.
///
/// # Errors
/// A sentence for each that is missing or expired.
pub(crate) fn choose(wanted: &[Wanted], listed: &[Artifact]) -> Result<Vec<(Wanted, Artifact)>, Vec<String>> {
    let mut wrong = Vec::new();
    let mut chosen = Vec::new();
    for want in wanted {
        let newest = listed
            .iter()
            .filter(|artifact| artifact.name == want.name)
            .max_by(|a, b| (&a.created_at, a.id).cmp(&(&b.created_at, b.id)));
        match newest {
            None => wrong.push(format!("the artifact {} is missing", want.name)),
            Some(gone) if gone.expired => {
                let date = gone.expires_at.as_deref().and_then(|time| time.get(..10)).unwrap_or("an unknown date");
                wrong.push(format!("the artifact {} expired on {date}", want.name));
            }
            Some(artifact) => chosen.push((want.clone(), artifact.clone())),
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

    #[test]
    fn the_newest_attempt_counts_and_everything_that_is_wrong_is_told() {
        let wanted: Vec<Wanted> =
            ["a", "b", "c"].map(|name| Wanted { platform: "linux", name: name.to_owned() }).into();
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
        let with = |digest: &str| Artifact { digest: Some(digest.to_owned()), ..artifact(1, "a", "", false) }.sha256();
        assert_eq!(with(&format!("sha256:{}", "AB".repeat(32))), Some("ab".repeat(32)));
        assert_eq!(with("sha256:ab"), None);
        assert_eq!(with(&format!("sha512:{}", "ab".repeat(32))), None);
    }
}
