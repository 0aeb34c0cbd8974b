//! Files of variables, `NAME=value` a line: the one of `--env-file`, and the examples that a project hands out. What a
//! developer or a server has in `.env` is nobody else's business.

use std::collections::BTreeMap;

use crate::adopt::facts::{Place, Text, Tree};
use crate::adopt::layout::{depth, pattern};

/// A value, and where it is written.
pub(crate) type Examples = BTreeMap<String, (String, Place)>;

/// Whether a file shows which variables there are: `.env.example`, `env.sample`, `example.env`.
pub(crate) fn is_example(name: &str) -> bool {
    let words: Vec<&str> = name.split(['.', '-', '_']).collect();
    let has = |of: &[&str]| words.iter().any(|word| of.contains(word));
    has(&["env", "dotenv"]) && has(&["example", "sample", "template", "dist", "defaults"])
}

/// Name, value and line of each.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (String, String, usize)> {
    text.lines().enumerate().filter_map(|(number, line)| {
        let line = line.trim();
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        let is_name = name.trim_end().chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then(|| (name.trim_end().to_owned(), unquoted(value.trim()), number + 1))
    })
}

/// Without quotes; without a comment where there are none.
fn unquoted(value: &str) -> String {
    let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.split_once(*quote));
    let bare = || value.split(" #").next().unwrap_or_default().trim_end();
    quoted.map_or_else(bare, |(inner, _)| inner).to_owned()
}

/// The values of a project's examples that may be tried on any machine: no address, since nobody knows who answers there.
/// Of two with one name the one nearer to the top counts.
pub(crate) fn examples(tree: &Tree) -> Examples {
    let mut files: Vec<&Text> = tree.texts.values().filter(|text| is_example(text.name())).collect();
    files.sort_by_key(|file| depth(&file.path));
    let (mut found, gap) = (Examples::new(), pattern(r"^(<.*>|\[[A-Za-z_][\w -]*\])$"));
    for file in files {
        for (name, value, line) in lines(&file.text) {
            let is_harmless = !value.is_empty() && value.len() < 200 && !value.contains(['{', '}', '@', '$']);
            // `<your key>` and `[FILL ME IN]` say that there is none.
            let is_gap = gap.is_match(&value);
            if is_harmless && !is_gap && !value.contains("://") {
                found.entry(name).or_insert((value, Place { file: file.path.clone(), line }));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_known_by_their_names() {
        for name in [".env.example", ".env-sample", "env.template", "example.env", ".env.local.dist", "dotenv_defaults"]
        {
            assert!(is_example(name), "{name}");
        }
        for name in [".env", ".env.local", ".env.production", "environment.yml", "example.py", "sample"] {
            assert!(!is_example(name), "{name}");
        }
    }

    #[test]
    fn lines_are_read_as_shells_write_them() {
        let text = "# A=1\nA=1\nexport B = two # why\nC=\"x # y\" # z\nD='it''s'\nE=\n\nnot a line\nF G=1\n";
        let found: Vec<_> = lines(text).map(|(name, value, line)| format!("{line} {name}={value}")).collect();
        assert_eq!(found, ["2 A=1", "3 B=two", "4 C=x # y", "5 D=it", "6 E="]);
    }
}
