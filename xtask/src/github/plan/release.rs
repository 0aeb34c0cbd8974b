//! Whether a release is complete and right, from what the API says of it.

use std::fmt;

use octocrab::models::repos::{Asset, Release};
use semver::Version;
use serde_json::Value;

use crate::base::config::github as config;
use crate::github::plan::artifacts;

/// What a complete release has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The version: the tag without its `v`.
    pub(crate) version: String,
    pub(crate) assets: Vec<String>,
    /// Those of them that are update manifests.
    pub(crate) update_manifests: Vec<String>,
    /// What stands before and behind the version in the names that have it.
    pub(crate) around_version: Vec<(String, String)>,
}

/// `draft`, `published` or `published and immutable`.
pub(crate) fn state(release: &Release) -> &'static str {
    match (release.draft, release.immutable) {
        (true, _) => "draft",
        (false, Some(true)) => "published and immutable",
        (false, _) => "published",
    }
}

/// The bytes of an asset.
pub(crate) fn size(asset: &Asset) -> u64 {
    u64::try_from(asset.size).unwrap_or_default()
}

/// The digest of an asset, where the server tells it.
pub(crate) fn sha256(asset: &Asset) -> Option<String> {
    artifacts::sha256(asset.digest.as_deref())
}

/// Whether both have the same bytes under the same names. Other things about an asset change with each download.
pub(crate) fn are_the_same(one: &Release, other: &Release) -> bool {
    let contents = |release: &Release| -> Vec<_> {
        let assets = release.assets.iter();
        assets.map(|asset| (asset.id, asset.name.clone(), asset.size, asset.state.clone(), sha256(asset))).collect()
    };
    one.tag_name == other.tag_name && contents(one) == contents(other)
}

/// What a release is among the others, by the order of their versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// People get it who want no finished versions only: its version says so, or who made the draft.
    PreRelease,
    /// No published version comes after it.
    Newest,
    /// A fix of an older line: this tag stays the latest release.
    Fix { newest: String },
    /// Its tag is no version; GitHub decides.
    Unknown,
}

