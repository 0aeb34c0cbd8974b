//! What is left to a person, and what can't work: in words, with the place and the next step.

use crate::adopt::facts::{Facts, Failed, Mention, Needs, Page, Seen, Settings, Variable};
use crate::adopt::listing::Line;
use crate::adopt::plan::known::{self, Known, Remark, build_commands, needs_build, older_django};
use crate::adopt::plan::variables::is_guessed;
use crate::adopt::plan::written;
use crate::adopt::requirements;
use crate::stage::plan::requirements::name;

/// What can't work, told from the files alone, and what to do about it.
const FROM_FILES: [(&str, &str, &str); 7] = [
    (
        "template",
        "this is a template for `django-admin startproject`, and no project yet",
        "make a project of it with `django-admin startproject --template FOLDER NAME`, and adopt that one",
    ),
    (
        "django-configurations",
        "the settings are classes of django-configurations, over which no other settings can be laid",
        "write a plain settings module beside them that the desktop takes, and name it with `--settings`",
    ),
    (
        "dynaconf",
        "dynaconf replaces Django's settings by its own, over which no other settings can be laid",
        "write a plain settings module beside them that the desktop takes, and name it with `--settings`",
    ),
    (
        "host routing",
        "the address decides what a page is (host or sub-domain), and a window has one address only",
        "give the desktop settings of its own without that middleware, and name them with `--settings`",
    ),
    (
        "tenants",
        "each customer has a schema of PostgreSQL, and the desktop's database is SQLite",
        "there is no way around it: the project needs PostgreSQL",
    ),
    (
        "PostgreSQL fields",
        "a model has fields that only PostgreSQL has, and the desktop's database is SQLite",
        "use a field that every database has (JSONField for lists and tables), with a migration",
    ),
    (
        "GIS",
        "GeoDjango needs the libraries GDAL, GEOS and SpatiaLite from outside Python, and no stage can bring them",
        "leave `django.contrib.gis` out of the settings that the desktop takes",
    ),
];

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

