//! What has changed: the section of the changelog, and the commits by their area.

use serde::Serialize;

/// What the notes tell of changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The section of the changelog, without its heading.
    pub(crate) changelog: String,
    /// The tag before.
    pub(crate) since: Option<String>,
    /// The commits.
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
    let is_heading = |line: &str| line.starts_with("## ");
    let names = |line: &str| {
        let first = line.trim_start_matches("## ").split_whitespace().next().unwrap_or_default();
        let first = first.trim_matches(['[', ']', ':']);
        first == version || first.strip_prefix('v') == Some(version)
    };
    let mut lines = changelog.lines().skip_while(|line| !(is_heading(line) && names(line)));
    lines.next()?;
    let body: Vec<&str> = lines.take_while(|line| !is_heading(line)).collect();
    Some(body.join("\n").trim().to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let text = "# Changelog\n\n## Unreleased\n\n- new\n\n## [1.2.3] - 2026-11-22\n\n### Added\n\n- a\n\n## v1.2.2\n\n- old\n";
        assert_eq!(section(text, "1.2.3").as_deref(), Some("### Added\n\n- a"));
        assert_eq!(section(text, "1.2.2").as_deref(), Some("- old"));
        assert_eq!(section(text, "Unreleased").as_deref(), Some("- new"));
        assert_eq!(section(text, "1.2"), None);
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
