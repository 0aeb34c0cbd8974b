//! What a release is told as: its notes, and the texts of a kit. Everything here is computed from final files, the
//! changelog and git; the words are in `release-templates/`.

use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::base::fault::{Fault, Result};
use crate::base::text;
use crate::release::plan::changes;

use crate::release::plan::names::{self, Kind};

/// Fills a template.
///
/// # Errors
/// The template has a mistake, or names what is not there.
pub(crate) fn render(name: &str, template: &str, facts: &impl Serialize) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    let text = environment.render_named_str(name, template, facts).map_err(|error| {
        let line = error.line().map_or_else(String::new, |line| format!(", line {line}"));
        Fault::new(format!("the template {name} can't be filled{line}"))
            .because_of(&error)
            .hint("mend it in release-templates/")
    })?;
    Ok(text.trim_end().to_owned() + "\n")
}

/// A file of a release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shipped {
    /// Its name.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: u64,
    /// Lower-case hex.
    pub(crate) sha256: String,
}

/// A row of a table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    name: String,
    size: String,
    sha256: String,
}

impl From<&Shipped> for Row {
    fn from(file: &Shipped) -> Self {
        Self { name: file.name.clone(), size: text::size(file.size), sha256: file.sha256.clone() }
    }
}

/// A system that there are packages for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Platform {
    key: &'static str,
    title: &'static str,
    /// A package that people install from.
    example: String,
    /// The list of checksums, where there is one.
    list: Option<String>,
}

/// What is the same in all texts.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct About {
    /// The name that people read.
    pub(crate) title: String,
    /// The name in file names.
    pub(crate) name: String,
    /// The folder of the data.
    pub(crate) identifier: String,
    /// The version.
    pub(crate) version: String,
}

/// What the notes are made of.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Notes {
    #[serde(flatten)]
    about: About,
    date: String,
    since: Option<String>,
    changes: String,
    areas: Vec<changes::Area>,
    packages: Vec<Row>,
    others: Vec<String>,
    lists: Vec<String>,
    sboms: Vec<String>,
    platforms: Vec<Platform>,
}

impl Notes {
    /// From the facts of a release.
    pub(crate) fn new(about: About, date: String, told: changes::Told, files: &[Shipped]) -> Self {
        let of = |wanted: fn(Kind) -> bool| files.iter().filter(move |file| wanted(names::kind(&file.name)));
        let named = |wanted| of(wanted).map(|file| file.name.clone()).collect();
        Self {
            date,
            since: told.since,
            changes: told.changelog,
            areas: told.areas,
            packages: of(|kind| matches!(kind, Kind::Package(_))).map(Row::from).collect(),
            others: named(|kind| matches!(kind, Kind::List | Kind::UpdateManifest)),
            lists: named(|kind| kind == Kind::List),
            sboms: named(|kind| kind == Kind::Sbom),
            platforms: platforms(files),
            about,
        }
    }
}

/// The systems that the files are for, each with the package that people install from.
pub(crate) fn platforms(files: &[Shipped]) -> Vec<Platform> {
    const PLATFORMS: [(&str, &str); 3] = [("windows", "Windows"), ("macos", "macOS"), ("linux", "Linux")];
    let packages = |key: &'static str| {
        files.iter().map(|file| file.name.as_str()).filter(move |name| names::kind(name) == Kind::Package(key))
    };
    let list =
        |key: &str| files.iter().map(|file| &file.name).find(|name| name.ends_with(&format!("-{key}-sha256.txt")));
    PLATFORMS
        .into_iter()
        .filter_map(|(key, title)| {
            let example = packages(key).min_by_key(|name| (!names::is_for_people(name), name.to_owned().to_owned()))?;
            Some(Platform { key, title, example: example.to_owned(), list: list(key).cloned() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;

    fn about() -> About {
        About {
            title: "Ponies".to_owned(),
            name: "ponies".to_owned(),
            identifier: "org.example.ponies".to_owned(),
            version: "1.2.3".to_owned(),
        }
    }

    fn files() -> Vec<Shipped> {
        let names = [
            "ponies-linux-1.2.3-x86_64.AppImage",
            "ponies-linux-sha256.txt",
            "ponies-linux-sbom.cdx.json",
            "ponies-macos-1.2.3-arm64.dmg",
            "ponies-macos-1.2.3-arm64.zip",
            "ponies-macos-1.2.3-arm64.zip.blockmap",
            "ponies-windows-1.2.3-x64.exe",
            "latest-mac.yml",
        ];
        names
            .into_iter()
            .map(|name| Shipped { name: name.to_owned(), size: 94_200_000, sha256: "ab".repeat(32) })
            .collect()
    }

    #[test]
    fn the_texts_read_well() {
        let told = changes::Told {
            changelog: "### Added\n\n- A stable.".to_owned(),
            since: Some("v1.2.2".to_owned()),
            areas: changes::areas("stage: less to copy\nstage: faster\nMend a typo"),
        };
        let notes = Notes::new(about(), "2026-11-22".to_owned(), told, &files());
        let template = |name: &str| {
            let path = format!("{}/../release-templates/{name}", env!("CARGO_MANIFEST_DIR"));
            std::fs::read_to_string(path).unwrap()
        };
        let rendered = render("release-notes.md.j2", &template("release-notes.md.j2"), &notes).unwrap();
        expect_file!["../../../tests/snapshots/release-notes.md"].assert_eq(&rendered);
        let texts = crate::release::plan::kit::Texts::new(about(), "ponies-sha256.txt", &files());
        for name in ["VERIFY.md", "INSTALL.md"] {
            let source = format!("{name}.j2");
            let rendered = render(&source, &template(&source), &texts).unwrap();
            expect_file![format!("../../../tests/snapshots/{name}")].assert_eq(&rendered);
        }
    }

    #[test]
    fn a_mistake_in_a_template_is_named_with_its_line() {
        let said = render("a.j2", "ok\n{{ no_such_thing }}\n", &about()).unwrap_err().to_string();
        assert!(said.contains("the template a.j2 can't be filled, line 2") && said.contains("undefined"), "{said}");
    }
}
