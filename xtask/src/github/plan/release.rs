//! Whether a release is complete and right, from what the API says of it.

use serde::Deserialize;

use crate::github::model::Expected;

/// A release, as the API lists it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Release {
    /// Unique on its server.
    pub(crate) id: u64,
    /// Its tag. A draft's tag need not be there yet.
    pub(crate) tag_name: String,
    /// Whether only its makers see it.
    pub(crate) draft: bool,
    /// Whether its assets can't be changed any more.
    #[serde(default)]
    pub(crate) immutable: bool,
    /// Its page.
    #[serde(default)]
    pub(crate) html_url: String,
    /// Its files.
    #[serde(default)]
    pub(crate) assets: Vec<Asset>,
}

/// A file of a release.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Asset {
    /// Unique on its server.
    pub(crate) id: u64,
    /// Its name.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: u64,
    /// `uploaded`, or `starter` when an upload broke off.
    #[serde(default)]
    pub(crate) state: String,
    /// `sha256:HEX`; older servers don't tell.
    #[serde(default)]
    pub(crate) digest: Option<String>,
}

impl Release {
    /// `draft`, `published` or `published and immutable`.
    pub(crate) fn state(&self) -> &'static str {
        match (self.draft, self.immutable) {
            (true, _) => "draft",
            (false, true) => "published and immutable",
            (false, false) => "published",
        }
    }
}

impl Asset {
    /// The digest as lower-case hex.
    pub(crate) fn sha256(&self) -> Option<String> {
        self.digest.as_deref()?.strip_prefix("sha256:").map(str::to_ascii_lowercase)
    }
}

/// Fills the version of a tag into the patterns of `dds.toml`.
pub(crate) fn expected(tag: &str, config: &crate::base::config::github::Release) -> Expected {
    let version = tag.strip_prefix('v').unwrap_or(tag);
    let fill = |patterns: &[String]| patterns.iter().map(|pattern| pattern.replace("{version}", version)).collect();
    Expected {
        version: version.to_owned(),
        assets: fill(&config.assets),
        update_manifests: fill(&config.update_manifests),
        around_version: config
            .assets
            .iter()
            .filter_map(|pattern| pattern.split_once("{version}"))
            .map(|(before, behind)| (before.to_owned(), behind.to_owned()))
            .collect(),
    }
}

/// What is wrong with a release as the API describes it: each asset there once, whole, and not empty, and none
/// of another version besides.
pub(crate) fn findings(release: &Release, expected: &Expected) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in &expected.assets {
        let found: Vec<&Asset> = release.assets.iter().filter(|asset| asset.name == *name).collect();
        match found[..] {
            [] => wrong.push(format!("{name} is missing")),
            [asset] if asset.state != "uploaded" => {
                wrong.push(format!("{name} is not whole: its upload broke off (state `{}`)", asset.state));
            }
            [asset] if asset.size == 0 => wrong.push(format!("{name} is empty")),
            [_] => {}
            _ => wrong.push(format!("{name} is there {} times", found.len())),
        }
    }
    let of_any_version = |name: &str| {
        expected.around_version.iter().any(|(before, behind)| name.starts_with(before) && name.ends_with(behind))
    };
    let strangers = release.assets.iter().filter(|asset| !expected.assets.contains(&asset.name));
    wrong.extend(
        strangers
            .filter(|asset| of_any_version(&asset.name))
            .map(|asset| format!("{} does not belong to version {}", asset.name, expected.version)),
    );
    wrong
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn asset(name: &str, size: u64, state: &str) -> Asset {
        Asset { id: 1, name: name.to_owned(), size, state: state.to_owned(), digest: None }
    }

    #[test]
    fn each_fault_of_a_release_is_named() {
        let config = crate::base::config::github::Release {
            assets: ["a-{version}.dmg", "b-{version}.dmg", "c.zip", "d.zip", "latest.yml"].map(str::to_owned).into(),
            update_manifests: vec!["latest.yml".to_owned()],
        };
        let release = Release {
            id: 1,
            tag_name: "v1.2.3".to_owned(),
            draft: true,
            immutable: false,
            html_url: String::new(),
            assets: vec![
                asset("a-1.2.3.dmg", 0, "uploaded"),
                asset("b-1.2.2.dmg", 5, "uploaded"),
                asset("c.zip", 5, "starter"),
                asset("latest.yml", 5, "uploaded"),
                asset("latest.yml", 5, "uploaded"),
                asset("a-tauri-1.2.3.exe", 5, "uploaded"),
            ],
        };
        expect![[r"
            a-1.2.3.dmg is empty
            b-1.2.3.dmg is missing
            c.zip is not whole: its upload broke off (state `starter`)
            d.zip is missing
            latest.yml is there 2 times
            b-1.2.2.dmg does not belong to version 1.2.3"]]
        .assert_eq(&findings(&release, &expected("v1.2.3", &config)).join("\n"));
    }
}
