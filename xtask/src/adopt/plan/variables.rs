//! The variables that a server would set: what they are on a person's machine.

use std::collections::BTreeMap;

use crate::adopt::env_files::Examples;
use crate::adopt::facts::{Variable, WORD};
use crate::adopt::reads::is_engine;

/// A line of `[backend.env]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) reason: String,
}

/// What is set before the settings are imported.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// What was decided.
    pub(crate) set: Vec<Set>,
    /// What a person has decided.
    pub(crate) own: BTreeMap<String, String>,
    /// Everything else that the settings read. Whether they fail without it only an import tells.
    pub(crate) others: Vec<Variable>,
    /// What the project's own examples say.
    pub(crate) examples: Examples,
}

impl Environment {
    /// Decides for variables that the settings read; `own` is a person's `[backend.env]`.
    pub(crate) fn new(variables: &[Variable], own: BTreeMap<String, String>, examples: Examples) -> Self {
        let mut env = Self { own, examples, ..Self::default() };
        for variable in variables {
            let Some((value, why)) = known(variable).filter(|_| is_needed(variable)) else {
                env.others.push(variable.clone());
                continue;
            };
            let place = variable.place.as_ref().map_or_else(String::new, ToString::to_string);
            let reason = format!("{place}: {why}");
            env.set.push(Set { name: variable.name.clone(), value: value.to_owned(), reason });
        }
        env
    }

    /// The variable that a failed import speaks of, which nothing has set yet.
    pub(crate) fn named_in(&self, told: &str, is_set: impl Fn(&str) -> bool) -> Option<Variable> {
        let unset = || self.others.iter().filter(|variable| !is_set(&variable.name));
        if let Some(mut fields) = wrong_fields(told) {
            return fields.find_map(|field| {
                let (name, end) = (field.to_uppercase(), format!("_{}", field.to_uppercase()));
                unset().find(|variable| variable.name == name || variable.name.ends_with(&end)).cloned()
            });
        }
        let mut words = told.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.len() > 3);
        words.find_map(|word| unset().find(|variable| variable.name == word).cloned())
    }

    /// What a variable is on a desktop, or else the project's example, or something harmless of the right kind, with which
    /// the settings can be imported.
    pub(crate) fn stand_in(&self, variable: &Variable) -> String {
        let known = known(variable).map(|(value, _)| value.to_owned());
        let example = || self.examples.get(&variable.name).map(|(value, _)| value.clone());
        known.or_else(example).unwrap_or_else(|| harmless(variable))
    }

    /// Where the stand-in comes from, in words that go on after "has"; nothing for what is known.
    pub(crate) fn guess(&self, variable: &Variable) -> Option<String> {
        let example = self.examples.get(&variable.name);
        let words = example.map_or_else(|| "only a stand-in".to_owned(), |(_, place)| format!("the value in {place}"));
        known(variable).is_none().then_some(words)
    }

    /// The variables of an import, placeholders as they are.
    pub(crate) fn values(&self) -> BTreeMap<String, String> {
        let decided = self.set.iter().map(|set| (set.name.clone(), set.value.clone()));
        let mut values: BTreeMap<String, String> = decided.collect();
        values.extend(self.own.clone());
        values
    }
}

/// The fields that pydantic finds wrong. It names each in a line of its own, above what is wrong with it.
pub(crate) fn wrong_fields(told: &str) -> Option<impl Iterator<Item = &str>> {
    let mut lines = told.lines();
    lines.next().filter(|first| first.contains(" validation error"))?;
    Some(lines.filter(|line| !line.starts_with(' ') && !line.is_empty()))
}

/// Whether the settings fail without it, or are those of a developer.
fn is_needed(variable: &Variable) -> bool {
    let Some(default) = &variable.default else { return true };
    let is_on = ["true", "1", "on", "yes"].contains(&default.to_lowercase().as_str());
    let is_server = ["postgres", "mysql", "oracle"].iter().any(|engine| default.contains(engine));
    let is_on = is_on || variable.kind == "debug-unless-false";
    variable.kind.starts_with(WORD)
        || is_debug(variable) && is_on
        || (variable.kind == "db" || is_database(&variable.name)) && is_server
}

fn is_debug(variable: &Variable) -> bool {
    variable.kind.starts_with("debug") || matches!(&*variable.name, "DEBUG" | "DJANGO_DEBUG" | "APP_DEBUG")
}

fn is_database(name: &str) -> bool {
    name.ends_with("DATABASE_URL") || name.ends_with("DB_URL")
}

/// Why a database is `SQLite`.
const OF_A_FILE: &str = "a file instead of a server";

/// Variables whose meaning on a desktop is known.
fn known(variable: &Variable) -> Option<(&str, &'static str)> {
    let name = variable.name.as_str();
    if let Some(word) = variable.kind.strip_prefix(WORD) {
        let why = if is_engine(name) { OF_A_FILE } else { "the settings of a server, not of a developer" };
        return Some((word, why));
    }
    Some(match (name, variable.kind.as_str()) {
        (_, "debug-unless-false") => ("False", "off, as on a server"),
        _ if is_debug(variable) => ("0", "off, as on a server"),
        (_, "db") => ("sqlite:///{data}/app.sqlite3", OF_A_FILE),
        _ if is_database(name) => ("sqlite:///{data}/app.sqlite3", OF_A_FILE),
        (_, "cache") => ("locmemcache://", "no cache server"),
        (_, "email") => ("consolemail://", "no mail server"),
        _ if name.ends_with("SECRET_KEY") && !name.contains("AWS") => ("{secret}", "the installation's own"),
        _ if name.ends_with("ALLOWED_HOSTS") => ("127.0.0.1,localhost", "the window's address"),
        _ if is_engine(name) => ("django.db.backends.sqlite3", OF_A_FILE),
        _ if is_part_of_database(name) && is_name_of_database(name) => ("app.sqlite3", OF_A_FILE),
        _ if is_part_of_database(name) => ("0", "SQLite needs none"),
        ("MEDIA_ROOT", _) => ("{data}/media", "the person's own"),
        ("STATIC_ROOT", _) => ("{static}", "where they are collected"),
        ("PORT", _) => ("{port}", "the window's address"),
        _ => return None,
    })
}

