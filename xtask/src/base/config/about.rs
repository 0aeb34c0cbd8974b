//! `[about]`: what lists of packages say of the app.

use serde::Deserialize;

use crate::base::config::mistake::Mistake;

/// `[about]`: what lists of packages say of the app. Each is left out where it is not given; a deb or an rpm for Electron
/// (`linux.packages`) needs the first three.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct About {
    /// What it is, in a sentence without a full stop.
    pub(crate) description: Option<String>,
    /// Who publishes it, such as `Deer Park <park@example.org>`: the maintainer of a deb.
    pub(crate) publisher: Option<String>,
    /// Its licence, as an SPDX expression: `MIT`, `GPL-3.0-or-later`, `LicenseRef-Proprietary`.
    pub(crate) license: Option<String>,
    /// Where people read about it: an address that begins with `https://`.
    pub(crate) homepage: Option<String>,
    /// What it is, in some sentences; paragraphs have an empty line between them.
    pub(crate) details: Option<String>,
}

impl About {
    /// The first value that can't be.
    pub(super) fn mistake(&self) -> Option<Mistake> {
        let is_address = |text: &str| text.starts_with("https://") && !text.contains(char::is_whitespace);
        let wrong = self.homepage.as_ref().filter(|address| !is_address(address))?;
        Some(Mistake::new("about.homepage", wrong, "an address that begins with https://"))
    }

    /// The first value that a deb or rpm can't do with.
    pub(super) fn mistake_in_packages(&self) -> Option<Mistake> {
        let given = |value: &Option<String>| value.clone().unwrap_or_default();
        let is_one_line = |text: &str| !text.is_empty() && text.trim() == text && !text.contains(char::is_control);
        let (publisher, description, license) =
            (given(&self.publisher), given(&self.description), given(&self.license));
        if !is_maintainer(&publisher) {
            let wanted = "a name and an address that a deb or rpm can give: Name <mail@example.org>";
            return Some(Mistake::new("about.publisher", publisher, wanted));
        }
        if !is_one_line(&description) || description.chars().count() > 80 {
            let wanted = "what the program is, in one line of at most 80 characters, which a deb or rpm needs";
            return Some(Mistake::new("about.description", description, wanted));
        }
        let wanted = "an SPDX expression such as MIT, which a deb or rpm needs";
        (!is_one_line(&license)).then(|| Mistake::new("about.license", license, wanted))
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
    fn a_homepage_is_an_address() {
        let with = |address: &str| About { homepage: Some(address.to_owned()), ..About::default() };
        assert!(with("https://example.org/park").mistake().is_none());
        assert!(with("example.org").mistake().is_some() && with("https://a b").mistake().is_some());
    }

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
