//! `[github]`: where the workflows run, what they leave, and what a release is made of.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::base::config::linux::Format;
use crate::base::config::mistake::Mistake;
use crate::base::host::{Arch, Host, Os};

/// `[github]`: where the workflows run, and what they leave. What is not written is derived from `project.name`.
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
    #[serde(default)]
    pub(crate) runners: Runners,
    #[serde(default)]
    pub(crate) electron: Workflow,
    #[serde(default)]
    pub(crate) tauri: Workflow,
    #[serde(default)]
    pub(crate) release: Release,
}

fn four_gigabytes() -> u64 {
    4096
}

impl Default for Github {
    fn default() -> Self {
        Self {
            repository: None,
            api: None,
            unpacked_limit_mb: four_gigabytes(),
            runners: Runners::default(),
            electron: Workflow::default(),
            tauri: Workflow::default(),
            release: Release::default(),
        }
    }
}

/// `[github.runners]`: the labels of GitHub's machines, in the workflows.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "checked with the rest of the file; the workflows are made from it")]
pub(crate) struct Runners {
    /// For macOS on Apple silicon.
    #[serde(default = "macos")]
    pub(crate) macos: String,
    /// For Windows on x64.
    #[serde(default = "windows")]
    pub(crate) windows: String,
    /// For Linux on x64; packages run on systems that are at least as new.
    #[serde(default = "linux")]
    pub(crate) linux: String,
}

fn macos() -> String {
    "macos-15".to_owned()
}

fn windows() -> String {
    "windows-2025".to_owned()
}

fn linux() -> String {
    "ubuntu-22.04".to_owned()
}

impl Default for Runners {
    fn default() -> Self {
        Self { macos: macos(), windows: windows(), linux: linux() }
    }
}

/// One workflow and the artifacts of its runs. `{platform}` stands for each of `macos`, `windows` and `linux` that
/// `project.targets` has; what is empty or not written is derived.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
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
    /// The systems of `project.targets`, each once: what `{platform}` stands for, and the folders of a download.
    #[serde(skip)]
    pub(crate) platforms: Vec<&'static str>,
}

/// `[github.release]`. `{version}` stands for the tag without its `v`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Release {
    /// Every asset of a complete release; nothing is published that lacks one. Without it, what the Electron shell makes for
    /// `project.targets`.
    pub(crate) assets: Vec<String>,
    /// Those of them that are update manifests (electron-builder's `latest*.yml`).
    pub(crate) update_manifests: Vec<String>,
}

/// What the Electron shell makes for a system on a machine of that system, after the project's name, and how its installed
/// programs learn of a release.
fn of_target(target: Host, linux: &[Format]) -> (Vec<String>, &'static str) {
    let word = if target.arch == Arch::X64 { "x64" } else { "arm64" };
    let with_blockmap = |kind: &str| [format!("{word}.{kind}"), format!("{word}.{kind}.blockmap")];
    let (ends, manifest) = match (target.os, target.arch) {
        (Os::MacOs, _) => (["dmg", "zip"].map(with_blockmap).concat(), "latest-mac.yml"),
        (Os::Windows, _) => (with_blockmap("exe").to_vec(), "latest.yml"),
        (Os::Linux, arch) => {
            let ends = linux.iter().map(|format| format.end(arch).to_owned()).collect();
            (ends, if arch == Arch::X64 { "latest-linux.yml" } else { "latest-linux-arm64.yml" })
        }
    };
    (ends.iter().map(|end| format!("-{}-{{version}}-{end}", target.os.name())).collect(), manifest)
}

impl Workflow {
    /// Fills in what is not written; `start` is what the names of artifacts begin with.
    fn derive(&mut self, file: &str, start: &str, folder: &str, targets: &[Host]) {
        let complete = |text: &mut String, derived: String| {
            if text.is_empty() {
                *text = derived;
            }
        };
        complete(&mut self.file, file.to_owned());
        complete(&mut self.artifact, format!("{start}-{{platform}}"));
        complete(&mut self.checksums, format!("{start}-{{platform}}-checksums"));
        complete(&mut self.manifest, format!("{start}-{{platform}}-sha256.txt"));
        if self.folder.as_str().is_empty() {
            self.folder = folder.into();
        }
        let is_target = |os: &Os| targets.iter().any(|target| target.os == *os);
        self.platforms = Os::ALL.into_iter().filter(is_target).map(Os::name).collect();
    }
}

