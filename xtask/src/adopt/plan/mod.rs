//! What is decided from the facts: the lines of `dds.toml`, each with its reason, and what is left to a person.

pub(crate) mod known;
mod missing;
pub(crate) mod refusals;
pub(crate) mod remarks;
pub(crate) mod settings;
pub(crate) mod values;
pub(crate) mod variables;
mod written;

use std::collections::BTreeSet;

use deunicode::deunicode;
use serde::Serialize;
use toml::Value;

pub(crate) use self::known::{Known, place};
pub(crate) use self::variables::Environment;
use crate::adopt::facts::{Facts, Needs, Page, Seen, Settings};
use crate::adopt::listing::SAID;
use crate::adopt::lock;
use crate::adopt::plan::known::{Remark, build_commands, needs_build};
use crate::adopt::requirements::Wishes;
use crate::base::config::project::NOT_IN_A_TITLE;

/// A line of `dds.toml`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Line {
    /// `backend.env`.
    pub(crate) table: &'static str,
    /// Dotted where it is a value in a table of its own.
    pub(crate) key: String,
    pub(crate) value: Value,
    pub(crate) reason: String,
}

/// Everything that is decided.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    pub(crate) lines: Vec<Line>,
    /// What works with a word of a person, or differently than on a server.
    pub(crate) asks: Vec<Remark>,
    /// Why it can't work.
    pub(crate) refusals: Vec<Remark>,
    first_page: FirstPage,
}

/// What people see first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum FirstPage {
    /// The project could not be started, so that nobody knows what else there is.
    #[default]
    Unknown,
    Works,
    /// No address answers with one.
    None,
    Fails,
    /// It fails, and the front-end build that staging runs may make what it lacks.
    WaitsForBuild,
}

impl FirstPage {
    fn of(known: &Known<'_>) -> Self {
        match &known.seen.page {
            None => Self::Unknown,
            Some(page) if page.error.is_some() && needs_build(known) => Self::WaitsForBuild,
            Some(page) if page.error.is_some() => Self::Fails,
            Some(page) if page.status != 200 => Self::None,
            Some(_) => Self::Works,
        }
    }
}

impl Decision {
    fn set(&mut self, table: &'static str, key: &str, value: impl Into<Value>, reason: impl Into<String>) {
        let (key, value, reason) = (key.to_owned(), value.into(), reason.into());
        self.lines.push(Line { table, key, value, reason });
    }

    /// The words for how it stands.
    pub(crate) fn verdict(&self) -> &'static str {
        match (self.refusals.is_empty(), self.asks.is_empty(), self.first_page) {
            (false, ..) => "will not work",
            (true, true, _) => "works",
            (true, false, FirstPage::Unknown) => "needs your word first, then the same command again",
            (true, false, FirstPage::None) => "needs your word first: no first page was found",
            (true, false, FirstPage::Fails) => "needs your word first: its first page is an error",
            (true, false, FirstPage::WaitsForBuild) => {
                "works with what you decide, if its build makes what the first page lacks"
            }
            (true, false, FirstPage::Works) => "works with what you decide",
        }
    }
}

/// Decides.
pub(crate) fn decide(known: &Known<'_>) -> Decision {
    let mut decision = Decision::default();
    names(&mut decision, known.facts);
    python(&mut decision, known);
    backend(&mut decision, known);
    env(&mut decision, known);
    let none = Settings::default();
    let settings = known.seen.settings.as_ref().unwrap_or(&none);
    queues(&mut decision, settings);
    overlay(&mut decision, known, settings);
    packages(&mut decision, known);
    decision.first_page = FirstPage::of(known);
    decision.asks.extend(remarks::asks(known));
    decision.refusals.extend(refusals::refusals(known.seen));
    decision
}

