//! The page about `dds.toml`, read from the types themselves: fields, their docs, and what serde is told about them.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::base::config::Config;
use crate::base::config::prune::{PACKAGES, PYTHON, Rule};

/// A field of a section.
#[derive(Clone)]
struct Field {
    key: String,
    kind: String,
    docs: String,
    /// What stands in its `#[serde(…)]`.
    serde: String,
}

impl Field {
    /// What its value is, in a reader's words.
    fn is(&self) -> String {
        let kind = between(&self.kind, "Option<", ">").unwrap_or(&self.kind);
        match kind.rsplit("::").next().unwrap_or(kind) {
            "String" => "text".to_owned(),
            "Vec<String>" => "list of texts".to_owned(),
            "Utf8PathBuf" => "path".to_owned(),
            "bool" => "true or false".to_owned(),
            "usize" | "u64" | "u32" | "u16" => "number".to_owned(),
            other => format!("`{other}`"),
        }
    }
}

/// A type that stands for a section.
#[derive(Clone, Default)]
struct Section {
    docs: String,
    fields: Vec<Field>,
}

/// All types of the configuration, and the functions that give defaults.
struct Types {
    sections: BTreeMap<String, Section>,
    defaults: BTreeMap<String, String>,
}

/// The page.
pub(super) fn page(origin: &str) -> String {
    let types = Types::read();
    let mut page = format!(
        "{origin}# dds.toml\n\nThe facts of the project: what a fork changes. A key that is not known is refused, with its line and \
         the keys that are valid there; so is a value that can't be. The comments in the file say the same in short.\n"
    );
    types.write_section(&mut page, "", "Config");
    page += "\n## What is left out by default\n\nNothing that a program may import or read. `python.keep` and `packages.keep` \
             take a row back by its name; `packaged-stage --explain` says what each saved.\n";
    for (key, rules) in [("python", PYTHON), ("packages", PACKAGES)] {
        let _ = write!(page, "\n| `{key}.keep` | what is left out | patterns |\n| --- | --- | --- |\n");
        for Rule { name, what, globs } in rules {
            let globs: Vec<String> = globs.iter().map(|glob| format!("`{glob}`")).collect();
            let _ = writeln!(page, "| `{name}` | {} | {} |", super::cell(what), super::cell(&globs.join(" ")));
        }
    }
    page += "\n## The file of this repository\n\n```{literalinclude} ../../dds.toml\n:language: toml\n```\n";
    page
}

impl Types {
    fn read() -> Self {
        let mut types = Self { sections: BTreeMap::new(), defaults: BTreeMap::new() };
        let folder = super::repository().join("xtask/src/base/config");
        let mut files: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().collect();
        files.sort_by_key(std::fs::DirEntry::file_name);
        for file in files {
            types.take(&super::read(&format!("xtask/src/base/config/{}", file.file_name().display())));
        }
        types
    }

    /// Takes over what a file declares. Fields stand on a line each, as rustfmt leaves them.
    fn take(&mut self, source: &str) {
        let (mut docs, mut serde, mut inside) = (Vec::new(), String::new(), None::<String>);
        let mut lines = source.lines();
        while let Some(line) = lines.next() {
            let text = line.trim();
            if let Some(doc) = text.strip_prefix("///") {
                docs.push(doc.trim().to_owned());
            } else if let Some(attribute) = text.strip_prefix("#[serde(") {
                serde += attribute.trim_end_matches(")]");
            } else if let Some(name) = between(text, "pub(crate) struct ", " {") {
                self.sections.insert(name.to_owned(), Section { docs: docs.join(" "), fields: Vec::new() });
                (inside, docs, serde) = (Some(name.to_owned()), Vec::new(), String::new());
            } else if let (Some(name), Some((key, kind))) = (
                &inside,
                text.strip_prefix("pub(crate) ").and_then(|field| field.trim_end_matches(',').split_once(": ")),
            ) {
                let key = between(&serde, "rename = \"", "\"").map_or_else(|| key.replace('_', "-"), str::to_owned);
                let field =
                    Field { key, kind: kind.to_owned(), docs: docs.join(" "), serde: std::mem::take(&mut serde) };
                self.sections.entry(name.clone()).or_default().fields.push(field);
                docs.clear();
            } else if let Some(name) = between(text, "fn ", "() -> ") {
                let body = lines.next().unwrap_or_default().trim().trim_end_matches(".to_owned()");
                self.defaults.insert(name.to_owned(), body.to_owned());
            } else if line == "}" {
                inside = None;
                docs.clear();
            } else if !text.starts_with("#[") && inside.is_none() {
                docs.clear();
                serde.clear();
            }
        }
    }

