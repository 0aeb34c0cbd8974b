//! Which artifacts of a run are downloaded: of each name the one of the newest attempt.

use crate::config::github::{PLATFORMS, Workflow};
use crate::step::github::artifact::{Artifact, Wanted};

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
}
