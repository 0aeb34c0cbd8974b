//! What is left to a person: in words, with the place and the next step.

use crate::adopt::facts::{Facts, Failed, Mention, Needs, Page, Place, Settings, folder};
use crate::adopt::plan::known::{self, Known, Remark, build_commands, needs_build, newer_package, older_django};
use crate::adopt::plan::refusals::refused_failure;
use crate::adopt::plan::variables::wrong_fields;
use crate::adopt::plan::{missing, values, written};

/// What fails only where it is used: the thing in words.
const OF_QUERIES: [(&str, &str); 3] = [
    ("DISTINCT ON", "`distinct` with the names of fields"),
    ("PostgreSQL queries", "a search, aggregate or function of `django.contrib.postgres`"),
    ("PostgreSQL SQL", "SQL that is written for PostgreSQL"),
];

/// Queries that need `PostgreSQL`.
fn of_queries(mentions: &[Mention]) -> Vec<Remark> {
    let known = |mention: &Mention| {
        let (_, what) = OF_QUERIES.iter().find(|(name, _)| *name == mention.what)?;
        let what = format!("{what} fails on SQLite: the page or task that runs it ends with an error");
        let next = "go another way where `connection.vendor` is not \"postgresql\"";
        Some(Remark::new(what, Some(mention.place.to_string()), next))
    };
    mentions.iter().filter_map(known).collect()
}

/// What works with a word of a person, or differently than on a server.
pub(crate) fn asks(known: &Known<'_>) -> Vec<Remark> {
    let mut found = of_other_projects(known);
    found.extend(of_settings_module(known));
    found.extend(values::of_variables(known));
    found.extend(of_packages(known));
    found.extend(known.seen.failures.iter().filter_map(|failed| of_failure(failed, known)));
    if let Some(settings) = &known.seen.settings {
        found.extend(of_settings(settings, known.facts));
    }
    found.extend(of_queries(&known.facts.mentions));
    found.extend(known.seen.page.iter().flat_map(|page| of_page(page, known)));
    found.extend(of_owner(known));
    found.extend(missing::of_translations(known));
    found.extend(written::at_the_start(known));
    found.extend(written::later(known.seen));
    let fixtures = &known.facts.fixtures;
    if !fixtures.is_empty() {
        let names: Vec<&str> = fixtures.iter().take(4).map(String::as_str).collect();
        let next = "if a new installation should have that data: `first-run = [\"loaddata NAME\"]` in [backend]";
        found.push(Remark::new(format!("there are fixtures: {}", names.join(", ")), None, next));
    }
    found.extend(known.facts.data.iter().map(|(key, place)| of_data(key, place, &known.facts.written_root)));
    found.extend(of_commands(known));
    found
}

/// Commands that make static files, by their first word: those of packages that are well known.
const MAKE_STATIC: [&str; 5] = ["compilescss", "compilejsi18n", "collectstatic_js_reverse", "tailwind", "sass"];

/// What scripts and the README run besides.
fn of_commands(known: &Known<'_>) -> Vec<Remark> {
    let is_static = |command: &str| command.split(' ').next().is_some_and(|word| MAKE_STATIC.contains(&word));
    let (of_static, others): (Vec<_>, Vec<_>) =
        known.facts.commands.iter().partition(|(command, _)| is_static(command));
    let remark = |what: &str, commands: &[&(String, Place)], next: &str| {
        let (_, first) = commands.first()?;
        let names: Vec<String> = commands.iter().take(4).map(|(command, _)| format!("`{command}`")).collect();
        let what = format!("scripts or the README of the project run {what}: {}", names.join(", "));
        Some(Remark::new(what, Some(first.to_string()), next))
    };
    let before = "where pages need what it makes: name it in `before` in [backend.static], so that it is staged";
    let first_run = "if a new installation needs one: name it in `first-run` in [backend], or in `every-start`";
    let found = [remark("what makes static files", &of_static, before), remark("more commands", &others, first_run)];
    found.into_iter().flatten().collect()
}

/// Why nobody can be logged in as the one user of an installation.
fn of_owner(known: &Known<'_>) -> Option<Remark> {
    let seen = known.seen;
    let (what, place) = match (&*seen.no_owner, &seen.owner_fails) {
        ("", None) => return None,
        ("", Some(found)) => {
            (format!("it fails for a user of whom nothing else is known: {}", found.what), found.place.clone())
        }
        (why, _) => (format!("the one user of an installation can't be made: {why}"), None),
    };
    let next = "write a management command that makes a user, and name it in `first-run` in [backend]; with \
                `account = \"owner\"` the window is logged in as that one";
    let next = if seen.owner_fails.is_some() && needs_build(known) { AFTER_THE_BUILD } else { next };
    Some(Remark::new(format!("the first page asks for a login, and {what}"), place, next))
}

