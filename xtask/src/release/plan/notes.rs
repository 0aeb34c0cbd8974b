//! What a release is told as: its notes, and the texts of a kit. Everything here is computed from final files, the
//! changelog and git; the words are in `release-templates/`.

use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::base::digests::FileDigest;
use crate::base::fault::{Fault, Result};
use crate::base::host::Os;
use crate::base::{checksums, text};
use crate::release::artifact::{Kind, is_for_people, kind};
use crate::stage::listing::LIST_END;

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

/// A file as a row of a table.
#[derive(Clone, Debug, Serialize)]
struct Row {
    name: String,
    size: String,
    sha256: String,
}

impl From<&FileDigest> for Row {
    fn from(file: &FileDigest) -> Self {
        Self { name: file.name().to_owned(), size: text::size(file.size), sha256: file.sha256.clone() }
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
    areas: Vec<Area>,
    packages: Vec<Row>,
    others: Vec<String>,
    lists: Vec<String>,
    sboms: Vec<String>,
    platforms: Vec<Platform>,
}

impl Notes {
    /// From the facts of a release.
    pub(crate) fn new(about: About, date: String, changes: Changes, files: &[FileDigest]) -> Self {
        let of = |wanted: fn(Kind) -> bool| files.iter().filter(move |file| wanted(kind(file.name())));
        let named = |wanted| of(wanted).map(|file| file.name().to_owned()).collect();
        Self {
            date,
            since: changes.since,
            changes: changes.changelog,
            areas: changes.areas,
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
fn platforms(files: &[FileDigest]) -> Vec<Platform> {
    const PLATFORMS: [(Os, &str); 3] = [(Os::Windows, "Windows"), (Os::MacOs, "macOS"), (Os::Linux, "Linux")];
    let names = || files.iter().map(FileDigest::name);
    let platform = |(os, title): (Os, &'static str)| {
        let packages = names().filter(|name| kind(name) == Kind::Package(os));
        let example = packages.min_by_key(|name| (!is_for_people(name), (*name).to_owned()))?;
        let end = format!("-{}-sha256.txt", os.name());
        let list = names().find(|name| name.ends_with(&end)).map(str::to_owned);
        Some(Platform { key: os.name(), title, example: example.to_owned(), list })
    };
    PLATFORMS.into_iter().filter_map(platform).collect()
}

/// What has changed, as the notes tell it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    /// The section of the changelog, without its heading.
    pub(crate) changelog: String,
    pub(crate) since: Option<String>,
    pub(crate) areas: Vec<Area>,
}

/// Commits of one area: what stands before the colon of their first lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Area {
    pub(crate) name: String,
    pub(crate) changes: Vec<String>,
}

/// Commits whose first line has no area.
const ELSEWHERE: &str = "other";

/// The section of a version, without its heading: `## 1.2.3`, `## [1.2.3] - 2026-11-22`, `## v1.2.3`.
pub(crate) fn section(changelog: &str, version: &str) -> Option<String> {
    let mut lines = changelog.lines().skip_while(|line| !is_heading_of(line, version));
    lines.next()?;
    let body: Vec<&str> = lines.take_while(|line| !line.starts_with(HEADING)).collect();
    Some(body.join("\n").trim().to_owned())
}

/// How a section of the changelog begins.
const HEADING: &str = "## ";

fn is_heading_of(line: &str, version: &str) -> bool {
    let first = line.strip_prefix(HEADING).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
    let first = first.trim_matches(['[', ']', ':']);
    first == version || first.strip_prefix('v') == Some(version)
}

/// The day that stands in the heading of a version: `2026-11-22`.
pub(crate) fn released_on(changelog: &str, version: &str) -> Option<String> {
    let heading = changelog.lines().find(|line| is_heading_of(line, version))?;
    let is_day = |word: &&str| word.len() == 10 && word.chars().all(|c| c.is_ascii_digit() || c == '-');
    heading.split_whitespace().skip(2).find(is_day).map(str::to_owned)
}

/// Commits, one first line each, newest first; by area, areas with the most changes first.
pub(crate) fn areas(subjects: &str) -> Vec<Area> {
    let mut areas: Vec<Area> = Vec::new();
    for subject in subjects.lines().map(str::trim).filter(|subject| !subject.is_empty()) {
        let is_area = |area: &str| !area.is_empty() && area.len() <= 30 && !area.contains(['.', '(', '`']);
        let (name, change) = match subject.split_once(": ") {
            Some((area, change)) if is_area(area) => (area, change),
            _ => (ELSEWHERE, subject),
        };
        let change = change.to_owned();
        match areas.iter_mut().find(|area| area.name == name) {
            Some(area) if area.changes.contains(&change) => {}
            Some(area) => area.changes.push(change),
            None => areas.push(Area { name: name.to_owned(), changes: vec![change] }),
        }
    }
    areas.sort_by_key(|area| (area.name == ELSEWHERE, std::cmp::Reverse(area.changes.len()), area.name.clone()));
    areas
}

/// The texts of a kit are made of this.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Texts {
    #[serde(flatten)]
    about: About,
    list: String,
    files: Vec<Row>,
    sboms: Vec<String>,
    platforms: Vec<Platform>,
}

impl Texts {
    /// From the files of a release.
    pub(crate) fn new(about: About, list: &str, files: &[FileDigest]) -> Self {
        let sboms = files.iter().filter(|file| kind(file.name()) == Kind::Sbom);
        Self {
            about,
            list: list.to_owned(),
            files: files.iter().map(Row::from).collect(),
            sboms: sboms.map(|file| file.name().to_owned()).collect(),
            platforms: platforms(files),
        }
    }
}

/// Whether a file belongs into a kit of a version.
pub(crate) fn belongs(name: &str) -> bool {
    !name.ends_with(LIST_END) && kind(name) != Kind::Other
}

/// Whether the lists of the packages fit the packages; every one that does not.
pub(crate) fn lists_that_lie(files: &[FileDigest], lists: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (list, bytes) in lists {
        match checksums::parse(bytes) {
            Err(lines) => wrong.extend(lines.into_iter().map(|line| format!("{list}: {line}"))),
            Ok(entries) => wrong.extend(entries.iter().filter_map(|entry| {
                let file = files.iter().find(|file| file.name() == entry.name);
                match file {
                    None => Some(format!("{list} lists {}, which is not there", entry.name)),
                    Some(file) if file.sha256 != entry.sha256 => Some(format!("{list} lists another {}", entry.name)),
                    Some(_) => None,
                }
            })),
        }
    }
    wrong
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

    fn files() -> Vec<FileDigest> {
        let names = [
            "ponies-linux-1.2.3-amd64.deb",
            "ponies-linux-1.2.3-x86_64.AppImage",
            "ponies-linux-1.2.3-x86_64.rpm",
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
            .map(|name| FileDigest { path: name.into(), size: 94_200_000, sha256: "ab".repeat(32) })
            .collect()
    }

    #[test]
    fn the_texts_read_well() {
        let changes = Changes {
            changelog: "### Added\n\n- A stable.".to_owned(),
            since: Some("v1.2.2".to_owned()),
            areas: areas("stage: less to copy\nstage: faster\nMend a typo"),
        };
        let notes = Notes::new(about(), "2026-11-22".to_owned(), changes, &files());
        let template = |name: &str| {
            let path = format!("{}/../release-templates/{name}", env!("CARGO_MANIFEST_DIR"));
            std::fs::read_to_string(path).unwrap()
        };
        let rendered = render("release-notes.md.j2", &template("release-notes.md.j2"), &notes).unwrap();
        expect_file!["../../../tests/snapshots/release-notes.md"].assert_eq(&rendered);
        let texts = Texts::new(about(), "ponies-sha256.txt", &files());
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

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let text = "# Changelog\n\n## Unreleased\n\n- new\n\n## [1.2.3] - 2026-11-22\n\n### Added\n\n- a\n\n## v1.2.2\n\n- old\n";
        assert_eq!(section(text, "1.2.3").as_deref(), Some("### Added\n\n- a"));
        assert_eq!(section(text, "1.2.2").as_deref(), Some("- old"));
        assert_eq!(section(text, "Unreleased").as_deref(), Some("- new"));
        assert_eq!(section(text, "1.2"), None);
        assert_eq!(released_on(text, "1.2.3").as_deref(), Some("2026-11-22"));
        assert_eq!(released_on(text, "1.2.2"), None);
    }

    #[test]
    fn commits_are_gathered_by_area() {
        let areas = areas(
            "stage: faster\nMend: a very long sentence. With a stop: here\nstage: faster\nstage: smaller\nui: blue\n",
        );
        let told: Vec<String> = areas.iter().map(|area| format!("{}={}", area.name, area.changes.join("|"))).collect();
        assert_eq!(told, ["stage=faster|smaller", "Mend=a very long sentence. With a stop: here", "ui=blue"]);
    }
}
