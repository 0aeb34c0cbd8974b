//! The places that hold the version of the app: what each is like with another one, and whether that is newer.

use std::fmt;

use camino::Utf8PathBuf;
use semver::Version;
use toml_edit::{DocumentMut, Item, Value};

use crate::base::fault::{Fault, Result};
use crate::release::plan::notes::section;

/// How a file holds the version.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// Under a key of a TOML file: its tables and itself.
    Key(&'static [&'static str]),
    /// In the entry of this package in `uv.lock` or `Cargo.lock`.
    Lock(String),
    /// In a file of npm, so many times.
    Npm(usize),
    /// `__version__ = "…"`.
    Module,
}

/// A file that holds the version.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Relative to the repository root.
    pub(crate) path: Utf8PathBuf,
    pub(crate) form: Form,
    /// It has the form that Python's packaging wants: `1.2.0rc1` for `1.2.0-rc.1`.
    pub(crate) of_python: bool,
}

/// A file as it is and as it will be.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) path: Utf8PathBuf,
    /// What it is about: `0.1.0 -> 0.2.0`.
    pub(crate) what: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "edit    {}  {}", self.path, self.what)
    }
}

impl Place {
    /// The file with another version.
    ///
    /// # Errors
    /// It holds no version, or one that is not older.
    pub(crate) fn edit(&self, text: &str, version: &Version) -> Result<Edit> {
        let path = &self.path;
        let wanted = if self.of_python { python(version)? } else { version.to_string() };
        let (old, after) = self.form.with(text, &wanted).ok_or_else(|| {
            Fault::new(format!("{path} holds no version")).hint(format!("`git diff {path}` may tell where it went"))
        })?;
        match old.as_deref().map(read) {
            Some(Some(old)) if old >= *version => {
                return Err(Fault::usage(format!("{version} is not newer than {old}, which {path} has"))
                    .hint("give a higher version: an updater never goes back"));
            }
            _ => {}
        }
        let what = format!("{} -> {wanted}", old.as_deref().unwrap_or("no version"));
        Ok(Edit { path: path.clone(), what, before: text.to_owned(), after })
    }
}

impl Form {
    /// The version that a text has, where it may be left out, and the text with another one.
    fn with(&self, text: &str, version: &str) -> Option<(Option<String>, String)> {
        match self {
            Self::Key(path) => in_toml(text, version, |document| {
                let (last, tables) = path.split_last()?;
                let table = tables.iter().try_fold(document.as_item_mut(), |item, key| item.get_mut(key))?;
                Some(table.as_table_like_mut()?.entry(last).or_insert_with(|| Item::None))
            }),
            Self::Lock(name) => in_toml(text, version, |document| {
                let packages = document.get_mut("package")?.as_array_of_tables_mut()?;
                let own = |package: &toml_edit::Table| package.get("name").and_then(Item::as_str) == Some(name);
                packages.iter_mut().find(|package| own(package))?.get_mut("version")
            }),
            Self::Npm(times) => replaced(text, "\"version\": \"", version, *times),
            Self::Module => replaced(text, "__version__ = \"", version, 1),
        }
    }
}

/// Sets a value in TOML; everything around it stays.
fn in_toml(
    text: &str,
    version: &str,
    find: impl Fn(&mut DocumentMut) -> Option<&mut Item>,
) -> Option<(Option<String>, String)> {
    let mut document: DocumentMut = text.parse().ok()?;
    let item = find(&mut document)?;
    let old = item.as_str().map(str::to_owned);
    let mut new = Value::from(version);
    if let Some(value) = item.as_value() {
        *new.decor_mut() = value.decor().clone();
    }
    *item = Item::Value(new);
    Some((old, document.to_string()))
}

/// Replaces what stands in quotes behind the first so many marks, which all have the same.
fn replaced(text: &str, mark: &str, version: &str, times: usize) -> Option<(Option<String>, String)> {
    let from = text.find(mark)? + mark.len();
    let old = &text[from..from + text[from..].find('"')?];
    let (whole, new) = (format!("{mark}{old}\""), format!("{mark}{version}\""));
    Some((Some(old.to_owned()), text.replacen(&whole, &new, times)))
}

/// A version as the packaging of Python has it.
fn python(version: &Version) -> Result<String> {
    const KINDS: [(&str, &str); 3] = [("alpha.", "a"), ("beta.", "b"), ("rc.", "rc")];
    let core = format!("{}.{}.{}", version.major, version.minor, version.patch);
    if version.pre.is_empty() {
        return Ok(core);
    }
    let number = |kind: &str| version.pre.strip_prefix(kind).filter(|number| number.parse::<u32>().is_ok());
    KINDS.iter().find_map(|(kind, short)| Some(format!("{core}{short}{}", number(kind)?))).ok_or_else(|| {
        Fault::usage(format!("Python has no word for `{}`, the end of {version}", version.pre))
            .hint("name a pre-release like 1.2.0-alpha.1, 1.2.0-beta.1 or 1.2.0-rc.1")
    })
}

