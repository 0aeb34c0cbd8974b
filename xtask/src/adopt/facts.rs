//! What is known of a project before anything is decided: from its files, and from its settings as Django sees them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// A line of a file of the project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Relative to the project, `/`-separated.
    pub(crate) file: String,
    /// Counted from 1.
    pub(crate) line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A text file of the project.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// Relative to the project, `/`-separated.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Text {
    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The folder that it lies in; empty for the project's own.
    pub(crate) fn folder(&self) -> &str {
        folder(&self.path)
    }

    /// Whether a byte lies on a line that is a comment.
    pub(crate) fn is_comment(&self, at: usize) -> bool {
        self.text[..at].rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with('#'))
    }

    /// The place of a byte.
    pub(crate) fn place(&self, at: usize) -> Place {
        let line = self.text[..at].matches('\n').count() + 1;
        Place { file: self.path.clone(), line }
    }
}

/// The folder of a path; empty at the top.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Two parts of a path, either of which may be empty.
pub(crate) fn join(folder: &str, name: &str) -> String {
    let parts = [folder, name].into_iter().filter(|part| !part.is_empty() && *part != ".");
    parts.collect::<Vec<_>>().join("/")
}

/// The files of a project that matter here.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// Absolute.
    pub(crate) root: Utf8PathBuf,
    /// Every file that a copy of the project has, sorted.
    pub(crate) paths: Vec<String>,
    /// Those that are read: sources, lists of requirements, settings of tools.
    pub(crate) texts: BTreeMap<String, Text>,
    /// Links to nowhere.
    pub(crate) lost: Vec<String>,
    /// The folder of the entry script; empty at the top.
    pub(crate) home: String,
    /// Python packages of the same repository in folders above, by name, with the absolute folder that they lie in.
    pub(crate) above: BTreeMap<String, Utf8PathBuf>,
    /// Digest over the paths, sizes and times.
    pub(crate) stamp: String,
}

impl Tree {
    /// Whether there is such a file.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.paths.binary_search_by(|own| own.as_str().cmp(path)).is_ok()
    }

    /// Whether there is such a folder with a file in it; the project's own is empty.
    pub(crate) fn has_folder(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        let at = self.paths.partition_point(|own| own.as_str() < prefix.as_str());
        path.is_empty() || self.paths.get(at).is_some_and(|own| own.starts_with(&prefix))
    }

    /// The Python sources that are not tests.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &Text> {
        // A library's example may well be called `test_project`.
        let is_home = |part: &str| self.home.split('/').any(|own| own == part);
        let is_test = move |part: &str| {
            (matches!(part, "tests" | "test" | "testing") || part.starts_with("test_")) && !is_home(part)
        };
        let python = self.texts.values().filter(|text| has_extension(&text.path, "py"));
        python.filter(move |text| !text.path.split('/').any(is_test) && text.name() != "conftest.py")
    }
}

/// Whether a file name ends like this, in any case.
pub(crate) fn has_extension(path: &str, wanted: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case(wanted))
}

/// A settings module that something names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Candidate {
    /// Dotted.
    pub(crate) module: String,
    /// Its file.
    pub(crate) file: String,
    /// Who names it.
    pub(crate) named_by: Vec<String>,
}

/// Where the parts of the project lie; folders are relative to the project, and `.` is its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Layout {
    pub(crate) manage: Option<String>,
    /// Entry scripts of other projects in the same folder, which were not taken.
    pub(crate) others: Vec<String>,
    pub(crate) source_roots: Vec<String>,
    pub(crate) cwd: String,
}

/// How the kind of a variable begins with whose value the settings go this way or that; the word for a desktop follows.
pub(crate) const WORD: &str = "word ";

/// A variable that the settings read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// The text of the default; nothing where the settings fail without the variable.
    pub(crate) default: Option<String>,
    /// What it is read as: `str`, `bool`, `int`, `list`, `db`, `cache`, `email`; `debug` where it decides about that, or
    /// `debug-unless-false` where only the word False says no; [`WORD`] and its value where the settings know some words.
    pub(crate) kind: String,
    pub(crate) place: Option<Place>,
}

/// Something that a source says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Mention {
    /// What was looked for.
    pub(crate) what: &'static str,
    pub(crate) place: Place,
}

/// How a project says what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Needs {
    /// `uv.lock`, taken as it is.
    UvLock,
    /// Files that are locked by `adopt`: what they are, for people.
    Listed(Vec<String>),
    /// Nothing: what the sources import.
    Imported,
}

/// A command that makes files which are not in the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Build {
    /// The folder of `package.json`.
    pub(crate) folder: String,
    pub(crate) manager: String,
    pub(crate) place: Place,
}

/// What the files say.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The project's folder as `dds.toml` has it.
    pub(crate) written_root: String,
    /// The name of the folder, for names.
    pub(crate) folder_name: String,
    pub(crate) layout: Layout,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) needs: Needs,
    /// `project.name` of `pyproject.toml`.
    pub(crate) name: Option<String>,
    /// The version of the project, where it is written down, with the place.
    pub(crate) version: Option<(String, Place)>,
    /// `requires-python`, and the requirement on Django, as they are written.
    pub(crate) requires_python: Option<String>,
    pub(crate) django: Option<String>,
    pub(crate) builds: Vec<Build>,
    pub(crate) lost: Vec<String>,
    /// Files at the top that have the name of a folder of every stage.
    pub(crate) in_the_way: Vec<String>,
    pub(crate) icon: Option<String>,
    pub(crate) fixtures: Vec<String>,
    /// Files that are not there, each with the one that shows what is in it, such as `config.example.yaml`.
    pub(crate) samples: Vec<(String, String)>,
    /// Translations with texts, and without what is made of them.
    pub(crate) uncompiled: Vec<String>,
    /// What was committed of the data of a server or a developer: the key of `[backend.seed]` that ships it, and the place.
    pub(crate) data: Vec<(&'static str, String)>,
    /// The project's own packages, by their names.
    pub(crate) packages: BTreeSet<String>,
    /// Packages of the same repository that lie above the project's folder, with the folder as `dds.toml` would have it.
    pub(crate) above: BTreeMap<String, String>,
    /// Management commands that scripts of the project run, with the place of each.
    pub(crate) commands: Vec<(String, Place)>,
}