impl Place {
    /// What publishing says besides.
    pub(crate) fn told(&self) -> Vec<(&'static str, Value)> {
        let latest = |latest: bool| ("make_latest", Value::from(if latest { "true" } else { "false" }));
        match self {
            Self::PreRelease => vec![("prerelease", true.into()), latest(false)],
            Self::Newest => vec![("prerelease", false.into()), latest(true)],
            Self::Fix { .. } => vec![("prerelease", false.into()), latest(false)],
            Self::Unknown => Vec::new(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PreRelease => f.write_str(" as a pre-release"),
            Self::Newest => f.write_str(" as the newest version"),
            Self::Fix { newest } => write!(f, " as a fix of an older line; {newest} stays the latest"),
            Self::Unknown => Ok(()),
        }
    }
}

fn version_of(tag: &str) -> Option<Version> {
    Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()
}

/// Whether a tag is that of a pre-release.
pub(crate) fn is_pre_release(tag: &str) -> bool {
    version_of(tag).is_some_and(|version| !version.pre.is_empty())
}

/// Whether an address for uploads is the API's own server, which may get the token: the same host, or the one of
/// github.com and its like that takes uploads.
pub(crate) fn is_of_server(address: &str, api: &str) -> bool {
    let parts = |address: &str| {
        let (scheme, rest) = address.split_once("://")?;
        Some((scheme.to_owned(), rest.split(['/', '?']).next()?.to_ascii_lowercase()))
    };
    let (Some((scheme, host)), Some((own_scheme, own))) = (parts(address), parts(api)) else { return false };
    scheme == own_scheme
        && (host == own || own.strip_prefix("api.").is_some_and(|rest| host == format!("uploads.{rest}")))
}

/// Where a release stands among all of them.
pub(crate) fn place(release: &Release, all: &[Release]) -> Place {
    let Some(version) = version_of(&release.tag_name) else { return Place::Unknown };
    if release.prerelease || !version.pre.is_empty() {
        return Place::PreRelease;
    }
    let finished = all.iter().filter(|other| other.id != release.id && !other.draft && !other.prerelease);
    let versions = finished.filter_map(|other| Some((version_of(&other.tag_name)?, other)));
    let newest = versions.filter(|(other, _)| other.pre.is_empty()).max_by(|(a, _), (b, _)| a.cmp_precedence(b));
    match newest {
        Some((newest, other)) if newest.cmp_precedence(&version).is_gt() => {
            Place::Fix { newest: other.tag_name.clone() }
        }
        _ => Place::Newest,
    }
}

/// Fills the version of a tag into the patterns of `dds.toml`.
pub(crate) fn expected(tag: &str, config: &config::Release) -> Expected {
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
            [asset] if size(asset) == 0 => wrong.push(format!("{name} is empty")),
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
    use serde_json::json;

    use super::*;

    fn asset(name: &str, size: u64, state: &str) -> Value {
        let (url, time) = ("https://api.github.com/x", "2026-11-22T10:00:00Z");
        json!({
            "id": 1, "node_id": "", "name": name, "size": size, "state": state, "url": url, "browser_download_url": url,
            "content_type": "", "download_count": 0, "created_at": time, "updated_at": time,
        })
    }

    fn release(assets: &[Value]) -> Release {
        let url = "https://api.github.com/x";
        let release = json!({
            "id": 1, "node_id": "", "tag_name": "v1.2.3", "target_commitish": "main", "draft": true, "prerelease": false,
            "url": url, "html_url": url, "assets_url": url, "upload_url": url, "assets": assets,
        });
        serde_json::from_value(release).unwrap()
    }

    #[test]
    fn each_fault_of_a_release_is_named() {
        let config = config::Release {
            assets: ["a-{version}.dmg", "b-{version}.dmg", "c.zip", "d.zip", "latest.yml"].map(str::to_owned).into(),
            update_manifests: vec!["latest.yml".to_owned()],
        };
        let release = release(&[
            asset("a-1.2.3.dmg", 0, "uploaded"),
            asset("b-1.2.2.dmg", 5, "uploaded"),
            asset("c.zip", 5, "starter"),
            asset("latest.yml", 5, "uploaded"),
            asset("latest.yml", 5, "uploaded"),
            asset("a-tauri-1.2.3.exe", 5, "uploaded"),
        ]);
        expect![[r"
            a-1.2.3.dmg is empty
            b-1.2.3.dmg is missing
            c.zip is not whole: its upload broke off (state `starter`)
            d.zip is missing
            latest.yml is there 2 times
            b-1.2.2.dmg does not belong to version 1.2.3"]]
        .assert_eq(&findings(&release, &expected("v1.2.3", &config)).join("\n"));
    }

    #[test]
    fn the_order_of_versions_says_what_a_release_is() {
        let all: Vec<Release> = [
            ("v1.9.0", false, false),
            ("v1.10.0", false, false),
            ("v2.0.0", true, false),
            ("v1.11.0", false, true),
            ("v1.12.0-rc.1", false, false),
            ("nightly", false, false),
        ]
        .into_iter()
        .zip(10_u64..)
        .map(|((tag, draft, pre), id)| of_tag(id, tag, draft, pre))
        .collect();
        let place = |tag: &str, pre: bool| super::place(&of_tag(1, tag, true, pre), &all);
        assert_eq!(place("v1.10.1", false), Place::Newest);
        assert_eq!(place("v1.9.1", false), Place::Fix { newest: "v1.10.0".to_owned() });
        assert_eq!(place("v2.0.0-beta.1", false), Place::PreRelease);
        assert_eq!(place("v3.0.0", true), Place::PreRelease);
        assert_eq!(place("nightly-2", false), Place::Unknown);
        assert_eq!(super::place(&of_tag(1, "v0.1.0", true, false), &[]), Place::Newest);
    }

    #[test]
    fn the_token_goes_to_the_server_s_own_uploads_only() {
        for (address, api) in [
            ("https://uploads.github.com/repos/a/b/releases/1/assets", "https://api.github.com"),
            ("https://uploads.acme.ghe.com/x", "https://api.acme.ghe.com"),
            ("https://ghe.example.com/api/uploads/x", "https://ghe.example.com/api/v3"),
            ("http://127.0.0.1:4000/x", "http://127.0.0.1:4000"),
        ] {
            assert!(is_of_server(address, api), "{address}");
        }
        for address in [
            "https://uploads.github.com.evil.com/x",
            "http://uploads.github.com/x",
            "https://api.github.com@evil.com/x",
            "https://evil.com/uploads.github.com",
            "",
        ] {
            assert!(!is_of_server(address, "https://api.github.com"), "{address}");
        }
    }

    fn of_tag(id: u64, tag: &str, draft: bool, prerelease: bool) -> Release {
        let mut release = serde_json::to_value(release(&[])).unwrap();
        for (key, value) in
            [("id", id.into()), ("tag_name", tag.into()), ("draft", draft.into()), ("prerelease", prerelease.into())]
        {
            release[key] = value;
        }
        serde_json::from_value(release).unwrap()
    }

    #[test]
    fn a_download_is_not_a_change_and_another_digest_is() {
        let with = |key: &str, value: Value| {
            let mut asset = asset("a", 5, "uploaded");
            asset["digest"] = format!("sha256:{}", "ab".repeat(32)).into();
            asset[key] = value;
            release(&[asset])
        };
        let before = with("download_count", 0.into());
        assert!(are_the_same(&before, &with("download_count", 7.into())));
        assert!(!are_the_same(&before, &with("digest", format!("sha256:{}", "cd".repeat(32)).into())));
        assert!(!are_the_same(&before, &release(&[])));
    }
}
