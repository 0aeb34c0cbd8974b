//! A list of requirements that can be locked, with the place of each line.

use toml::{Table, Value};

use crate::adopt::facts::{Place, Text, Tree, join};

/// The reason of what the command line says.
pub(crate) const SAID: &str = "you said so";

/// A requirement, where it is written, and the hashes are left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// Everything that a lock is made from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub(crate) lines: Vec<Line>,
    /// Versions that another lock has decided.
    pub(crate) constraints: Vec<String>,
    /// Where things are fetched from.
    pub(crate) indexes: Vec<String>,
    /// What was left out, with where it was asked for.
    pub(crate) dropped: Vec<Line>,
    /// Lists that another one includes and that are not among the project's files, by the path as it is written there.
    pub(crate) lost: Vec<Line>,
}

/// The strings of a list.
pub(crate) fn strings(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `pyproject.toml` of a folder.
pub(crate) fn pyproject(tree: &Tree, home: &str) -> Option<(String, Table)> {
    let path = join(home, "pyproject.toml");
    Some((path.clone(), toml::from_str(&tree.texts.get(&path)?.text).ok()?))
}

/// Where a requirement stands; the name decides where the text itself is not there.
pub(crate) fn place_of(file: &Text, requirement: &str) -> Place {
    let short = requirement.split(['=', '<', '>', '~', '!', '[', ';', ' ', '@']).next().unwrap_or(requirement);
    // Other names may have it in them.
    let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && !"-_.".contains(c));
    let is_whole = |at: &usize, text: &str, word: &str| {
        is_end(text[..*at].chars().next_back()) && is_end(text[at + word.len()..].chars().next())
    };
    let find = |text: &str, word: &str| {
        let mut found = text.match_indices(word).map(|(at, _)| at);
        found.find(|at| is_whole(at, text, word)).or_else(|| text.find(word))
    };
    let at =
        find(&file.text, requirement).or_else(|| find(&file.text.to_ascii_lowercase(), &short.to_ascii_lowercase()));
    file.place(at.unwrap_or(0))
}
