//! Everything that is known when it is decided, what several decisions ask of it, and how something is said of it.

use serde::Serialize;

use crate::adopt::facts::{Facts, Failed, Found, Needs, Page, Place, Seen};
use crate::adopt::listing::Line;
use crate::adopt::lock::Locked;
use crate::adopt::plan::settings::Choice;
use crate::adopt::plan::variables::Environment;
use crate::adopt::requirements::{self, Wishes};

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
    // Behind a login as well as on the first page.
    let signs = ["manifest", "vite", "webpack"];
    let wants_it = |found: &Found| signs.iter().any(|sign| found.what.to_lowercase().contains(sign));
    let is_incomplete = is_incomplete || known.seen.owner_fails.as_ref().is_some_and(wants_it);
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

/// What newer versions of Django no longer have, by a part of the error, and the first of them.
const GONE_FROM_DJANGO: [(&str, &str); 8] = [
    ("'USE_L10N'", "5.0"),
    ("'utc' from 'django.utils.timezone'", "5.0"),
    ("'django.utils.timezone' has no attribute 'utc'", "5.0"),
    ("'DEFAULT_FILE_STORAGE'", "5.1"),
    ("'STATICFILES_STORAGE'", "5.1"),
    ("'get_storage_class'", "5.1"),
    ("Invalid filter: 'length_is'", "5.1"),
    ("CheckConstraint.__init__() got an unexpected keyword argument 'check'", "6.0"),
];

/// What no supported Django has any more, by a part of the error, and the first that has it no more.
const OF_OLD_DJANGO: [(&str, &str); 11] = [
    ("'url' from 'django.conf.urls'", "4.0"),
    ("'ugettext", "4.0"),
    ("'ungettext", "4.0"),
    ("'force_text' from 'django.", "4.0"),
    ("'smart_text' from 'django.", "4.0"),
    ("'is_safe_url' from 'django.", "4.0"),
    ("'urlquote' from 'django.", "4.0"),
    ("'python_2_unicode_compatible' from 'django.", "3.0"),
    ("'django.utils.six'", "3.0"),
    ("'django.core.urlresolvers'", "2.0"),
    ("'providing_args'", "4.0"),
];

/// The Django that some code was written before: an import of that is about what is gone.
pub(crate) fn written_before(text: &str) -> Option<&'static str> {
    OF_OLD_DJANGO.iter().find(|(sign, _)| text.contains(sign)).map(|(_, version)| *version)
}

/// The next step where a package was made for a Django that is no longer supported.
pub(crate) fn newer_package(failed: &Failed) -> Option<String> {
    let version = written_before(&failed.last.text)?;
    let package = requirements::distribution(failed.last.within.as_deref().filter(|package| !package.is_empty())?);
    Some(format!(
        "{package} was made for Django before {version}: take a newer release, with `--replace \"{package}>=VERSION\"`, or \
         leave it out, with `--drop {package}`"
    ))
}

/// How code gets the Django that it was written for.
pub(crate) fn older_django(told: &str, known: &Known<'_>) -> Option<String> {
    let (_, version) = GONE_FROM_DJANGO.iter().find(|(sign, _)| told.contains(sign))?;
    let how = if known.facts.needs == Needs::UvLock {
        format!("`uv add \"django<{version}\"` in the project")
    } else {
        format!("give the command `--replace \"django<{version}\"`")
    };
    Some(format!("Django {version} took it away: {how}, or mend what needs it"))
}