/// A version in either form; nothing where it is none that can be compared.
fn read(text: &str) -> Option<Version> {
    let of_python = || {
        let at = text.find(|c: char| c.is_ascii_alphabetic())?;
        let (core, rest) = text.split_at(at);
        let kinds = [("a", "alpha"), ("b", "beta"), ("rc", "rc")];
        let (kind, number) = kinds.iter().find_map(|(short, kind)| Some((kind, rest.strip_prefix(short)?)))?;
        Version::parse(&format!("{core}-{kind}.{number}")).ok()
    };
    Version::parse(text).ok().or_else(of_python)
}

/// The changelog with what is unreleased under the heading of a version.
///
/// # Errors
/// It has that heading already, or says nothing of what is new.
pub(crate) fn released(changelog: &str, version: &Version, date: &str) -> Result<Edit> {
    const HEADING: &str = "## Unreleased";
    if section(changelog, &version.to_string()).is_some() {
        return Err(Fault::new(format!("CHANGELOG.md has a section {version} already"))
            .hint("give the next version, or take that heading away"));
    }
    let is_entry = |line: &str| !line.trim().is_empty() && !line.starts_with('#');
    if !section(changelog, "Unreleased").is_some_and(|text| text.lines().any(is_entry)) {
        return Err(Fault::new(format!("CHANGELOG.md does not say what is new in {version}"))
            .hint(format!("write it under `{HEADING}`, a line for each thing that people will notice")));
    }
    let dated = format!("{HEADING}\n\n## {version} - {date}");
    Ok(Edit {
        path: "CHANGELOG.md".into(),
        what: format!("what is unreleased is of {version}, {date}"),
        before: changelog.to_owned(),
        after: changelog.replacen(HEADING, &dated, 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn place(form: Form) -> Place {
        Place { path: "a".into(), form, of_python: false }
    }

    #[test]
    fn only_the_version_changes() {
        let edit = |form, text: &str| place(form).edit(text, &version("1.3.0")).unwrap().after;
        let toml = "[tool]\nversion = \"9\"\n[project] # names\nname = \"a\"\nversion = \"1.2.0\"  # today's\n";
        assert_eq!(edit(Form::Key(&["project", "version"]), toml), toml.replace("1.2.0", "1.3.0"));
        let lock = "[[package]]\nname = \"z\"\nversion = \"1.2.0\"\n\n[[package]]\nname = \"a\"\nversion = \"1.2.0\"\n";
        let (before, after) = lock.rsplit_once("1.2.0").unwrap();
        assert_eq!(edit(Form::Lock("a".to_owned()), lock), format!("{before}1.3.0{after}"));
        let npm =
            r#"{"version": "1.2.0", "packages": {"": {"version": "1.2.0"}, "node_modules/x": {"version": "1.2.0"}}}"#;
        assert_eq!(edit(Form::Npm(2), npm), npm.replacen("1.2.0", "1.3.0", 2));
        assert_eq!(
            edit(Form::Module, "\"\"\"Doc.\"\"\"\n__version__ = \"1.2.0\"\n"),
            "\"\"\"Doc.\"\"\"\n__version__ = \"1.3.0\"\n"
        );
        let names = "[project]\nname = \"a\"\n";
        assert_eq!(edit(Form::Key(&["project", "version"]), names), "[project]\nname = \"a\"\nversion = \"1.3.0\"\n");
    }

    #[test]
    fn a_version_that_is_not_newer_is_refused_in_both_forms() {
        for (has, given, newer) in [
            ("1.2.0", "1.2.0", false),
            ("1.10.0", "1.9.0", false),
            ("1.2.0rc1", "1.2.0-rc.1", false),
            ("1.2.0rc2", "1.2.0-rc.10", true),
            ("1.2.0b3", "1.2.0-rc.1", true),
            ("1.2.0rc1", "1.2.0", true),
            ("1.2", "0.1.0", true),
        ] {
            let text = format!("__version__ = \"{has}\"\n");
            assert_eq!(place(Form::Module).edit(&text, &version(given)).is_ok(), newer, "{given} after {has}");
        }
        let said = place(Form::Module).edit("", &version("1.0.0")).unwrap_err().to_string();
        assert!(said.starts_with("a holds no version"), "{said}");
    }

    #[test]
    fn python_has_its_own_word_for_a_pre_release() {
        assert_eq!(python(&version("1.2.0-beta.3")).unwrap(), "1.2.0b3");
        assert!(python(&version("1.2.0-nightly")).unwrap_err().to_string().contains("1.2.0-rc.1"));
    }

    #[test]
    fn the_changelog_gets_a_heading_with_a_date() {
        let text = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A stable.\n\n## 1.0.0 - 2026-01-01\n\n- All.\n";
        let edit = released(text, &version("1.1.0"), "2026-11-26").unwrap();
        assert_eq!(section(&edit.after, "1.1.0").as_deref(), Some("### Added\n\n- A stable."));
        assert_eq!(section(&edit.after, "Unreleased").as_deref(), Some(""));
        let refused = |text: &str, number| released(text, &version(number), "2026-11-26").unwrap_err().to_string();
        assert!(refused(&edit.after, "1.2.0").starts_with("CHANGELOG.md does not say what is new in 1.2.0"));
        assert!(refused("# Changelog\n", "1.2.0").contains("next: write it under `## Unreleased`"));
        assert!(refused(text, "1.0.0").starts_with("CHANGELOG.md has a section 1.0.0 already"));
    }
}