impl Github {
    /// Fills in what is not written.
    pub(crate) fn derive(&mut self, project: &str, targets: &[Host], linux: &[Format]) {
        self.electron.derive("desktop-packages.yml", project, "dist/github-actions", targets);
        self.electron.publish_input.get_or_insert_with(|| "publish_release".to_owned());
        let tauri = format!("{project}-tauri");
        self.tauri.derive("tauri-packages.yml", &tauri, "dist/github-actions/tauri", targets);
        if self.release.assets.is_empty() {
            let made: Vec<_> = targets.iter().map(|target| of_target(*target, linux)).collect();
            let mut manifests: Vec<String> = made.iter().map(|(_, manifest)| (*manifest).to_owned()).collect();
            let mut seen = BTreeSet::new();
            manifests.retain(|name| seen.insert(name.clone()));
            let packages = made.iter().flat_map(|(ends, _)| ends).map(|end| format!("{project}{end}"));
            self.release.assets = packages.chain(manifests.iter().cloned()).collect();
            self.release.update_manifests = manifests;
        }
    }

    /// The first value that can't be.
    pub(crate) fn mistake(&self) -> Option<Mistake> {
        let patterns = [&self.electron, &self.tauri]
            .into_iter()
            .flat_map(|shell| [&shell.artifact, &shell.checksums, &shell.manifest])
            .filter(|name| !name.is_empty());
        let plain = |name: &str| !name.contains(['/', '\\']);
        if let Some(bad) = patterns.into_iter().find(|name| !name.contains("{platform}") || !plain(name)) {
            const KEYS: &str = "github.*.artifact, .checksums or .manifest";
            return Some(Mistake::new(KEYS, bad, "a plain name with {platform} in it"));
        }
        let inside =
            |path: &camino::Utf8Path| path.components().all(|part| matches!(part, camino::Utf8Component::Normal(_)));
        let folders = [&self.electron.folder, &self.tauri.folder];
        if let Some(bad) = folders.into_iter().find(|folder| !inside(folder)) {
            return Some(Mistake::new(
                "github.*.folder",
                bad.as_str(),
                "a relative path that stays inside the repository",
            ));
        }
        let listed = |name: &&String| !self.release.assets.contains(name);
        let bad = self.release.update_manifests.iter().find(listed)?;
        Some(Mistake::new("github.release.update-manifests", bad, "among github.release.assets"))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::base::config::Config;

    #[test]
    fn a_release_has_what_the_targets_need() {
        let with = |targets: &str, more: &str| {
            let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/project/dds.toml"));
            let text = text.replace("[project]\n", &format!("[project]\ntargets = {targets}\n"));
            Config::parse(&(text + more)).map(|config| config.github.release.assets)
        };
        let assets = |targets: &str| with(targets, "");
        expect![[r#"
            [
                "deer-park-linux-{version}-x86_64.AppImage",
                "deer-park-linux-{version}-arm64.AppImage",
                "deer-park-windows-{version}-arm64.exe",
                "deer-park-windows-{version}-arm64.exe.blockmap",
                "deer-park-windows-{version}-x64.exe",
                "deer-park-windows-{version}-x64.exe.blockmap",
                "latest-linux.yml",
                "latest-linux-arm64.yml",
                "latest.yml",
            ]
        "#]]
        .assert_debug_eq(&assets("[\"linux-x64\", \"linux-arm64\", \"windows-arm64\", \"windows-x64\"]").unwrap());
        let linux = "\n[linux]\npackages = [\"deb\", \"rpm\"]\n[about]\npublisher = \"A <a@example.org>\"\ndescription = \"Deer\"\nlicense = \"MIT\"\n";
        expect![[r#"
            [
                "deer-park-linux-{version}-amd64.deb",
                "deer-park-linux-{version}-x86_64.rpm",
                "deer-park-linux-{version}-arm64.deb",
                "deer-park-linux-{version}-aarch64.rpm",
                "latest-linux.yml",
                "latest-linux-arm64.yml",
            ]
        "#]]
        .assert_debug_eq(&with("[\"linux-x64\", \"linux-arm64\"]", linux).unwrap());
        let fault = assets("[\"windows\"]").unwrap_err().to_string();
        assert!(fault.contains("project.targets = \"windows\" is not one of linux-x64, "), "{fault}");
    }
}
