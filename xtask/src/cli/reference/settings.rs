//! The page about `dds.toml` and the schema that editors read, both made from the types of the configuration.

use std::fmt::Write;

use expect_test::expect_file;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::base::config::Config;
use crate::base::config::prune::{PACKAGES, PYTHON, Rule};

/// The file that editors read.
const SCHEMA: &str = "docs/reference/dds.schema.json";

/// The page.
pub(super) fn page(origin: &str) -> String {
    let mut page = format!(
        "{origin}# dds.toml\n\nThe facts of the project: what a fork changes. A key that is not known is refused, with its line and \
         the keys that are valid there; so is a value that can't be. The comments in the file say the same in short.\n\n\
         Editors that follow the first line of the file to its schema, `{SCHEMA}`, complete keys and say the same while you \
         type: Taplo, for one, and Even Better TOML in VS Code.\n"
    );
    write_section(&mut page, "", &schema());
    page += "\n## What is left out by default\n\nNothing that a program may import or read. `python.keep` and `packages.keep` \
             take a row back by its name; `packaged-stage --explain` says what each saved.\n";
    for (key, rules) in [("python", PYTHON), ("packages", PACKAGES)] {
        let _ = write!(page, "\n| `{key}.keep` | what is left out | patterns |\n| --- | --- | --- |\n");
        for Rule { name, what, globs } in rules {
            let globs: Vec<String> = globs.iter().map(|glob| format!("`{glob}`")).collect();
            let _ = writeln!(page, "| `{name}` | {} | {} |", cell(what), cell(&globs.join(" ")));
        }
    }
    page += "\n## The file of this repository\n\n```{literalinclude} ../../dds.toml\n:language: toml\n```\n";
    page
}

/// A text that stays within its cell of a table.
pub(super) fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

/// Of an older draft, which every editor knows.
fn schema() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<Config>().into()
}

/// A section with its table of keys, then the sections below it.
fn write_section(page: &mut String, path: &str, section: &Value) {
    if !path.is_empty() {
        let about = description(section);
        let about = about.trim_start_matches(&format!("`[{path}]`")).trim_start_matches([':', '.', ' ']);
        let _ = write!(page, "\n## `[{path}]`\n\n{}\n", capital(about));
    }
    let keys = keys(path).into_iter().map(|key| (section["properties"][&key].clone(), key));
    let (below, plain): (Vec<_>, Vec<_>) = keys.partition(|(key, _)| key["properties"].is_object());
    if !plain.is_empty() {
        page.push_str("\n| key | is | default | what |\n| --- | --- | --- | --- |\n");
    }
    for (about, key) in plain {
        let is_needed = section["required"].as_array().is_some_and(|required| required.iter().any(|name| *name == key));
        let row = [format!("`{key}`"), kind(&about).to_owned(), default(&about, is_needed), description(&about)];
        let _ = writeln!(page, "| {} |", row.map(|text| cell(&text)).join(" | "));
    }
    for (section, key) in below {
        write_section(page, format!("{path}.{key}").trim_start_matches('.'), &section);
    }
}

/// What a value is, in a reader's words.
fn kind(key: &Value) -> &'static str {
    let of = |kind: &str| key["type"] == kind || key["type"][0] == kind;
    match () {
        () if key["anyOf"].is_array() && key.to_string().contains("\"boolean\"") => "text, list or false",
        () if key["anyOf"].is_array() => kind(&key["anyOf"][0]),
        () if key["oneOf"].is_array() => kind(&key["oneOf"][0]),
        () if of("array") && key["items"]["anyOf"].is_array() => "list of commands",
        () if key["format"] == "path" => "path",
        () if of("string") => "text",
        () if of("array") => "list of texts",
        () if of("boolean") => "true or false",
        () if of("integer") => "number",
        () => "table",
    }
}

fn default(key: &Value, is_needed: bool) -> String {
    match &key["default"] {
        Value::Null if is_needed => "*needed*".to_owned(),
        Value::Null => "none".to_owned(),
        value if value == "" => "derived".to_owned(),
        value => format!("`{value}`"),
    }
}

/// What the docs of a type or field say, without the links that only rustdoc understands.
fn description(of: &Value) -> String {
    of["description"].as_str().unwrap_or_default().replace("[`", "`").replace("`]", "`")
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// The keys of a section in their order: serde lists them when it meets another one.
fn keys(path: &str) -> Vec<String> {
    let heading = if path.is_empty() { String::new() } else { format!("[{path}]\n") };
    let error = Config::parse(&format!("{heading}no-such-key = 1\n")).err().map(|fault| fault.to_string());
    let error = error.unwrap_or_default();
    let (_, expected) = error.split_once("unknown field `no-such-key`, expected ").unwrap_or_default();
    let (expected, _) = expected.split_once('\n').unwrap_or_default();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_schema_is_fresh() {
    expect_file!["../../../../docs/reference/dds.schema.json"].assert_eq(&format!("{:#}\n", schema()));
}

#[test]
fn the_file_names_its_schema() {
    let first = include_str!("../../../../dds.toml").lines().next();
    assert_eq!(first, Some(format!("#:schema {SCHEMA}").as_str()));
}

/// What serde refuses, the schema refuses; what it takes, the schema knows, and asks for nothing that the file lacks.
#[test]
fn schema_and_types_say_the_same() {
    fn compare(path: &str, section: &Value, facts: &toml::Table) {
        let known = section["properties"].as_object().unwrap();
        let mut keys = keys(path);
        keys.sort_unstable();
        assert_eq!(keys, known.keys().cloned().collect::<Vec<_>>(), "[{path}]");
        assert_eq!(section["additionalProperties"], false, "[{path}] takes keys that nobody knows");
        for needed in section["required"].as_array().into_iter().flatten() {
            assert!(facts.contains_key(needed.as_str().unwrap()), "[{path}] lacks {needed}");
        }
        for (key, value) in facts {
            let path = format!("{path}.{key}");
            match value.as_table() {
                Some(table) => compare(path.trim_start_matches('.'), &known[key], table),
                None => assert_eq!(kind(&known[key]) == "number", value.is_integer(), "{path}"),
            }
        }
    }
    compare("", &schema(), &toml::from_str(include_str!("../../../tests/fixtures/project/dds.toml")).unwrap());
}