    /// A section with its table of keys, then the sections below it.
    fn write_section(&self, page: &mut String, path: &str, name: &str) {
        let Some(section) = self.sections.get(name) else { return };
        let (plain, below): (Vec<_>, Vec<_>) =
            section.fields.iter().partition(|field| self.section_of(&field.kind).is_none());
        if !path.is_empty() {
            let about = section.docs.split_once("`: ").map_or(section.docs.as_str(), |(_, about)| about);
            let about = about.trim_start_matches(&format!("`[{path}]`")).trim_start_matches(". ");
            let _ = write!(page, "\n## `[{path}]`\n\n{}\n", capital(about));
        }
        if !plain.is_empty() {
            page.push_str("\n| key | is | default | what |\n| --- | --- | --- | --- |\n");
        }
        for field in plain {
            let row = [format!("`{}`", field.key), field.is(), self.default(field), link_free(&field.docs)];
            let _ = writeln!(page, "| {} |", row.map(|cell| super::cell(&cell)).join(" | "));
        }
        for field in below {
            let path = if path.is_empty() { field.key.clone() } else { format!("{path}.{}", field.key) };
            let (name, is_map) = self.section_of(&field.kind).unwrap_or_default();
            self.write_section(page, &if is_map { format!("{path}.NAME") } else { path }, &name);
        }
    }

    /// The type behind a field that is a section of its own, and whether there is one for each of some names.
    fn section_of(&self, kind: &str) -> Option<(String, bool)> {
        let is_map = kind.contains("BTreeMap<");
        let name = kind.trim_end_matches('>').rsplit(['<', ':', ' ']).next()?;
        self.sections.contains_key(name).then(|| (name.to_owned(), is_map))
    }

    fn default(&self, field: &Field) -> String {
        if let Some(function) = between(&field.serde, "default = \"", "\"") {
            return self.defaults.get(function).map_or_else(|| "*set*".to_owned(), |body| format!("`{body}`"));
        }
        match (field.serde.contains("default"), field.kind.as_str()) {
            (true, kind) if kind.starts_with("Vec<") => "`[]`".to_owned(),
            (true, "bool") => "`false`".to_owned(),
            (_, kind) if kind.starts_with("Option<") => "none".to_owned(),
            (true, _) => "*empty*".to_owned(),
            (false, _) => "*needed*".to_owned(),
        }
    }
}

fn between<'a>(text: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    let rest = text.split_once(before)?.1;
    rest.find(behind).map(|end| &rest[..end])
}

/// Docs without the links that only rustdoc understands.
fn link_free(docs: &str) -> String {
    docs.replace("[`", "`").replace("`]", "`")
}

fn capital(text: &str) -> String {
    let text = link_free(text);
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// What serde says that a section may have: it lists that when it meets another key.
fn keys_by_serde(path: &str) -> Vec<String> {
    let error = Config::parse(&format!("[{path}]\nno-such-key = 1\n")).err().map(|fault| fault.to_string());
    let error = error.unwrap_or_default();
    let (_, expected) = error.split_once("unknown field `no-such-key`, expected ").unwrap_or_default();
    let (expected, _) = expected.split_once('\n').unwrap_or_default();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_page_has_every_key_that_serde_knows() {
    let page = page("");
    let paths: Vec<&str> = page.lines().filter_map(|line| between(line, "## `[", "]`")).collect();
    assert!(paths.len() > 5, "the types are not where this test looks for them");
    for path in paths.iter().filter(|path| !path.contains("NAME")) {
        let keys = keys_by_serde(path);
        assert!(!keys.is_empty(), "serde does not know the section [{path}]");
        let (_, section) = page.split_once(&format!("## `[{path}]`")).unwrap_or_default();
        let section = section.split("\n## ").next().unwrap_or_default();
        for key in keys {
            let is_there = section.contains(&format!("| `{key}` |"));
            assert!(is_there || paths.contains(&format!("{path}.{key}").as_str()), "the page lacks {path}.{key}");
        }
    }
}