/// What `adopt_observe.py` reports. A part that could not be made is not there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Seen {
    pub(crate) settings: Option<Settings>,
    pub(crate) apps: Option<Apps>,
    /// Aliases whose engine is not `SQLite`.
    pub(crate) overlay: Option<Vec<String>>,
    /// Setting and folder: relative to the project, or absolute outside of it.
    pub(crate) folders: Vec<(String, String)>,
    /// The same for folders of the project in which nothing is.
    pub(crate) unmade: Vec<(String, String)>,
    /// Aliases of storages that keep files on this machine.
    pub(crate) local_storages: Vec<String>,
    pub(crate) models: Vec<Found>,
    pub(crate) migrations: Vec<Found>,
    pub(crate) page: Option<Page>,
    /// Why the one user of an installation can't be made.
    pub(crate) no_owner: String,
    /// How the first page fails for that user.
    pub(crate) owner_fails: Option<Found>,
    pub(crate) refused: Vec<Found>,
    /// Folders of the project that were made, each with who did it.
    pub(crate) made: Vec<Found>,
    pub(crate) failures: Vec<Failed>,
    /// Variables that were given a stand-in only because the settings would not be imported without.
    pub(crate) stand_ins: Vec<Variable>,
}

/// Something with the place where it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) what: String,
    pub(crate) place: Option<String>,
    /// The part of the look in which it was, as [`Failed::step`].
    #[serde(default)]
    pub(crate) step: String,
    /// The line of `[backend.overlay]` that moves what is written.
    #[serde(default)]
    pub(crate) setting: Option<String>,
}

/// The settings as the project has them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    pub(crate) django: String,
    pub(crate) apps: Vec<String>,
    pub(crate) middleware: Vec<String>,
    pub(crate) authentication: Vec<String>,
    pub(crate) databases: BTreeMap<String, String>,
    pub(crate) caches: BTreeMap<String, String>,
    pub(crate) storages: BTreeMap<String, String>,
    pub(crate) sessions: String,
    pub(crate) mail: String,
    pub(crate) media: bool,
    /// Of the default database and of the media, the place in the project's folder, where it is there.
    pub(crate) database_file: Option<String>,
    pub(crate) media_folder: Option<String>,
    pub(crate) r#static: bool,
    pub(crate) https: Vec<String>,
    pub(crate) queues: Vec<String>,
    /// How Huey keeps its queue: `file`, `server`, `object`, or nothing.
    pub(crate) huey: String,
    pub(crate) offline_compression: bool,
    pub(crate) auth_model: String,
    pub(crate) asgi: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Apps {
    pub(crate) models: usize,
    /// There are users.
    pub(crate) user: bool,
}

/// The first page that answered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) hops: Vec<String>,
    pub(crate) asks_for_password: bool,
    pub(crate) title: String,
    /// Hosts that its scripts, styles and pictures come from.
    pub(crate) hosts: Vec<String>,
    pub(crate) error: Option<String>,
    /// The line of the project that the error came by.
    pub(crate) place: Option<String>,
    /// Static files that it asks for and that were not collected.
    pub(crate) missing: Vec<String>,
    /// Every address that was tried, with the status.
    pub(crate) asked: Vec<(String, u16)>,
}

impl Page {
    /// The server on a developer's machine that it loads from: what a build makes is served by that one meanwhile.
    pub(crate) fn of_developers(&self) -> Option<&String> {
        self.hosts.iter().find(|host| is_this_machine(host))
    }

    /// The hosts of others that it loads from.
    pub(crate) fn of_others(&self) -> Vec<&str> {
        self.hosts.iter().map(String::as_str).filter(|host| !is_this_machine(host)).collect()
    }
}

fn is_this_machine(host: &str) -> bool {
    ["localhost", "127.0.0.1", "0.0.0.0"].contains(&host.split(':').next().unwrap_or(host))
}

/// A part of the observation that failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Failed {
    pub(crate) step: String,
    pub(crate) first: Told,
    pub(crate) last: Told,
    /// A look at a project may do less than a program on a person's machine, and that is why.
    #[serde(default)]
    pub(crate) stopped: bool,
}

impl Failed {
    /// The module that was not found. Where something else came first it is the last of the chain that tells: a cache
    /// that lacks a backend asks for it then.
    pub(crate) fn missing_module(&self) -> Option<&String> {
        self.first.module.as_ref().or(self.last.module.as_ref())
    }
}

/// One exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) place: Option<String>,
    /// The module that was not found.
    pub(crate) module: Option<String>,
    /// The variable that was not set.
    pub(crate) variable: Option<String>,
    /// The module of a package in whose source that was; empty for the project's own.
    #[serde(default)]
    pub(crate) within: Option<String>,
}
