//! Licences as packages tell them: an SPDX expression, one of the fields that came before it, or a classifier.

use std::fmt;

/// What a package may be used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Licence {
    /// An SPDX expression.
    Expression(String),
    /// The package's own words.
    Name(String),
}

impl fmt::Display for Licence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Expression(words) | Self::Name(words)) = self;
        f.write_str(words)
    }
}

/// Classifiers and words of old that mean exactly one licence. Words such as "BSD License" mean several.
const EXACT: [(&str, &str); 14] = [
    ("Apache 2.0", "Apache-2.0"),
    ("Apache License 2.0", "Apache-2.0"),
    ("Apache Software License 2.0", "Apache-2.0"),
    ("BSD 2-Clause", "BSD-2-Clause"),
    ("BSD 3-Clause", "BSD-3-Clause"),
    ("BSD-3-Clause License", "BSD-3-Clause"),
    ("GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0-only"),
    ("ISC License (ISCL)", "ISC"),
    ("MIT License", "MIT"),
    ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
    ("The Unlicense (Unlicense)", "Unlicense"),
    ("The MIT License", "MIT"),
    ("ZPL 2.1", "ZPL-2.1"),
    ("zlib/libpng License", "Zlib"),
];

/// Words longer than this are the text of a licence, not its name.
const LONGEST_NAME: usize = 80;

/// An SPDX expression, as it is; nothing when there is none.
pub(crate) fn of_expression(text: &str) -> Option<Licence> {
    let text = text.trim();
    (!text.is_empty()).then(|| Licence::Expression(text.to_owned()))
}

/// A licence in the package's own words.
fn of_words(text: &str) -> Option<Licence> {
    let text = text.trim();
    if text.is_empty() || text == "UNKNOWN" || text.len() > LONGEST_NAME || text.contains('\n') {
        return None;
    }
    let exact = EXACT.iter().find(|(words, _)| words.eq_ignore_ascii_case(text));
    Some(match exact {
        Some((_, id)) => Licence::Expression((*id).to_owned()),
        None if is_id(text) => Licence::Expression(text.to_owned()),
        None => Licence::Name(text.to_owned()),
    })
}

/// Whether a word has the form of an SPDX identifier with a version: `BSD-3-Clause`, `Apache-2.0`; or is a well-known one.
fn is_id(text: &str) -> bool {
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || "-.+".contains(c));
    is_word
        && (["MIT", "ISC", "Zlib", "Unlicense"].contains(&text)
            || text.contains('-') && text.contains(|c: char| c.is_ascii_digit()))
}

/// The licence that a Python package's metadata tells.
pub(crate) fn of_metadata(headers: &[(String, String)]) -> Option<Licence> {
    let all = |name: &'static str| {
        headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    };
    let classifiers: Vec<&str> = all("Classifier")
        .filter_map(|classifier| classifier.strip_prefix("License :: "))
        .filter_map(|classifier| classifier.rsplit(" :: ").next())
        .filter(|words| *words != "OSI Approved")
        .collect();
    all("License-Expression")
        .find_map(of_expression)
        .or_else(|| all("License").find_map(of_words))
        .or_else(|| of_words(&classifiers.join(" or ")))
}

/// Whether a path looks like that of a licence: by its own name, or because it lies in a folder of licences. Programs do not
/// count: `license.py` is one.
pub(crate) fn is_file_of_licence(path: &str) -> bool {
    const NAMES: [&str; 6] = ["licence", "license", "copying", "copyright", "notice", "unlicense"];
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let is_text = match name.rsplit_once('.') {
        None | Some((_, "txt" | "md" | "rst" | "markdown")) => true,
        // `LICENSE.APACHE`, `LICENSE-2.0`
        Some((_, end)) => path.ends_with(&end.to_ascii_uppercase()),
    };
    let is_in_folder = folders.split('/').any(|folder| ["licenses", "licences", "license_files"].contains(&folder));
    is_text && (is_in_folder || NAMES.iter().any(|start| name.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(headers: &[(&str, &str)]) -> Option<Licence> {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        of_metadata(&headers)
    }

    #[test]
    fn the_newest_field_counts() {
        let expression = ("License-Expression", "BSD-3-Clause OR MIT");
        let classifier = ("Classifier", "License :: OSI Approved :: BSD License");
        assert_eq!(told(&[classifier, expression]), of_expression("BSD-3-Clause OR MIT"));
        assert_eq!(told(&[("License", "ZPL 2.1")]), of_expression("ZPL-2.1"));
        assert_eq!(told(&[("License", "BSD-3-Clause")]), of_expression("BSD-3-Clause"));
        let own_words = Some(Licence::Name("BSD License".to_owned()));
        assert_eq!(told(&[("License", "Copyright\nall of it"), classifier]), own_words);
        assert_eq!(told(&[("License", "UNKNOWN")]), None);
    }

    #[test]
    fn a_licence_is_told_by_its_name_or_its_folder() {
        for path in [
            "a-1.dist-info/LICENSE",
            "a-1.dist-info/licenses/AUTHORS.rst",
            "a-1.dist-info/licenses/src/vendor/COPYING.LESSER",
            "a/_vendor/b/LICENCE.txt",
            "a/static/jquery/license.md",
            "a/LICENSE-2.0",
            "a/LICENSE.APACHE",
            "NOTICE",
        ] {
            assert!(is_file_of_licence(path), "{path}");
        }
        for path in
            ["a/license.py", "a/licenses/__init__.py", "a/notices.html", "a/notice.json", "a/authors.txt", "a/x"]
        {
            assert!(!is_file_of_licence(path), "{path}");
        }
    }
}