/// Refusals that need nothing but the files.
pub(crate) fn from_files(mentions: &[Mention], objections: &[(Line, &'static str)]) -> Vec<Remark> {
    let known = |mention: &Mention| {
        let (_, what, next) = FROM_FILES.iter().find(|(name, ..)| *name == mention.what)?;
        Some(Remark::new(*what, Some(mention.place.to_string()), *next))
    };
    let names = objections.iter().map(|(line, _)| name(&line.text).unwrap_or_else(|| "NAME".to_owned()));
    let flags: Vec<String> = names.map(|name| format!("--replace {name}==VERSION")).collect();
    let next = format!("give the command `{}` with a released version, or `--drop NAME`", flags.join(" "));
    let unhashed = objections.iter().map(|(line, why)| {
        Remark::new(format!("the requirement `{}` {why}", line.text), Some(line.place.to_string()), next.clone())
    });
    mentions.iter().filter_map(known).chain(unhashed).collect()
}

/// A refusal about versions. `place` has the requirement of Django.
pub(crate) fn of_versions(why: String, place: Option<String>) -> Remark {
    let place = place.filter(|_| why.starts_with("Django "));
    Remark::new(why, place, "bring the project to a supported version first; older ones get no security fixes either")
}

/// Refusals from what was seen.
pub(crate) fn refusals(seen: &Seen) -> Vec<Remark> {
    let mut found = Vec::new();
    let fields =
        seen.models.iter().map(|field| (&field.what, &field.place, "only PostgreSQL or a GIS database has it"));
    let first = fields.into_iter().next();
    found.extend(first.map(|(what, place, why)| {
        let next = "use a field that every database has (JSONField for lists and tables), with a migration";
        Remark::new(format!("{what}: {why}, and the desktop's database is SQLite"), place.clone(), next)
    }));
    found.extend(seen.failures.iter().filter_map(|failed| refused_failure(failed, seen)));
    found
}

/// Libraries that Python packages load from the system, by what their loaders say.
const LIBRARIES: [(&str, &str); 5] = [
    ("GDAL", "GDAL"),
    ("libpango", "Pango"),
    ("libgobject", "Pango"),
    ("SpatiaLite", "SpatiaLite"),
    ("libmagic", "libmagic"),
];

fn refused_failure(failed: &Failed, seen: &Seen) -> Option<Remark> {
    let text = format!("{} {}", failed.first.text, failed.last.text);
    let place = failed.first.place.clone().or_else(|| failed.last.place.clone());
    if let Some((_, library)) = LIBRARIES.iter().find(|(sign, _)| text.contains(sign)) {
        let what = format!("the library {library} is needed from outside Python, and no stage can bring it");
        return Some(Remark::new(what, place, "leave out the app that needs it, in settings that the desktop takes"));
    }
    if let Some(program) = program_of(failed, place.as_deref(), seen) {
        let what = format!(
            "`{program}` is started while the apps are loaded, which fails without it, and no stage can bring it"
        );
        return Some(Remark::new(what, place, "leave out what needs it, in settings that the desktop takes"));
    }
    // What is slow may only have a slow machine, and a module can be added.
    let can_be_mended = failed.first.text.starts_with("not done after") || failed.first.module.is_some();
    if failed.step != "migrate" || can_be_mended {
        return None;
    }
    if !failed.last.text.contains("the migration ") {
        let what = format!("a new database can't be made: {}", short(&failed.first.text));
        return Some(Remark::new(what, place, "mend it, or give the desktop settings without it, with `--settings`"));
    }
    let operation = seen.migrations.first();
    let because = operation.map(|operation| format!(" ({} is PostgreSQL's own)", operation.what)).unwrap_or_default();
    let place = operation.and_then(|operation| operation.place.clone()).or(place);
    let what = format!("{}{because}: {}", short(&failed.last.text), short(&failed.first.text));
    let next = if failed.last.text.ends_with("does not run on SQLite") {
        "make that migration do nothing where `connection.vendor` is not \"postgresql\""
    } else {
        "mend it; what only PostgreSQL needs, let it do where `connection.vendor` is \"postgresql\""
    };
    Some(Remark::new(what, place, next))
}

/// The program whose absence a failed import is about: the same line wanted to start it.
fn program_of<'a>(failed: &Failed, place: Option<&str>, seen: &'a Seen) -> Option<&'a str> {
    // Without a line nothing says that the two belong together.
    let place = place.filter(|_| ["settings", "overlay", "apps"].contains(&failed.step.as_str()))?;
    let mut started = seen.refused.iter().filter(|refused| refused.place.as_deref() == Some(place));
    started.find_map(|refused| refused.what.strip_prefix("starts a program (")?.strip_suffix(')'))
}

/// An exception without the name of its class's module, on one line.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.split_once(": ").map_or(line, |(_, rest)| rest).to_owned()
}

