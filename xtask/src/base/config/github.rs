//! `[github]`: where the workflows run, what they leave, and what a release is made of.

use serde::Deserialize;

use crate::base::host::Os;

/// The platforms that each workflow packages for: the folders of a download.
pub(crate) const PLATFORMS: [&str; 3] = [Os::ALL[0].name(), Os::ALL[1].name(), Os::ALL[2].name()];

/// `[github]`: where the workflows run, and what they leave.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Github {
    /// `OWNER/NAME`; the last resort where neither a flag, a variable nor the `origin` remote names one.
    pub(crate) repository: Option<String>,
    /// The API's address, for GitHub Enterprise: `https://ghe.example.com/api/v3`.
    pub(crate) api: Option<String>,
    /// Archives larger than this are refused when they are unpacked, in MB.
    #[serde(default = "four_gigabytes")]
    pub(crate) unpacked_limit_mb: u64,
    #[expect(dead_code, reason = "checked with the rest of the file; the workflows are made from it")]
    pub(crate) runners: Runners,
    pub(crate) electron: Workflow,
    pub(crate) tauri: Workflow,
    pub(crate) release: Release,
}

fn four_gigabytes() -> u64 {
    4096
}

/// `[github.runners]`: the labels of GitHub's machines, in the workflows.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "checked with the rest of the file; the workflows are made from it")]
pub(crate) struct Runners {
    /// For macOS on Apple silicon.
    pub(crate) macos: String,
    /// For Windows on x64.
    pub(crate) windows: String,
    /// For Linux on x64; packages run on systems that are at least as new.
    pub(crate) linux: String,
}

/// One workflow and the artifacts of its runs. `{platform}` stands for `macos`, `windows` and `linux`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Workflow {
    /// Its file in `.github/workflows/`.
    #[serde(rename = "workflow")]
    pub(crate) file: String,
    /// The artifact with the packages: `app-{platform}`.
    pub(crate) artifact: String,
    /// The artifact with the checksum manifest: `app-{platform}-checksums`.
    pub(crate) checksums: String,
    /// The checksum manifest in it: `app-{platform}-sha256.txt`.
    pub(crate) manifest: String,
    /// The boolean input that makes the workflow publish a release, where it has one.
    pub(crate) publish_input: Option<String>,
    /// Where downloads go, relative to the repository.
    #[cfg_attr(test, schemars(with = "String", extend("format" = "path")))]
    pub(crate) folder: camino::Utf8PathBuf,
}

/// `[github.release]`. `{version}` stands for the tag without its `v`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Release {
    /// Every asset of a complete release.
    pub(crate) assets: Vec<String>,
    /// Those of them that are update manifests (electron-builder's `latest*.yml`).
    pub(crate) update_manifests: Vec<String>,
}

impl Github {
    /// The first value that can't be, with its key and what it should be.
    pub(crate) fn mistake(&self) -> Option<(&'static str, &str, &'static str)> {
        let patterns = [&self.electron, &self.tauri]
            .into_iter()
            .flat_map(|shell| [&shell.artifact, &shell.checksums, &shell.manifest]);
        let plain = |name: &str| !name.contains(['/', '\\']);
        if let Some(bad) = patterns.into_iter().find(|name| !name.contains("{platform}") || !plain(name)) {
            return Some(("github.*.artifact, .checksums or .manifest", bad, "a plain name with {platform} in it"));
        }
        let inside = |path: &camino::Utf8Path| {
            !path.as_str().is_empty() && path.components().all(|part| matches!(part, camino::Utf8Component::Normal(_)))
        };
        let folders = [&self.electron.folder, &self.tauri.folder];
        if let Some(bad) = folders.into_iter().find(|folder| !inside(folder)) {
            return Some(("github.*.folder", bad.as_str(), "a relative path that stays inside the repository"));
        }
        let listed = |name: &&String| !self.release.assets.contains(name);
        self.release
            .update_manifests
            .iter()
            .find(listed)
            .map(|bad| ("github.release.update-manifests", bad.as_str(), "among github.release.assets"))
    }
}
