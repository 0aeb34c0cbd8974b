//! `[packages]`: the locked dependencies.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::Deserialize;

use crate::base::config::mistake::Mistake;

/// `[packages]`: the locked dependencies.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Packages {
    /// A file of requirements, relative to `dds.toml`, each pinned and with its hashes. Without it: the project's own
    /// `uv.lock`.
    #[cfg_attr(test, schemars(with = "Option<String>", extend("format" = "path")))]
    pub(crate) requirements: Option<Utf8PathBuf>,
    /// Languages whose translations are shipped where the settings leave `LANGUAGES` at Django's own list; that of
    /// `LANGUAGE_CODE` always is. Without it: all of them with `LocaleMiddleware`, else none more.
    pub(crate) languages: Option<Vec<String>>,
    /// Dependency groups that are shipped, too; the lock's default groups are not.
    #[serde(default)]
    pub(crate) groups: Vec<String>,
    /// Extras of the project that are shipped, too.
    #[serde(default)]
    pub(crate) extras: Vec<String>,
    /// Requirements that `requirements` has besides the project's own: `django-tasks>=0.7`.
    #[serde(default)]
    pub(crate) add: Vec<String>,
    /// Distributions that a desktop has no use for, such as servers, by name. They are not shipped.
    #[serde(default)]
    pub(crate) drop: Vec<String>,
    /// `[packages.replace]`: distributions that `requirements` has in the place of others: `psycopg2 = "psycopg2-binary"`.
    #[serde(default)]
    pub(crate) replace: BTreeMap<String, String>,
    /// Distributions without a wheel that may be built from their sources, by name. The wheel is kept in the store.
    #[serde(default)]
    pub(crate) build: Vec<String>,
    /// Glob patterns below site-packages that are not shipped either.
    #[serde(default)]
    pub(crate) prune: Vec<String>,
    /// What is left out by default and is to stay, by its name in the table below.
    #[serde(default)]
    pub(crate) keep: Vec<String>,
}

impl Packages {
    /// The first value that can't be.
    pub(crate) fn mistake(&self) -> Option<Mistake> {
        const WANTED: &str = "possible without `packages.requirements`: a uv.lock is changed with uv";
        let of_django = |code: &&String| !is_language(code);
        if let Some(code) = self.languages.iter().flatten().find(of_django) {
            return Some(Mistake::new(
                "packages.languages",
                code,
                "a language as Django writes it, such as de, pt-br or zh-hans",
            ));
        }
        if self.requirements.is_some() {
            return None;
        }
        let replaced = self.replace.keys().next().map(|name| Mistake::new("packages.replace", name, WANTED));
        self.add.first().map(|line| Mistake::new("packages.add", line, WANTED)).or(replaced)
    }
}

/// `de`, `pt-br`, `zh-hans`: two or three letters, then parts of letters and digits.
fn is_language(code: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
    let first = code.split('-').next().unwrap_or_default();
    let is_word = (2..=3).contains(&first.len()) && first.chars().all(|c| c.is_ascii_lowercase());
    is_word && code.split('-').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_written_as_django_writes_them() {
        let mistake = |code: &str| {
            Packages { languages: Some(vec!["en".to_owned(), code.to_owned()]), ..Packages::default() }.mistake()
        };
        for good in ["de", "pt-br", "zh-hans", "ckb", "es-419"] {
            assert!(mistake(good).is_none(), "{good}");
        }
        for bad in ["", "German", "de_AT", "d", "de-", "deutsch"] {
            assert!(mistake(bad).is_some(), "{bad}");
        }
    }
}
