//! What is different between two stages: files, and versions of distributions.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::stat::HashedFile;
use crate::stage::record::Record;

/// As many changed files are named.
const MOST_FILES: usize = 100;

/// Something that one of the stages has, or both have in different forms.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Change<T> {
    pub(crate) name: String,
    pub(crate) before: Option<T>,
    pub(crate) now: Option<T>,
}

/// The difference to the stage before.
#[derive(Debug, Serialize)]
pub(crate) struct Difference {
    /// Bytes of the stage before.
    bytes: u64,
    /// Its files.
    files: usize,
    /// Distributions with their versions.
    distributions: Vec<Change<String>>,
    /// How many files differ.
    changed: usize,
    /// Those whose sizes differ most, with their sizes.
    biggest: Vec<Change<u64>>,
}

/// Compares a stage with the one before it.
pub(crate) fn difference(before: &Record, now: &Record) -> Difference {
    let by_path = |record: &Record| -> BTreeMap<String, HashedFile> {
        record.tree.iter().map(|file| (file.path.clone(), file.clone())).collect()
    };
    let mut files = changes(by_path(before), by_path(now), |before, now| {
        before.sha256 == now.sha256 && before.stat.executable == now.stat.executable
    });
    let size = |file: &Option<HashedFile>| file.as_ref().map(|file| file.stat.size);
    files.sort_by_key(|change| {
        (Reverse(size(&change.before).unwrap_or(0).abs_diff(size(&change.now).unwrap_or(0))), change.name.clone())
    });
    let sized = |Change { name, before, now }: &Change<HashedFile>| Change {
        name: name.clone(),
        before: size(before),
        now: size(now),
    };
    Difference {
        bytes: before.tree.iter().map(|file| file.stat.size).sum(),
        files: before.tree.len(),
        distributions: changes(versions(before), versions(now), PartialEq::eq),
        changed: files.len(),
        biggest: files.iter().take(MOST_FILES).map(sized).collect(),
    }
}

/// Names with what each of two maps has for them, where that is not the same.
fn changes<T>(
    mut before: BTreeMap<String, T>,
    now: BTreeMap<String, T>,
    is_same: impl Fn(&T, &T) -> bool,
) -> Vec<Change<T>> {
    let mut changes = Vec::new();
    for (name, now) in now {
        match before.remove(&name) {
            Some(before) if is_same(&before, &now) => {}
            before => changes.push(Change { name, before, now: Some(now) }),
        }
    }
    changes.extend(before.into_iter().map(|(name, before)| Change { name, before: Some(before), now: None }));
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    changes
}

/// The distributions and the interpreter, by the names of their folders: `django-6.0.dist-info`.
fn versions(record: &Record) -> BTreeMap<String, String> {
    let packages = format!("python/{}/", record.python.purelib);
    let version = |path: &str| {
        let folder = path.strip_prefix(&packages)?.strip_suffix(".dist-info/METADATA")?;
        let (name, version) = folder.split_once('-')?;
        (!folder.contains('/')).then(|| (name.to_owned(), version.to_owned()))
    };
    let found = record.tree.iter().filter_map(|file| version(&file.path));
    found.chain([("CPython".to_owned(), record.python.version.clone())]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let map = |pairs: &[(&str, u8)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        let changes =
            changes(map(&[("a", 1), ("b", 1), ("c", 1)]), map(&[("b", 1), ("c", 2), ("d", 2)]), PartialEq::eq);
        let told: Vec<_> = changes.iter().map(|it| (it.name.as_str(), it.before, it.now)).collect();
        assert_eq!(told, [("a", Some(1), None), ("c", Some(1), Some(2)), ("d", None, Some(2))]);
    }
}
