//! Update manifests: what the installed programs read to find a newer version. One form for each shell.

pub(crate) mod blockmap;
pub(crate) mod electron;
pub(crate) mod tauri;
pub(crate) mod version;

use self::electron::Manifest as Electron;
use self::tauri::Manifest as Tauri;

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

/// Whether all of them say the same of something; if not, a sentence that names the first two that differ.
fn differs<'a, T: PartialEq>(what: &str, named: impl IntoIterator<Item = (&'a str, T)>) -> Option<String> {
    let mut named = named.into_iter();
    let (first, value) = named.next()?;
    let (other, _) = named.find(|(_, other)| *other != value)?;
    Some(format!("{first} and {other} have another {what}"))
}
