//! `[about]`: what lists of packages say of the app.

use serde::Deserialize;

use crate::base::config::mistake::Mistake;

/// `[about]`: what lists of packages say of the app. Each is left out where it is not given.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct About {
    /// What it is, in a sentence.
    pub(crate) description: Option<String>,
    /// Who publishes it, such as `Deer Park <park@example.org>`: the maintainer of a deb.
    pub(crate) publisher: Option<String>,
    /// Its licence, as an SPDX expression such as `MIT`.
    pub(crate) license: Option<String>,
    /// Where people read about it: an address that begins with `https://`.
    pub(crate) homepage: Option<String>,
}

impl About {
    /// The first value that can't be.
    pub(super) fn mistake(&self) -> Option<Mistake> {
        let wrong = self.homepage.as_ref().filter(|address| !address.starts_with("https://"))?;
        Some(Mistake::new("about.homepage", wrong, "an address that begins with https://"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_homepage_is_an_address() {
        let with = |address: &str| About { homepage: Some(address.to_owned()), ..About::default() };
        assert!(with("https://example.org/park").mistake().is_none());
        assert!(with("example.org").mistake().is_some());
    }
}
