//! Licences as packages tell them: an SPDX expression, one of the fields that came before it, or a classifier.

use serde_json::{Value, json};

/// What a package may be used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Licence {
    /// An SPDX expression.
    Expression(String),
    /// The package's own words.
    Name(String),
}

impl Licence {
    /// As the format has it.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Expression(expression) => json!({ "expression": expression }),
            Self::Name(name) => json!({ "license": { "name": name } }),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(headers: &[(&str, &str)]) -> Option<String> {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        of_metadata(&headers).map(|licence| licence.value().to_string())
    }

    #[test]
    fn the_newest_field_counts() {
        let expression = ("License-Expression", "BSD-3-Clause OR MIT");
        let classifier = ("Classifier", "License :: OSI Approved :: BSD License");
        assert_eq!(told(&[classifier, expression]).as_deref(), Some(r#"{"expression":"BSD-3-Clause OR MIT"}"#));
        assert_eq!(told(&[("License", "ZPL 2.1")]).as_deref(), Some(r#"{"expression":"ZPL-2.1"}"#));
        assert_eq!(told(&[("License", "BSD-3-Clause")]).as_deref(), Some(r#"{"expression":"BSD-3-Clause"}"#));
        assert_eq!(
            told(&[("License", "Copyright\nall of it"), classifier]).as_deref(),
            Some(r#"{"license":{"name":"BSD License"}}"#)
        );
        assert_eq!(told(&[("License", "UNKNOWN")]), None);
    }
}
