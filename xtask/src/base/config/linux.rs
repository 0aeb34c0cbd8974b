//! `[linux]`: which packages are made for Linux.

use serde::Deserialize;

use super::about::About;
use super::mistake::Mistake;
use crate::base::host::Arch;

/// `[linux]`: the packages of the Electron shell for Linux.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Linux {
    /// Of `AppImage`, `deb` and `rpm`. A deb or rpm needs `description`, `publisher` and `license` of `[about]`.
    #[serde(default = "usual")]
    pub(crate) packages: Vec<Format>,
}

/// A kind of package for Linux.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum Format {
    AppImage,
    #[serde(rename = "deb")]
    Deb,
    #[serde(rename = "rpm")]
    Rpm,
}

fn usual() -> Vec<Format> {
    vec![Format::AppImage]
}

impl Default for Linux {
    fn default() -> Self {
        Self { packages: usual() }
    }
}

impl Format {
    /// How the names of such packages end: the format's own word for the processor, and its extension.
    pub(crate) fn end(self, arch: Arch) -> &'static str {
        match (self, arch) {
            (Self::AppImage, Arch::X64) => "x86_64.AppImage",
            (Self::AppImage, Arch::Arm64) => "arm64.AppImage",
            (Self::Deb, Arch::X64) => "amd64.deb",
            (Self::Deb, Arch::Arm64) => "arm64.deb",
            (Self::Rpm, Arch::X64) => "x86_64.rpm",
            (Self::Rpm, Arch::Arm64) => "aarch64.rpm",
        }
    }
}

impl Linux {
    /// The packages that this tool writes itself.
    pub(crate) fn own(&self) -> impl Iterator<Item = Format> {
        self.packages.iter().copied().filter(|format| *format != Format::AppImage)
    }

    /// The first value that can't be. `name` is the project's, which becomes the name of the package.
    pub(super) fn mistake(&self, name: &str, about: &About) -> Option<Mistake> {
        if self.packages.is_empty() {
            return Some(Mistake::new("linux.packages", "", "a list with at least one of AppImage, deb and rpm"));
        }
        self.own().next()?;
        if name.len() < 2 || name.starts_with('-') {
            let wanted = "a name that a deb or rpm can have: it begins with a letter or digit";
            return Some(Mistake::new("project.name", name, wanted));
        }
        about.mistake_in_packages()
    }
}
