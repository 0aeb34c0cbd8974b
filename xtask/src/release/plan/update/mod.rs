//! Update manifests: what the installed programs read to find a newer version. One form for each shell.

pub(crate) mod electron;
mod joined;
pub(crate) mod offered;
pub(crate) mod tauri;

use crate::release::plan::update::electron::Manifest as Electron;
use crate::release::plan::update::tauri::Manifest as Tauri;

/// A manifest of either shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Manifest {
    /// `latest*.yml`.
    Electron(Electron),
    /// `latest.json`.
    Tauri(Tauri),
}

/// Reads either; the first character tells which, because a manifest in YAML begins with a key.
pub(crate) fn parse(text: &str) -> Result<Manifest, String> {
    if text.trim_start().starts_with('{') {
        tauri::parse(text).map(Manifest::Tauri)
    } else {
        electron::parse(text).map(Manifest::Electron)
    }
}

/// Joins manifests of one version and one form. The result does not depend on their order.
///
/// # Errors
/// Every reason why they don't fit together.
pub(crate) fn merge(manifests: Vec<(String, Manifest)>) -> Result<Manifest, Vec<String>> {
    let mut of_electron = Vec::new();
    let mut of_tauri = Vec::new();
    for (name, manifest) in manifests {
        match manifest {
            Manifest::Electron(manifest) => of_electron.push((name, manifest)),
            Manifest::Tauri(manifest) => of_tauri.push((name, manifest)),
        }
    }
    match (&of_electron[..], &of_tauri[..]) {
        ([], []) => Err(vec!["there is none".to_owned()]),
        (_, []) => electron::merge(of_electron).map(Manifest::Electron),
        ([], _) => tauri::merge(of_tauri).map(Manifest::Tauri),
        ([(yml, _), ..], [(json, _), ..]) => Err(vec![format!("{yml} is one of Electron, {json} one of Tauri")]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn files() -> impl Strategy<Value = Vec<electron::File>> {
        let file =
            (r#"[a-zA-Z0-9 ._#:'"äß-]{1,20}"#, "[A-Za-z0-9+/]{4,12}={0,2}", proptest::option::of(0_u64..1 << 40));
        let file =
            file.prop_map(|(url, sha512, size)| electron::File { url, sha512, size, ..electron::File::default() });
        proptest::collection::vec(file, 1..8)
    }

    fn manifest(files: Vec<electron::File>) -> electron::Manifest {
        electron::Manifest { version: "1.2.3".to_owned(), files, ..electron::Manifest::default() }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(files in files()) {
            let text = electron::format(&manifest(files.clone()));
            let read = electron::parse(&text).unwrap();
            let sorted = |mut files: Vec<electron::File>| {
                files.sort_by(|a, b| (&a.url, &a.sha512, a.size).cmp(&(&b.url, &b.sha512, b.size)));
                files
            };
            prop_assert_eq!(sorted(read.files), sorted(files), "{}", text);
        }

        #[test]
        fn merging_does_not_depend_on_the_order(one in files(), two in files(), three in files()) {
            let named = [one, two, three].into_iter().zip(["a", "b", "c"]);
            let manifests: Vec<_> =
                named.map(|(files, name)| (name.to_owned(), Manifest::Electron(manifest(files)))).collect();
            let backwards = manifests.iter().rev().cloned().collect();
            prop_assert_eq!(merge(manifests), merge(backwards));
        }

        #[test]
        fn no_text_makes_the_reader_fail(text in "[ -~\n]{0,200}", json in "\\{[\\{\\}\":,a-z0-9 \\[\\]]{0,80}") {
            let _ = parse(&text);
            let _ = parse(&json);
            let _ = parse(&format!("version: {text}"));
        }
    }
}