/// What works with a word of a person, or differently than on a server.
pub(crate) fn asks(known: &Known<'_>) -> Vec<Remark> {
    let mut found = of_settings_module(known);
    found.extend(of_variables(known));
    found.extend(of_packages(known));
    found.extend(known.seen.failures.iter().filter_map(|failed| of_failure(failed, known)));
    if let Some(settings) = &known.seen.settings {
        found.extend(of_settings(settings, known.facts));
    }
    found.extend(of_queries(&known.facts.mentions));
    found.extend(known.seen.page.iter().flat_map(|page| of_page(page, known)));
    found.extend(written::at_the_start(known));
    found.extend(written::later(known.seen));
    let fixtures = &known.facts.fixtures;
    if !fixtures.is_empty() {
        let names: Vec<&str> = fixtures.iter().take(4).map(String::as_str).collect();
        let next = "if a new installation should have that data: `first-run = [\"loaddata NAME\"]` in [backend]";
        found.push(Remark::new(format!("there are fixtures: {}", names.join(", ")), None, next));
    }
    let commands = &known.facts.commands;
    if let Some((_, first)) = commands.first() {
        let names: Vec<String> = commands.iter().take(4).map(|(command, _)| format!("`{command}`")).collect();
        let what = format!("scripts of the project run more commands: {}", names.join(", "));
        let next = "if a new installation needs one: name it in `first-run` in [backend], or in `every-start`";
        found.push(Remark::new(what, Some(first.to_string()), next));
    }
    found
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

fn of_settings_module(known: &Known<'_>) -> Vec<Remark> {
    let choice = known.choice;
    if choice.others.is_empty() {
        return Vec::new();
    }
    let what =
        format!("the settings are {} ({}); there are {}, too", choice.module, choice.reason, choice.others.join(", "));
    vec![Remark::new(what, None, "if you mean another one: `--settings MODULE`")]
}

fn of_variables(known: &Known<'_>) -> Vec<Remark> {
    let stand_ins = known.seen.stand_ins.iter().filter(|variable| is_guessed(variable));
    let names = stand_ins.map(|variable| {
        let next = "give it a value in [backend.env] of dds.toml, or leave it where the program does without";
        let what = format!("the settings want the variable {}, which has only a stand-in", variable.name);
        Remark::new(what, variable.place.as_ref().map(ToString::to_string), next)
    });
    names.collect()
}

fn of_packages(known: &Known<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    if known.facts.needs == Needs::Imported {
        let next = "look through desktop-requirements.txt; `--add` and `--drop` correct it";
        found.push(Remark::new(
            "nothing says which packages the project needs: they were told from its imports",
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

/// A failure with a remedy.
fn of_failure(failed: &Failed, known: &Known<'_>) -> Option<Remark> {
    if refused_failure(failed, known.seen).is_some() || failed.step == "static" && !known.facts.builds.is_empty() {
        return None;
    }
    let place = failed.first.place.clone().or_else(|| failed.last.place.clone());
    if let Some(module) = &failed.first.module {
        let top = module.split('.').next().unwrap_or(module);
        if requirements::is_of_python(top) {
            let what = format!("the module {module} is no longer part of Python {}", known.locked.python.bundled);
            return Some(Remark::new(what, place, "mend that import, or take an older Python with `[python] version`"));
        }
        let distribution = requirements::distribution(top);
        let next = if known.facts.needs == Needs::UvLock {
            format!("`uv add {distribution}` in the project, or name its group or extra in [packages] of dds.toml")
        } else {
            format!("give the command `--add {distribution}`, which adds it to [packages] of dds.toml")
        };
        return Some(Remark::new(format!("the module {module} is imported, and no package brings it"), place, next));
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
    let next = match (failed.step.as_str(), unset_in(place.as_deref(), known)) {
        ("settings", Some(names)) => format!("{next}; nothing sets {names}, which they read"),
        _ => next.to_owned(),
    };
    let [first, last] = [&failed.first, &failed.last].map(|told| told.text.lines().next().unwrap_or_default());
    let told = if first == last { first.to_owned() } else { format!("{first}; {last}") };
    let next = older_django(&told, known).unwrap_or(next);
    Some(Remark::new(format!("{what}: {told}"), place, next))
}

/// The variables that the file of a failure reads and that have neither a value nor a default.
fn unset_in(place: Option<&str>, known: &Known<'_>) -> Option<String> {
    let file = known::place(place?)?.file;
    let is_unset = |variable: &&Variable| {
        let is_here = variable.place.as_ref().is_some_and(|place| place.file == file);
        is_here && variable.default.as_ref().is_none_or(String::is_empty) && !known.env.own.contains_key(&variable.name)
    };
    let unset = known.env.others.iter().filter(is_unset).take(4);
    let names: Vec<&str> = unset.map(|variable| variable.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
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

fn of_page(page: &Page, known: &Known<'_>) -> Vec<Remark> {
    let (mut found, is_built) = (Vec::new(), needs_build(known));
    if let Some(error) = &page.error {
        let line = error.lines().next().unwrap_or_default();
        let what = format!("the first page {} fails: {line}", page.path);
        let next = if error.contains("no such table") {
            "its model has no migration: run `makemigrations` in the project and commit what that makes".to_owned()
        } else if let Some(next) = older_django(error, known) {
            next
        } else {
            let other = page.asked.iter().find(|(_, status)| *status == 200);
            let other = other.map_or_else(String::new, |(path, _)| format!(", such as {path}"));
            format!(
                "a new installation may want data, which `first-run` in [backend] loads; or take another page{other}, with \
                 `start-path`; or mend it"
            )
        };
        found.push(Remark::new(what, page.place.clone(), next));
    } else if page.status != 200 {
        let asked: Vec<String> = page.asked.iter().map(|(path, status)| format!("{path} {status}")).collect();
        let next = "name the first page with `[backend] start-path`";
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