fn names(decision: &mut Decision, facts: &Facts) {
    let (own, from) = match &facts.name {
        Some(name) => (name.as_str(), "the name in pyproject.toml"),
        None => (facts.folder_name.as_str(), "the name of the folder"),
    };
    let name = plain(own);
    decision.set("project", "name", name.clone(), from);
    decision.set("project", "title", title(own), "the same for people: window, installers");
    decision.set(
        "project",
        "identifier",
        format!("com.example.{name}"),
        "change it before you ship: your own domain, reversed",
    );
    // That of pyproject.toml is read from there.
    if let Some((version, place)) = facts.version.as_ref().filter(|(_, place)| place.file != "pyproject.toml") {
        decision.set("project", "version", version.clone(), format!("{place}: the project's own"));
    }
    if let Some(icon) = &facts.icon {
        decision.set("project", "icon", format!("{}/{icon}", facts.written_root), "the project's own picture");
    }
}

/// Lower case, digits and `-`; letters of other alphabets as they are written in this one.
fn plain(name: &str) -> String {
    let lower = deunicode(name).to_lowercase();
    let parts = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let name = parts.collect::<Vec<_>>().join("-");
    if name.is_empty() { "app".to_owned() } else { name }
}

/// Words with a capital each, without what no title may have.
fn title(name: &str) -> String {
    let is_between = |c: char| c.is_whitespace() || c.is_control() || "-_.".contains(c) || NOT_IN_A_TITLE.contains(&c);
    let words = name.split(is_between).filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    });
    let title = words.collect::<Vec<_>>().join(" ");
    if title.is_empty() { "App".to_owned() } else { title }
}

fn python(decision: &mut Decision, known: &Known<'_>) {
    let python = known.locked.python;
    let because = [("Python ", &known.facts.requires_python), ("Django ", &known.facts.django)];
    let because: Vec<String> = because
        .iter()
        .filter_map(|(what, range)| Some(format!("{what}{}", range.as_ref().filter(|range| !range.is_empty())?)))
        .collect();
    let asked = if because.is_empty() { "the packages".to_owned() } else { because.join(", ") };
    let bundled = python.bundled.to_string();
    if bundled != "3.14" {
        decision.set("python", "version", bundled, format!("the newest that has wheels and fits {asked}"));
    }
    decision.set("python", "minimum", python.minimum.to_string(), "the oldest that the packages are locked for");
}

fn backend(decision: &mut Decision, known: &Known<'_>) {
    let Known { facts, choice, seen, .. } = known;
    let layout = &facts.layout;
    let where_from = layout.manage.as_ref().map_or("no manage.py", |manage| manage.as_str());
    decision.set("backend", "root", facts.written_root.clone(), "the project");
    if layout.source_roots != ["."] {
        decision.set("backend", "source-roots", list(&layout.source_roots), format!("the import path of {where_from}"));
    }
    if layout.cwd != "." {
        decision.set("backend", "cwd", layout.cwd.clone(), format!("the folder of {where_from}"));
    }
    decision.set("backend", "settings-module", choice.module.clone(), choice.reason.clone());
    let outside = outside_of_roots(facts, seen);
    if !outside.is_empty() {
        decision.set("backend", "include", list(&outside), "the settings name them, beside the import path");
    }
    let made = written::folders(seen);
    if let Some(first) = made.first() {
        let folders: Vec<String> = made.iter().map(|folder| folder.what.clone()).collect();
        let by = first.place.as_deref().unwrap_or("the project");
        decision.set("backend", "folders", list(&folders), format!("{by} makes them, and an installed program can't"));
    }
    left_out(decision, facts);
    if let Some(first) = facts.builds.first().filter(|_| needs_build(known)) {
        decision.set("backend", "build", list(&build_commands(facts)), format!("{}", first.place));
    }
    if let Some(page) = &seen.page {
        first_page(decision, page, seen);
    }
}

fn list(words: &[String]) -> Value {
    Value::Array(words.iter().cloned().map(Value::String).collect())
}