/// Data that lies beside the sources, which no installation gets unasked.
fn of_data(key: &str, place: &str, root: &str) -> Remark {
    let what = match key {
        "database" => format!("the database {place} is committed, and a new installation begins with an empty one"),
        _ => format!("uploads in {place} are committed, and a new installation begins with none"),
    };
    let next = format!("if everybody may have what is in it: `{key} = \"{root}/{place}\"` in [backend.seed]");
    Remark::new(what, None, next)
}

/// What the workflows lack, which see nothing but this repository.
pub(crate) fn of_workflows(root: &str, is_known_to_git: Option<bool>) -> Option<String> {
    let is_outside = root.starts_with("..") || root.starts_with('/') || root.contains(':');
    let what = match (is_outside, is_known_to_git) {
        (true, _) => "lies outside of this repository",
        (false, Some(false)) => "is not in the index of git",
        _ => return None,
    };
    Some(format!(
        "{root} {what}: packages are made here, but not by the workflows; docs/existing-project.md (\"Workflows\") has the ways"
    ))
}

/// That the packages have another version than the project.
pub(crate) fn of_version(facts: &Facts, packaged: Option<&str>) -> Option<String> {
    let ((own, _), packaged) = (facts.version.as_ref()?, packaged?);
    let words = format!(
        "the project has the version {own}, its packages have {packaged} until `cargo xtask release-prepare VERSION` sets another"
    );
    (own != packaged).then_some(words)
}

fn of_other_projects(known: &Known<'_>) -> Vec<Remark> {
    let layout = &known.facts.layout;
    let (Some(manage), Some(other)) = (&layout.manage, layout.others.first()) else { return Vec::new() };
    let names: Vec<&str> = layout.others.iter().take(4).map(String::as_str).collect();
    let what = format!("the project is that of {manage}; there is {}, too", names.join(", "));
    let next =
        format!("if you mean another one, give its folder: `adopt {}/{}`", known.facts.written_root, folder(other));
    vec![Remark::new(what, None, next)]
}

fn of_settings_module(known: &Known<'_>) -> Vec<Remark> {
    let choice = known.choice;
    if choice.others.is_empty() {
        return Vec::new();
    }
    let are = if choice.others.len() == 1 { "is" } else { "are" };
    let what = format!(
        "the settings are {} ({}); there {are} {}, too",
        choice.module,
        choice.reason,
        choice.others.join(", ")
    );
    vec![Remark::new(what, None, "if you mean another one: `--settings MODULE`")]
}

fn of_packages(known: &Known<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    if known.facts.needs == Needs::Imported {
        let next = "look through desktop-requirements.txt; `--add` and `--drop` correct it";
        found.push(Remark::new(
            "no list that can be read says which packages the project needs (those of conda can't): they were told from its imports",
            None,
            next,
        ));
    }
    if let Some(build) = known.facts.builds.first().filter(|_| !needs_build(known)) {
        let commands = build_commands(known.facts).join("\", \"");
        let what = "there is a front-end build, and what it makes seems to be there".to_owned();
        let next = format!("if it should run before staging: `build = [\"{commands}\"]` in [backend]");
        found.push(Remark::new(what, Some(build.place.to_string()), next));
    }
    let locked = known.locked;
    if !locked.lacking.is_empty() {
        let what = format!(
            "not every system has a wheel for Python {} of: {}",
            locked.python.bundled,
            locked.lacking.join(", ")
        );
        found.push(Remark::new(
            what,
            None,
            "take another version with `--replace NAME==VERSION`, or package only where there is one",
        ));
    }
    found
}

/// What mends a page that lacks what the front-end build makes. Only staging runs that one.
const AFTER_THE_BUILD: &str =
    "what `[backend] build` makes may be missing: run its commands in the project, then this one again";

/// Where apps ask the database while they are loaded.
const OF_LOADING: &str = "ask for data where a page needs it: a new database has no tables while the apps are loaded, and \
                          `migrate`, which makes them, loads the apps first";

