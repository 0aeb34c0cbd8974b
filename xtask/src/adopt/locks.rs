//! The locks of other tools, as requirements and the versions that they decided.

use serde::Deserialize;
use toml::{Table, Value};

use crate::adopt::facts::{Needs, Text, Tree, join};
use crate::adopt::listing::{Line, Listing, place_of, pyproject, strings};

/// A package of `pylock.toml` (PEP 751), `poetry.lock` or `pdm.lock`.
#[derive(Deserialize)]
struct Locked {
    name: String,
    version: Option<String>,
    marker: Option<String>,
    #[serde(alias = "git")]
    vcs: Option<Value>,
    source: Option<PoetrySource>,
}

#[derive(Deserialize)]
struct PoetrySource {
    r#type: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default, alias = "packages")]
    package: Vec<Locked>,
}

/// The lock of a folder, where there is one.
pub(crate) fn read(tree: &Tree, home: &str) -> Option<(Needs, Listing)> {
    let file = |name: &str| tree.texts.get(&join(home, name));
    let (text, listing) = [
        file("pylock.toml").map(|text| (text, pylock(text))),
        file("poetry.lock").map(|text| (text, poetry(tree, home, text))),
        file("pdm.lock").map(|text| (text, poetry(tree, home, text))),
        file("Pipfile.lock").map(|text| (text, pipfile(text))),
    ]
    .into_iter()
    .flatten()
    .next()?;
    Some((Needs::Listed(vec![text.path.clone()]), listing?))
}

fn pylock(file: &Text) -> Option<Listing> {
    let lock: Lock = toml::from_str(&file.text).ok()?;
    let lines = lock.package.iter().map(|package| {
        let version = package.version.as_ref().map(|version| format!("=={version}")).unwrap_or_default();
        let marker = package.marker.as_ref().map(|marker| format!(" ; {marker}")).unwrap_or_default();
        let text = if package.vcs.is_some() {
            format!("{} @ git+", package.name)
        } else {
            format!("{}{version}{marker}", package.name)
        };
        Line { place: place_of(file, &format!("name = \"{}\"", package.name)), text }
    });
    Some(Listing { lines: lines.collect(), ..Listing::default() })
}