/// Folders of the project that the settings name and that no import root holds.
fn outside_of_roots(facts: &Facts, seen: &Seen) -> Vec<String> {
    let held = |folder: &str| {
        let mut roots = facts.layout.source_roots.iter();
        roots.any(|root| root == "." || folder == root || folder.starts_with(&format!("{root}/")))
    };
    let is_program = |setting: &str| !matches!(setting, "MEDIA_ROOT" | "EMAIL_FILE_PATH" | "CACHES");
    let named = seen.folders.iter().filter(|(setting, folder)| is_program(setting) && !folder.starts_with('/'));
    let outside = named.filter(|(_, folder)| !folder.is_empty() && !folder.contains(':') && !held(folder));
    let mut patterns: Vec<String> = outside.map(|(_, folder)| format!("{folder}/**")).collect();
    patterns.sort_unstable();
    patterns.dedup();
    patterns
}

/// Files that would end the staging.
fn left_out(decision: &mut Decision, facts: &Facts) {
    let kinds = [(&facts.lost, "links to nowhere"), (&facts.in_the_way, "the folder of the interpreter has that name")];
    let kinds: Vec<_> = kinds.into_iter().filter(|(files, _)| !files.is_empty()).collect();
    if !kinds.is_empty() {
        let files: Vec<String> = kinds.iter().flat_map(|(files, _)| files.iter().cloned()).collect();
        let reasons: Vec<&str> = kinds.iter().map(|(_, reason)| *reason).collect();
        decision.set("backend", "exclude", list(&files), reasons.join("; "));
    }
}

fn first_page(decision: &mut Decision, page: &Page, seen: &Seen) {
    if page.path != "/" && page.status == 200 {
        let root = page.asked.iter().find(|(path, _)| path == "/");
        let reason = root.map_or_else(String::new, |(_, status)| format!("; `/` is {status}"));
        decision.set("backend", "start-path", page.path.clone(), format!("the first page that answers{reason}"));
    }
    let has_users = seen.apps.as_ref().is_some_and(|apps| apps.user);
    if has_users
        && page.asks_for_password
        && page.status == 200
        && seen.no_owner.is_empty()
        && seen.owner_fails.is_none()
    {
        let reason = "the first page asks for a login, and a new installation has no user; \"project\" keeps the login";
        decision.set("backend", "account", "owner", reason);
    }
}

fn env(decision: &mut Decision, known: &Known<'_>) {
    for variable in &known.env.set {
        decision.set("backend.env", &variable.name, variable.value.clone(), variable.reason.clone());
    }
    let unknown = known.seen.stand_ins.iter().filter(|variable| !known.env.own.contains_key(&variable.name));
    for variable in unknown {
        let place = variable.place.as_ref().map_or_else(|| "the settings".to_owned(), ToString::to_string);
        let guessed = known.env.guess(variable).map(|words| format!("; {}", words.trim_start_matches("only ")));
        let reason = format!("{place}: fails without it{}", guessed.unwrap_or_default());
        decision.set("backend.env", &variable.name, known.env.stand_in(variable), reason);
    }
}

/// `[backend.overlay]` as far as the settings alone decide it, for a second look.
pub(crate) fn overlay_of(settings: &Settings) -> Vec<Line> {
    let mut decision = Decision::default();
    queues(&mut decision, settings);
    decision.lines.retain(|line| line.table == "backend.overlay");
    decision.lines
}

/// Background work: what a desktop program can do of it.
fn queues(decision: &mut Decision, settings: &Settings) {
    let has = |start: &str| settings.queues.iter().any(|name| name.starts_with(start));
    let app = |name: &str| settings.apps.iter().any(|app| app == name || app.starts_with(&format!("{name}.")));
    if has("CELERY") {
        let reason = "Celery has no broker here: a task runs at once, in the request";
        decision.set("backend.overlay", "CELERY_TASK_ALWAYS_EAGER", true, reason);
    }
    match settings.huey.as_str() {
        "file" => {
            decision.set("backend", "worker", list(&["run_huey".to_owned()]), "the worker of Huey");
            decision.set("backend.overlay", "HUEY.filename", "{data}/huey.sqlite3", "its queue is a file");
        }
        "server" => {
            decision.set("backend.overlay", "HUEY.immediate", true, "Huey has no Redis here: a task runs at once");
        }
        _ => {}
    }
    if has("Q_CLUSTER") {
        let words = ["qcluster".to_owned()];
        decision.set("backend", "worker", list(&words), "the worker of django-q");
        decision.set("backend.overlay", "Q_CLUSTER.orm", "default", "its queue is in the database");
    }
    if app("background_task") {
        decision.set("backend", "worker", list(&["process_tasks".to_owned()]), "the worker of django-background-tasks");
    }
}