/// Where a database server is and who logs in: with `SQLite` nobody asks.
fn is_part_of_database(name: &str) -> bool {
    let starts = ["DB_", "POSTGRES_", "POSTGRESQL_", "PG", "MYSQL_", "DATABASE_", "SQL_"];
    let ends = ["NAME", "USER", "PASSWORD", "HOST", "PORT", "DB", "DATABASE", "PASS", "USERNAME"];
    starts.iter().any(|start| name.starts_with(start)) && ends.iter().any(|end| name.ends_with(end))
}

/// What is a file's name with `SQLite`.
fn is_name_of_database(name: &str) -> bool {
    ["NAME", "DB", "DATABASE"].iter().any(|end| name.ends_with(end)) && !name.ends_with("USERNAME")
}

/// Whether a variable names a folder, by its name.
pub(crate) fn is_folder(name: &str) -> bool {
    ["_DIR", "_ROOT", "_PATH", "_FOLDER", "_HOME", "_TMP"].iter().any(|end| name.ends_with(end))
}

/// Something that the settings can read.
fn harmless(variable: &Variable) -> String {
    let name = variable.name.as_str();
    let text = match variable.kind.as_str() {
        "bool" | "int" => "0",
        "list" => "",
        "json list" => "[]",
        "json dict" => "{}",
        "base64" => "dW5zZXQ=",
        _ if name.replace("TIME_ZONE", "TZ").split('_').any(|part| part == "TZ" || part == "TIMEZONE") => "UTC",
        _ if name.ends_with("LANGUAGE_CODE") => "en",
        _ if is_folder(name) => return format!("{{data}}/{}", name.to_lowercase().replace('_', "-")),
        _ if name.ends_with("PORT") => "0",
        _ if name.ends_with("HOST") => "127.0.0.1",
        _ if name.contains("REDIS") => "redis://127.0.0.1:6379/0",
        _ if name.contains("BROKER") => "memory://",
        // Empty is off for Sentry, and an address without a key an error; that of the admin is a part of the program's own.
        _ if name.contains("SENTRY") => "",
        _ if name.ends_with("ADMIN_URL") => "admin/",
        _ if name.ends_with("URL") || name.ends_with("URI") || name.ends_with("DSN") => "http://127.0.0.1",
        _ if name.contains("EMAIL") || name.contains("MAIL_FROM") => "nobody@localhost",
        _ => "unset",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, kind: &str, default: Option<&str>, expected: Option<&str>) {
        let variable =
            Variable { name: name.to_owned(), default: default.map(str::to_owned), kind: kind.to_owned(), place: None };
        let env = Environment::new(&[variable], BTreeMap::new(), Examples::new());
        assert_eq!(env.set.first().map(|set| set.value.as_str()), expected, "{name}");
    }

    #[test]
    fn a_variable_has_the_value_of_a_desktop() {
        check("SECRET_KEY", "str", None, Some("{secret}"));
        check("DATABASE_URL", "str", None, Some("sqlite:///{data}/app.sqlite3"));
        check("DATABASE_URL", "db", Some("postgres://localhost/shop"), Some("sqlite:///{data}/app.sqlite3"));
        check("DATABASE_URL", "db", Some("sqlite:///db.sqlite3"), None);
        check("DEBUG", "bool", Some("True"), Some("0"));
        check("DEBUG", "bool", Some("False"), None);
        check("POSTGRES_PASSWORD", "str", None, Some("0"));
        check("DB_USERNAME", "str", None, Some("0"));
        check("DB_NAME", "str", None, Some("app.sqlite3"));
        check("PGDATABASE", "str", None, Some("app.sqlite3"));
        check("STRIPE_KEY", "str", None, None);
        check("DJANGO_ENV", "word production", Some("development"), Some("production"));
        check("DB_ENGINE", "word sqlite", Some("postgresql"), Some("sqlite"));
        check("DB_ENGINE", "str", None, Some("django.db.backends.sqlite3"));
    }

    #[test]
    fn what_an_import_fails_without_gets_a_stand_in() {
        let check = |name: &str, kind: &str, expected: &str| {
            let (name, kind) = (name.to_owned(), kind.to_owned());
            let variable = Variable { name, default: None, kind, place: None };
            let read = Variable { default: Some(String::new()), ..variable.clone() };
            let env = Environment::new(&[read], BTreeMap::new(), Examples::new());
            assert_eq!(env.stand_in(&variable), expected, "{}", variable.name);
            assert_eq!(env.named_in(&format!("set {}!", variable.name), |_| false).as_ref(), env.others.first());
            assert_eq!(env.named_in(&format!("set {}!", variable.name), |_| true), None);
        };
        check("REDIS_URL", "str", "redis://127.0.0.1:6379/0");
        check("STRIPE_KEY", "str", "unset");
        check("PAGE_SIZE", "int", "0");
        check("SECRET_KEY", "str", "{secret}");
        check("MEDIA_ROOT", "str", "{data}/media");
        check("UPLOAD_TMP", "str", "{data}/upload-tmp");
        check("REDIS_CACHE_HOST", "str", "127.0.0.1");
        check("SENTRY_DSN", "str", "");
        check("DJANGO_ADMIN_URL", "str", "admin/");
    }
}
