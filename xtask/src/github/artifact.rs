//! An artifact of a run, as the server has it and as it is wanted.

use serde::Deserialize;

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
    /// What it is called where its files are uploaded one by one, without an archive: by their own names.
    pub(crate) files: Files,
}

/// See [`Wanted::files`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Files {
    /// The one file of this name.
    Named(String),
    /// All files whose names begin like this, but for the one that is something else.
    BeginningWith(String, String),
}

impl Files {
    /// Whether this is the name of one of them.
    pub(crate) fn have(&self, name: &str) -> bool {
        match self {
            Self::Named(own) => own == name,
            Self::BeginningWith(prefix, other) => name.starts_with(prefix) && name != other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_digest_counts() {
        let with = |digest: &str| {
            let artifact = serde_json::json!({ "id": 1, "name": "a", "digest": digest });
            serde_json::from_value::<Artifact>(artifact).unwrap().sha256()
        };
        assert_eq!(with(&format!("sha256:{}", "AB".repeat(32))), Some("ab".repeat(32)));
        assert_eq!(with("sha256:ab"), None);
        assert_eq!(with(&format!("sha512:{}", "ab".repeat(32))), None);
    }
}