fn overlay(decision: &mut Decision, known: &Known<'_>, settings: &Settings) {
    let by_env = known.env.set.iter().any(|variable| variable.value.starts_with("sqlite:"));
    for alias in known.seen.overlay.iter().flatten().filter(|_| !by_env) {
        let engine = settings.databases.get(alias).map_or("", String::as_str);
        let reason = format!("{} needs a server", engine.rsplit('.').next().unwrap_or(engine));
        let key = format!("DATABASES.{alias}.ENGINE");
        decision.set("backend.overlay", &key, "django.db.backends.sqlite3", reason);
    }
    let own_store = known.facts.mentions.iter().find(|mention| mention.what == "object storage");
    if let Some(mention) = own_store {
        let is_remote =
            |(alias, backend): &(&String, &String)| is_own(backend) && !known.seen.local_storages.contains(alias);
        for (alias, backend) in settings.storages.iter().filter(is_remote) {
            let local = if alias == "staticfiles" {
                "django.contrib.staticfiles.storage.StaticFilesStorage"
            } else {
                "django.core.files.storage.FileSystemStorage"
            };
            let key = format!("STORAGES.{alias}.BACKEND");
            decision.set("backend.overlay", &key, local, format!("{backend} is an object storage, {}", mention.place));
        }
    }
    if settings.offline_compression {
        let words = Value::Array(vec!["compress --force".into()]);
        decision.set("backend.static", "after", words, "COMPRESS_OFFLINE: pages want what `compress` makes");
    }
}

/// A storage of the project itself.
fn is_own(backend: &str) -> bool {
    !backend.is_empty() && !["django.", "storages.", "whitenoise."].iter().any(|start| backend.starts_with(start))
}

fn packages(decision: &mut Decision, known: &Known<'_>) {
    match &known.facts.needs {
        Needs::UvLock => {}
        Needs::Listed(files) => {
            decision.set("packages", "requirements", lock::FILE, format!("locked from {}", files.join(", ")));
        }
        Needs::Imported => {
            decision.set("packages", "requirements", lock::FILE, "locked from what the sources import");
        }
    }
    let Wishes { add, drop, replace, .. } = known.wishes;
    let dropped: BTreeSet<String> = drop.iter().chain(&known.locked.dropped).cloned().collect();
    if !dropped.is_empty() {
        let unused = !known.locked.dropped.is_empty();
        let reason = if unused { "nothing imports them, and a desktop has no use for them" } else { SAID };
        decision.set("packages", "drop", list(&Vec::from_iter(dropped)), reason);
    }
    if !add.is_empty() {
        decision.set("packages", "add", list(add), SAID);
    }
    for (name, line) in replace {
        decision.set("packages", &format!("replace.{name}"), line.clone(), SAID);
    }
    if !known.locked.build.is_empty() {
        decision.set("packages", "build", list(&known.locked.build), "there are only sources of it, no wheel");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_project_in_any_alphabet() {
        let check =
            |own: &str, name: &str, words: &str| assert_eq!((&*plain(own), &*title(own)), (name, words), "{own}");
        check("meadow-shop", "meadow-shop", "Meadow Shop");
        check("MyNotes_2", "mynotes-2", "MyNotes 2");
        check("Meine Äpfel & Größen", "meine-apfel-grossen", "Meine Äpfel & Größen");
        check("école.site", "ecole-site", "École Site");
        check("заметки", "zametki", "Заметки");
        check("in/out: \"x\"?", "in-out-x", "In Out X");
        check("--", "app", "App");
    }
}