/// A failure with a remedy.
fn of_failure(failed: &Failed, known: &Known<'_>) -> Option<Remark> {
    if refused_failure(failed, known.seen).is_some() || failed.step == "static" && !known.facts.builds.is_empty() {
        return None;
    }
    // What it wanted is told by itself, and may work on a person's machine.
    let is_told = || known.seen.refused.iter().any(|refused| refused.step == failed.step);
    if failed.stopped && (matches!(failed.step.as_str(), "migrate" | "static") || is_told()) {
        return None;
    }
    let place = failed.first.place.clone().or_else(|| failed.last.place.clone());
    if let Some(module) = failed.missing_module() {
        return Some(missing::of_module(module, place, known));
    }
    let (what, next) = match failed.step.as_str() {
        "settings" => {
            ("the settings can't be imported", "set what they want in [backend.env], or name others with `--settings`")
        }
        "overlay" => ("the settings can't be made those of a desktop", "change it in [backend.overlay] of dds.toml"),
        "apps" => ("the apps can't be loaded", "mend it, or leave the app out in settings that the desktop takes"),
        "static" => ("the static files can't be collected", "mend it, or run what makes them with `[backend] build`"),
        "migrate" => ("a new database could not be made", "run it again on a machine with less to do"),
        "page" => ("the first page can't be asked for", "mend it, or take another one with `[backend] start-path`"),
        _ => ("a part of the project could not be looked at", "mend it"),
    };
    let (what, next) = match app_without_migrations(failed) {
        Some(app) => (
            "a new database could not be made",
            format!(
                "{app} has models and no migration: run `makemigrations {app}` in the project and commit what that makes"
            ),
        ),
        None => (what, next.to_owned()),
    };
    let at = place.as_deref().and_then(known::place);
    let stand_in = values::stand_in_at(at.as_ref(), &failed.last.text, known);
    let usual = match (failed.step.as_str(), stand_in, values::unset_in(at.as_ref(), known)) {
        ("settings", Some(next), _) => next,
        ("settings", _, Some(names)) => format!("{next}; nothing sets {names}, which they read"),
        ("apps", ..) if failed.last.text.contains("no such table") => OF_LOADING.to_owned(),
        ("page", ..) if needs_build(known) => AFTER_THE_BUILD.to_owned(),
        _ => next,
    };
    let [first, last] = [&failed.first, &failed.last].map(|told| in_a_line(&told.text));
    let told = if first == last { first } else { format!("{first}; {last}") };
    let is_early = matches!(failed.step.as_str(), "settings" | "apps");
    let of_file = || missing::of_file(&told, known).filter(|_| is_early);
    let next = newer_package(failed).or_else(|| older_django(&told, known));
    let next = next.or_else(|| of_manifest(&told, known)).or_else(of_file).unwrap_or(usual);
    Some(Remark::new(format!("{what}: {told}"), place, next))
}

/// What failed: the first line, and the fields that are told below it.
fn in_a_line(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    match wrong_fields(text) {
        Some(fields) => format!("{first}: {}", fields.collect::<Vec<_>>().join(", ")),
        None => first.to_owned(),
    }
}

/// The next step where a page wants a static file that is not among the collected ones, and no build will make it.
fn of_manifest(told: &str, known: &Known<'_>) -> Option<String> {
    if !told.contains("Missing staticfiles manifest entry") || needs_build(known) {
        return None;
    }
    // What is given files loads data.
    let makes_files = |command: &&String| !command.starts_with("loaddata") && !command.contains('/');
    let commands = known.facts.commands.iter().map(|(command, _)| command).filter(makes_files);
    let names: Vec<String> = commands.take(4).map(|command| format!("`{command}`")).collect();
    let runs = if names.is_empty() { String::new() } else { format!(" (its scripts run {})", names.join(", ")) };
    Some(format!(
        "where a command of the project makes that file{runs}, name it in `before` in [backend.static]; where a front-end \
         build does, with `[backend] build`; else mend the page"
    ))
}

/// The app that other apps' migrations count on, such as that of the users, and that has none.
fn app_without_migrations(failed: &Failed) -> Option<&str> {
    let mut told = [&failed.last.text, &failed.first.text].into_iter();
    told.find_map(|text| text.split("Dependency on app with no migrations: ").nth(1)?.split_whitespace().next())
}

