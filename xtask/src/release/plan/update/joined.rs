//! How manifests of one version become one: what they must say alike, and what is put together.

use std::collections::BTreeMap;

/// Whether all of them say the same of something; if not, a sentence that names the first two that differ.
pub(super) fn differs<'a, T: PartialEq>(what: &str, said: impl IntoIterator<Item = (&'a str, T)>) -> Option<String> {
    let mut said = said.into_iter();
    let (first, value) = said.next()?;
    let (other, _) = said.find(|(_, other)| *other != value)?;
    Some(format!("{first} and {other} have another {what}"))
}

/// Puts together what the manifests say, each with its name, of each key; or a sentence for each key of which two say
/// different things.
pub(super) fn union<'a, T: Clone + PartialEq + 'a>(
    said: impl IntoIterator<Item = (&'a str, &'a String, &'a T)>,
) -> (BTreeMap<String, T>, Vec<String>) {
    let (mut all, mut wrong): (BTreeMap<String, T>, _) = (BTreeMap::new(), Vec::new());
    for (name, key, value) in said {
        match all.get(key) {
            Some(there) if there != value => wrong.push(format!("{name} says something else of {key}")),
            _ => drop(all.insert(key.clone(), value.clone())),
        }
    }
    (all, wrong)
}
