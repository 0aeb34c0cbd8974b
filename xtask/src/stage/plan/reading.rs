//! Whether what a process of the project read has changed since, so that running it again could give something else.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use crate::stage::model::Input;

/// What was read: files that were opened, loaded or looked for, and folders (with `/` at their end) that were listed.
pub(crate) struct Read<'a> {
    seen: BTreeSet<&'a str>,
    /// Whether a file was seen if it was read.
    is_seen_if_read: fn(&str) -> bool,
}

impl<'a> Read<'a> {
    /// By a process that may hand files to libraries in C, which nobody sees reading: compilers of style sheets do that.
    /// Sources, templates and catalogues are opened by Python alone.
    pub(crate) fn by_any_code(read: &'a [String]) -> Self {
        let is_seen_if_read = |name: &str| {
            Utf8Path::new(name).extension() == Some("py") || name.contains("/templates/") || name.contains("/locale/")
        };
        Self { seen: read.iter().map(String::as_str).collect(), is_seen_if_read }
    }

    /// By a process that only imports modules.
    pub(crate) fn by_imports(read: &'a [String]) -> Self {
        // Everything but files of the project has a name without a folder.
        Self { seen: read.iter().map(String::as_str).collect(), is_seen_if_read: |name| name.contains('/') }
    }

    /// By the compiler of bytecode, who reads each source, and of an extension module the name.
    pub(crate) fn by_compiler() -> Self {
        let is_seen_if_read =
            |name: &str| name.contains('/') && !matches!(Utf8Path::new(name).extension(), Some("py" | "so" | "pyd"));
        Self { seen: BTreeSet::new(), is_seen_if_read }
    }

    /// Whether a difference between these inputs can have been noticed.
    pub(crate) fn is_affected(&self, before: &[Input], now: &[Input]) -> bool {
        !self.affecting(before, now).is_empty()
    }

    /// The names of the inputs whose difference can have been noticed.
    pub(crate) fn affecting<'b>(&self, before: &'b [Input], now: &'b [Input]) -> BTreeSet<&'b str> {
        let (before, now) = (by_name(before), by_name(now));
        let differs = |name: &str, value: &str, other: &BTreeMap<&str, &str>| match other.get(name) {
            Some(same) if *same == value => false,
            Some(_) => !(self.is_seen_if_read)(name) || self.seen.contains(name),
            None => !(self.is_seen_if_read)(name) || self.looked_for(name, other),
        };
        let sides = [(&before, &now), (&now, &before)].into_iter();
        let noticed = sides.flat_map(|(one, other)| one.iter().filter(|(name, value)| differs(name, value, other)));
        noticed.map(|(name, _)| *name).collect()
    }

    /// Whether anybody looked where a file is on one side only: for it, for one of its folders that the other side does
    /// not have, or into the folder that they lie in.
    fn looked_for(&self, path: &str, other: &BTreeMap<&str, &str>) -> bool {
        let mut path = path;
        loop {
            let (folder, _) = path.rsplit_once('/').unwrap_or(("", path));
            let inside = format!("{folder}/");
            if self.seen.contains(path) || self.seen.contains(inside.as_str()) {
                return true;
            }
            let is_there = other.range(inside.as_str()..).next().is_some_and(|(name, _)| name.starts_with(&inside));
            if folder.is_empty() || is_there {
                return false;
            }
            path = folder;
        }
    }
}

fn by_name(inputs: &[Input]) -> BTreeMap<&str, &str> {
    inputs.iter().map(|input| (input.name.as_str(), input.value.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn affected(read: &[&str], before: &[(&str, &str)], now: &[(&str, &str)]) -> bool {
        let read: Vec<String> = read.iter().map(|read| (*read).to_owned()).collect();
        let inputs =
            |list: &[(&str, &str)]| list.iter().map(|(name, value)| Input::new(*name, *value)).collect::<Vec<_>>();
        Read::by_any_code(&read).is_affected(&inputs(before), &inputs(now))
    }

    #[test]
    fn a_file_counts_when_it_was_read() {
        let change = |read: &[&str], name: &str| affected(read, &[(name, "1")], &[(name, "2")]);
        assert!(change(&["src/a.py"], "src/a.py"));
        assert!(!change(&[], "src/a.py"));
        assert!(change(&[], "runtime"), "what is no file always counts");
        assert!(change(&[], "src/static/a.scss"), "who knows what C code reads");
        assert!(change(&["src/static/templates/a.html"], "src/static/templates/a.html"));
    }

    #[test]
    fn a_new_or_lost_file_counts_where_somebody_looked() {
        let there = ("src/app/templates/a.html", "1");
        let added = |read: &[&str], name: &str| affected(read, &[there], &[there, (name, "1")]);
        assert!(added(&["src/app/"], "src/app/new.py"));
        assert!(!added(&["src/app/"], "src/app/templates/b.html"));
        assert!(added(&["src/app/"], "src/app/locale/de/a.po"), "the folder `locale` is new itself");
        assert!(added(&["src/app/x"], "src/app/x/templates/a.html"), "it was looked for");
        assert!(affected(&["src/app/templates/"], &[there], &[]));
    }
}