/// What the project asks for by name, at the versions that the lock has.
fn poetry(tree: &Tree, home: &str, file: &Text) -> Option<Listing> {
    let lock: Lock = toml::from_str(&file.text).ok()?;
    let (path, table) = pyproject(tree, home)?;
    let asked = strings(table.get("project").and_then(|project| project.get("dependencies")));
    let asked = if asked.is_empty() { of_poetry(&table, false) } else { asked };
    let project = tree.texts.get(&path)?;
    let mut lines: Vec<Line> = asked.into_iter().map(|text| Line { place: place_of(project, &text), text }).collect();
    let is_from_git = |package: &&Locked| {
        let kind = package.source.as_ref().and_then(|source| source.r#type.as_deref());
        package.vcs.is_some() || matches!(kind, Some("git" | "directory"))
    };
    for package in lock.package.iter().filter(is_from_git) {
        let url = package.source.as_ref().and_then(|source| source.url.clone()).unwrap_or_default();
        let text = format!("{} @ git+{url}", package.name);
        lines.push(Line { place: place_of(file, &format!("name = \"{}\"", package.name)), text });
    }
    // One with extras may be there twice. With two versions, markers decide.
    let is_one = |package: &Locked| {
        let mut same = lock.package.iter().filter(|other| other.name == package.name);
        same.all(|other| other.version == package.version)
    };
    let pinned = lock.package.iter().filter(|package| is_one(package) && !is_from_git(package));
    let constraints = pinned.filter_map(|package| Some(format!("{}=={}", package.name, package.version.as_ref()?)));
    Some(Listing { lines, constraints: constraints.collect(), ..Listing::default() })
}

fn pipfile(file: &Text) -> Option<Listing> {
    let lock: serde_json::Value = serde_json::from_str(&file.text).ok()?;
    let lines = lock["default"].as_object()?.iter().map(|(name, package)| {
        let word = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let extras: Vec<&str> =
            package["extras"].as_array().into_iter().flatten().filter_map(|one| one.as_str()).collect();
        let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
        let markers = if word("markers").is_empty() { String::new() } else { format!(" ; {}", word("markers")) };
        let is_from_git = package.get("git").is_some();
        let text = if is_from_git {
            format!("{name} @ git+{}", word("git"))
        } else {
            format!("{name}{extras}{}{markers}", word("version"))
        };
        Line { place: place_of(file, &format!("\"{name}\"")), text }
    });
    Some(Listing { lines: lines.collect(), ..Listing::default() })
}

/// `Pipfile`, where nobody has locked it.
pub(crate) fn pipfile_without_lock(tree: &Tree, home: &str) -> Option<(Needs, Listing)> {
    let file = tree.texts.get(&join(home, "Pipfile"))?;
    let table: Table = toml::from_str(&file.text).ok()?;
    let asked = table.get("packages")?.as_table()?.iter().filter_map(|(name, value)| of_one(name, value, true));
    let lines = asked.map(|text| Line { place: place_of(file, &text), text }).collect();
    let sources = table.get("source").and_then(Value::as_array).into_iter().flatten();
    let urls = sources.filter_map(|source| source.get("url")?.as_str());
    let indexes = urls.filter(|url| !url.contains("pypi.org")).map(|url| format!("--extra-index-url {url}")).collect();
    Some((Needs::Listed(vec![file.path.clone()]), Listing { lines, indexes, ..Listing::default() }))
}

/// `[tool.poetry.dependencies]` as requirements; with or without the ranges, which a lock narrows anyway.
pub(crate) fn of_poetry(table: &Table, with_ranges: bool) -> Vec<String> {
    let poetry = table.get("tool").and_then(|tool| tool.get("poetry")?.get("dependencies")?.as_table());
    let asked = poetry.into_iter().flatten().filter(|(name, _)| !name.eq_ignore_ascii_case("python"));
    asked.filter_map(|(name, value)| of_one(name, value, with_ranges)).collect()
}

fn of_one(name: &str, value: &Value, with_ranges: bool) -> Option<String> {
    let (range, table) = match value {
        Value::String(range) => (range.as_str(), None),
        Value::Table(table) => (table.get("version").and_then(Value::as_str).unwrap_or("*"), Some(table)),
        _ => return None,
    };
    let get = |key: &str| table.and_then(|table| table.get(key));
    if get("optional").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    if let Some(url) = get("git").or(get("path")).and_then(Value::as_str) {
        return Some(format!("{name} @ git+{url}"));
    }
    let extras = strings(get("extras"));
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let marker = get("markers").and_then(Value::as_str).map(|marker| format!(" ; {marker}")).unwrap_or_default();
    let range = if with_ranges { ranges(range) } else { String::new() };
    Some(format!("{name}{extras}{range}{marker}"))
}

/// Poetry's ranges as those of the standard (PEP 440): `^1.2` is `>=1.2,<2`.
pub(crate) fn ranges(text: &str) -> String {
    text.split(',').map(|range| one_range(range.trim())).filter(|range| !range.is_empty()).collect::<Vec<_>>().join(",")
}

fn one_range(range: &str) -> String {
    if let Some(version) = range.strip_prefix('^') {
        return format!(">={version},<{}", next(version, version.split('.').position(|part| part != "0").unwrap_or(0)));
    }
    if let Some(version) = range.strip_prefix('~').filter(|version| !version.starts_with('=')) {
        return format!(">={version},<{}", next(version, usize::from(version.contains('.'))));
    }
    match range {
        "*" => String::new(),
        range if range.starts_with(|c: char| c.is_ascii_digit()) => format!("=={range}"),
        range => range.to_owned(),
    }
}

/// The version at which the part at this position has grown.
fn next(version: &str, position: usize) -> String {
    let parts = version.split('.').take(position + 1).enumerate().map(|(at, part)| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        let number: u64 = digits.parse().unwrap_or(0);
        if at == position { (number + 1).to_string() } else { number.to_string() }
    });
    parts.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_poetry_become_those_of_the_standard() {
        let check = |own: &str, standard: &str| assert_eq!(ranges(own), standard, "{own}");
        check("^5.2.1", ">=5.2.1,<6");
        check("^0.3.1", ">=0.3.1,<0.4");
        check("^0.0.7", ">=0.0.7,<0.0.8");
        check("~5.2", ">=5.2,<5.3");
        check("~=5.2", "~=5.2");
        check("*", "");
        check("5.2.1", "==5.2.1");
        check(">=4, <5.1", ">=4,<5.1");
    }

    #[test]
    fn tables_of_poetry_become_requirements() {
        let table = toml::from_str(
            "[tool.poetry.dependencies]\npython = '^3.12'\ndjango = '^5.2'\nopt = {version = '1', optional = true}\n\
             a = {version = '*', extras = ['x', 'y'], markers = \"sys_platform == 'win32'\"}\ng = {git = 'https://g'}\n",
        )
        .unwrap();
        assert_eq!(
            of_poetry(&table, true),
            ["a[x,y] ; sys_platform == 'win32'", "django>=5.2,<6", "g @ git+https://g"]
        );
    }
}
