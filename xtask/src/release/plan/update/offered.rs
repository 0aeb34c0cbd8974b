//! What electron-builder's `latest*.yml` say, against the files that they name.

use crate::release::plan::update::electron::{Manifest, objections};

/// What is wrong with the manifest of this name, which should offer a version. `there` tells the bytes of the file of a name, and its SHA-512 in
/// base64 where the bytes were looked at.
pub(crate) fn findings<'a>(
    name: &str,
    manifest: &Manifest,
    version: &str,
    there: impl Fn(&str) -> Option<(u64, Option<&'a str>)>,
) -> Vec<String> {
    let mut wrong = objections(name, manifest);
    if manifest.version != version {
        wrong.push(format!("offers the version {} and not {version}", manifest.version));
    }
    for file in manifest.all() {
        let name = &file.url;
        let Some((bytes, sha512)) = there(name) else {
            wrong.push(format!("names {name}, which is not there"));
            continue;
        };
        if let Some(size) = file.size.filter(|size| *size != bytes) {
            wrong.push(format!("says that {name} has {size} bytes; it has {bytes}"));
        }
        if sha512.is_some_and(|sha512| sha512 != file.sha512) {
            wrong.push(format!("names another SHA-512 of {name} than it has"));
        }
    }
    wrong.dedup();
    wrong
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::release::plan::update::electron::parse;

    const GOOD: &str = "version: 1.2.3\nfiles:\n  - url: a.zip\n    sha512: AAAA==\n    size: 5\n  - url: a.dmg\n    sha512: BBBB==\n    size: 6\npath: a.zip\nsha512: AAAA==\nreleaseDate: '2026-11-22T10:00:00.000Z'\n";

    fn check(text: &str, expected: &Expect) {
        let there = |name: &str| match name {
            "a.zip" => Some((5, Some("AAAA=="))),
            "a.dmg" => Some((6, None)),
            _ => None,
        };
        expected.assert_eq(&match parse(text) {
            Ok(manifest) => findings("latest.yml", &manifest, "1.2.3", there).join("\n"),
            Err(why) => why,
        });
    }

    #[test]
    fn a_manifest_of_electron_builder_is_right() {
        check(GOOD, &expect![""]);
    }

    #[test]
    fn each_mistake_is_named() {
        check(
            &GOOD
                .replace("1.2.3", "1.2.2")
                .replace("size: 6", "size: 7")
                .replace("AAAA", "CCCC")
                .replace("path: a.zip", "path: b.zip"),
            &expect![[r"
                names b.zip at its top, and a.zip first in its list
                offers the version 1.2.2 and not 1.2.3
                names another SHA-512 of a.zip than it has
                says that a.dmg has 7 bytes; it has 6
                names b.zip, which is not there"]],
        );
        check("version: 1.2.3\n", &expect!["it has no text `path`"]);
        check("", &expect!["it is not one YAML document"]);
        assert!(parse("a: [").unwrap_err().starts_with("it is not YAML"));
    }
}
