//! `[linux]`: which packages are made for Linux, and what a deb or rpm says of the program.

use serde::Deserialize;

use crate::base::config::mistake::Mistake;
use crate::base::host::Arch;

/// `[linux]`: the packages for Linux, and what a deb or rpm says of the program.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Linux {
    /// Of `AppImage`, `deb` and `rpm`. A deb or rpm needs `maintainer`, `summary` and `license`.
    #[serde(default = "usual")]
    pub(crate) packages: Vec<Format>,
    /// Who people write to about a package: `Name <mail@example.org>`.
    #[serde(default)]
    pub(crate) maintainer: String,
    /// What the program is, in a few words, as lists of packages show it.
    #[serde(default)]
    pub(crate) summary: String,
    /// The same in some sentences.
    pub(crate) description: Option<String>,
    /// The program's address on the web.
    pub(crate) homepage: Option<String>,
    /// The program's licence, as an SPDX expression: `MIT`, `GPL-3.0-or-later`, `LicenseRef-Proprietary`.
    #[serde(default)]
    pub(crate) license: String,
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
        Self {
            packages: usual(),
            maintainer: String::new(),
            summary: String::new(),
            description: None,
            homepage: None,
            license: String::new(),
        }
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
    pub(crate) fn mistake(&self, name: &str) -> Option<Mistake> {
        if self.packages.is_empty() {
            return Some(Mistake::new("linux.packages", "", "a list with at least one of AppImage, deb and rpm"));
        }
        self.own().next()?;
        let is_one_line = |text: &str| !text.is_empty() && text.trim() == text && !text.contains(char::is_control);
        if name.len() < 2 || name.starts_with('-') {
            return Some(Mistake::new(
                "project.name",
                name,
                "a name that a deb or rpm can have: it begins with a letter or digit",
            ));
        }
        if !is_maintainer(&self.maintainer) {
            let wanted = "a name and an address that a deb or rpm can give: Name <mail@example.org>";
            return Some(Mistake::new("linux.maintainer", &self.maintainer, wanted));
        }
        if !is_one_line(&self.summary) || self.summary.len() > 80 {
            let wanted = "what the program is, in one line of at most 80 characters, which a deb or rpm needs";
            return Some(Mistake::new("linux.summary", &self.summary, wanted));
        }
        if !is_one_line(&self.license) {
            let wanted = "an SPDX expression such as MIT, which a deb or rpm needs";
            return Some(Mistake::new("linux.license", &self.license, wanted));
        }
        let address = self.homepage.as_ref()?;
        let is_address = address.starts_with("http") && !address.contains(char::is_whitespace);
        (!is_address).then(|| Mistake::new("linux.homepage", address, "an address such as https://example.org/app"))
    }
}

/// `Name <local@domain>`
fn is_maintainer(text: &str) -> bool {
    let parts = || {
        let (name, address) = text.strip_suffix('>')?.split_once(" <")?;
        let (local, domain) = address.split_once('@')?;
        Some((name, local, domain))
    };
    let is_word = |word: &str| !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || "<>@,".contains(c));
    parts().is_some_and(|(name, local, domain)| {
        !name.trim().is_empty()
            && !name.contains(char::is_control)
            && is_word(local)
            && is_word(domain)
            && domain.contains('.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_maintainer_has_a_name_and_an_address() {
        for good in ["Ann Other <ann@example.org>", "The Deer Park <deer-park@mail.example.org>"] {
            assert!(is_maintainer(good), "{good}");
        }
        for bad in [
            "",
            "Ann Other",
            "<ann@example.org>",
            "Ann <ann>",
            "Ann <ann@example>",
            "Ann <a b@example.org>",
            "A\nB <a@b.c>",
        ] {
            assert!(!is_maintainer(bad), "{bad}");
        }
    }
}
