//! Everything that is known when it is decided, what several decisions ask of it, and how something is said of it.

use serde::Serialize;

use crate::adopt::facts::{Facts, Failed, Page, Place, Seen};
use crate::adopt::listing::Line;
use crate::adopt::lock::Locked;
use crate::adopt::plan::settings::Choice;
use crate::adopt::plan::variables::Environment;
use crate::adopt::requirements::Wishes;

/// Something to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Remark {
    pub(crate) what: String,
    pub(crate) place: Option<String>,
    pub(crate) next: String,
}

impl Remark {
    pub(crate) fn new(what: impl Into<String>, place: Option<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), place, next: next.into() }
    }
}

/// Everything that is known.
pub(crate) struct Known<'a> {
    pub(crate) facts: &'a Facts,
    /// What a person says about packages.
    pub(crate) wishes: &'a Wishes,
    pub(crate) choice: &'a Choice,
    pub(crate) env: &'a Environment,
    pub(crate) dropped: &'a [Line],
    pub(crate) locked: &'a Locked,
    pub(crate) seen: &'a Seen,
    /// Folders of static files that the settings name and that are not there.
    pub(crate) absent: &'a [String],
}

/// A place as a report has it, `file:line`.
pub(crate) fn place(text: &str) -> Option<Place> {
    let (file, line) = text.rsplit_once(':')?;
    Some(Place { file: file.to_owned(), line: line.parse().ok()? })
}

/// Whether files are missing that a build would make.
pub(crate) fn needs_build(known: &Known<'_>) -> bool {
    let failed = |failed: &Failed| matches!(failed.step.as_str(), "settings" | "static" | "page");
    let lacks = |page: &Page| page.error.is_some() || !page.missing.is_empty() || page.of_developers().is_some();
    let is_incomplete = !known.absent.is_empty() || known.seen.page.as_ref().is_some_and(lacks);
    !known.facts.builds.is_empty() && (is_incomplete || known.seen.failures.iter().any(failed))
}

/// The commands of all front-end builds.
pub(crate) fn build_commands(facts: &Facts) -> Vec<String> {
    let commands = facts.builds.iter().flat_map(|build| {
        let (flag, install) = match build.manager.as_str() {
            "pnpm" => ("--dir", "install --frozen-lockfile"),
            "yarn" => ("--cwd", "install --frozen-lockfile"),
            _ => ("--prefix", "ci"),
        };
        let at = if build.folder.is_empty() { String::new() } else { format!(" {flag} {}", build.folder) };
        [install, "run build"].map(|words| format!("{}{at} {words}", build.manager))
    });
    commands.collect()
}
