//! How manifests of one version become one: what they must say alike, and what is put together.

use std::collections::BTreeMap;

/// Whether all of them say the same of something; if not, a sentence that names the first two that differ.
pub(super) fn differs<'a>(what: &str, said: impl IntoIterator<Item = (&'a str, Option<String>)>) -> Option<String> {
    let mut said = said.into_iter();
    let (first, value) = said.next()?;
    let (other, another) = said.find(|(_, other)| *other != value)?;
    let is_short = |text: &Option<String>| text.as_ref().is_none_or(|text| text.len() <= 40 && !text.contains('\n'));
    let shown = |text: Option<String>| text.map_or_else(|| "none".to_owned(), |text| format!("`{text}`"));
    let sentence = format!("{first} and {other} have another {what}");
    let both = is_short(&value) && is_short(&another);
    Some(if both { format!("{sentence}: {} and {}", shown(value), shown(another)) } else { sentence })
}

/// Puts together what the manifests say, each with its name, of each key; or a sentence for each key of which two say
/// different things.
pub(super) fn union<'a, T: Clone + PartialEq + 'a>(
    said: impl IntoIterator<Item = (&'a str, &'a String, &'a T)>,
) -> (BTreeMap<String, T>, Vec<String>) {
    let (mut all, mut wrong): (BTreeMap<String, (&str, T)>, _) = (BTreeMap::new(), Vec::new());
    for (name, key, value) in said {
        match all.get(key) {
            Some((first, there)) if there != value => {
                wrong.push(format!("{name} says something else of {key} than {first}"));
            }
            Some(_) => {}
            None => drop(all.insert(key.clone(), (name, value.clone()))),
        }
    }
    (all.into_iter().map(|(key, (_, value))| (key, value)).collect(), wrong)
}