fn of_settings(settings: &Settings, facts: &Facts) -> Vec<Remark> {
    let mut found = Vec::new();
    let mut say = |what: &str, next: &str| found.push(Remark::new(what, None, next));
    let queue = |start: &str| settings.queues.iter().any(|name| name.starts_with(start));
    if settings.queues.iter().any(|name| name.contains("BEAT_SCHEDULE")) {
        say("what Celery's beat schedules does not run", "make it a management command, and name it in `every-start`");
    }
    if queue("RQ_QUEUES") {
        say(
            "RQ needs Redis, which a desktop has not: pages that enqueue fail",
            "use django.tasks, or run the work in the request",
        );
    }
    if settings.huey == "object" {
        say(
            "HUEY is made in the settings and needs Redis",
            "write it as a table in the settings, so that `immediate` can be set",
        );
    }
    let has_sockets = facts.mentions.iter().find(|mention| mention.what == "WebSockets");
    if let Some(mention) = has_sockets {
        let next = "pages work as far as they do without; let them ask again in intervals instead";
        found.push(Remark::new(
            "WebSockets don't work: the program answers requests only",
            Some(mention.place.to_string()),
            next,
        ));
    }
    found
}

/// Where only the first page lacks it.
const WHILE_STAGING: &str =
    "what `[backend] build` makes may be missing: `packaged-stage --check` runs it, then looks at this page again";

/// How errors start that are about a file which is not there.
const OF_FILES: [&str; 3] = ["ValueError: Missing staticfiles manifest", "TemplateDoesNotExist", "FileNotFoundError"];

/// The next step where there is an error in the place of the first page.
fn of_an_error(error: &str, page: &Page, known: &Known<'_>) -> String {
    if known.seen.failures.iter().any(|failed| failed.step == "static") {
        "its static files were not collected, which may be why: mend that first".to_owned()
    } else if error.contains("Site matching query does not exist") {
        "the window's address is none of the sites of `django.contrib.sites`: `SITE_ID = 1` in [backend.overlay] takes the \
         one that a new database has"
            .to_owned()
    } else if error.contains("no such table") {
        "its model has no migration: run `makemigrations` in the project and commit what that makes".to_owned()
    } else if let Some(next) = older_django(error, known) {
        next
    } else if needs_build(known) && OF_FILES.iter().any(|start| error.starts_with(start)) {
        WHILE_STAGING.to_owned()
    } else if let Some(next) = of_manifest(error, known) {
        next
    } else if error.starts_with("TemplateDoesNotExist") {
        "where a front-end build makes that template, say how with `[backend] build`; else name its folder in \
         [backend.overlay], or take another page with `start-path`"
            .to_owned()
    } else {
        let other = page.asked.iter().find(|(_, status)| *status == 200);
        let other = other.map_or_else(String::new, |(path, _)| format!(", such as {path}"));
        let first = if needs_build(known) { format!("{WHILE_STAGING}; or ") } else { String::new() };
        format!(
            "{first}a new installation may want data, which `first-run` in [backend] loads; or take another page{other}, \
             with `start-path`; or mend it"
        )
    }
}

fn of_page(page: &Page, known: &Known<'_>) -> Vec<Remark> {
    let (mut found, is_built) = (Vec::new(), needs_build(known));
    if let Some(error) = &page.error {
        let line = error.lines().next().unwrap_or_default();
        let what = format!("the first page {} fails: {line}", page.path);
        let next = of_an_error(error, page, known);
        found.push(Remark::new(what, page.place.clone(), next));
    } else if page.status != 200 {
        let asked: Vec<String> = page.asked.iter().map(|(path, status)| format!("{path} {status}")).collect();
        let wants_login = |(_, status): &(String, u16)| matches!(status, 401 | 403);
        let next = if page.asked.iter().any(wants_login) && known.seen.apps.as_ref().is_some_and(|apps| apps.user) {
            "name the first page with `[backend] start-path`; 401 and 403 are for nobody in particular: with \
             `account = \"owner\"` the window is logged in"
        } else {
            "name the first page with `[backend] start-path`"
        };
        found.push(Remark::new(format!("no first page was found: {}", asked.join(", ")), None, next));
    }
    if !page.missing.is_empty() && !is_built {
        let names: Vec<&str> = page.missing.iter().take(4).map(String::as_str).collect();
        let next = "say what makes them with `[backend] build`, or mend the page";
        found.push(Remark::new(
            format!("static files of the first page are missing: {}", names.join(", ")),
            None,
            next,
        ));
    }
    if let Some(host) = page.of_developers().filter(|_| !is_built) {
        let what = format!("the first page loads from {host}, which is a server of developers");
        found.push(Remark::new(what, None, "say what makes these files with `[backend] build`, or mend the page"));
    }
    let hosts = page.of_others();
    if !hosts.is_empty() {
        let what = format!("the first page loads from other hosts: {}", hosts.join(", "));
        found.push(Remark::new(what, None, "ship these files as static files, so that it works without a network"));
    }
    found
}
