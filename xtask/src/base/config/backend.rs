//! `[backend]`: the Django project, wherever it lies, and what it becomes on a desktop.

use std::collections::BTreeMap;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::base::config::mistake::Mistake;

/// The settings module of a project whose settings were not written for a desktop.
pub(crate) const OVERLAY_MODULE: &str = "desktop_runtime.overlay";

/// `[backend]`: the Django project.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Backend {
    /// Its folder, relative to `dds.toml`. It may lie elsewhere: `../shop`, or an absolute path.
    #[serde(default = "backend")]
    #[cfg_attr(test, schemars(with = "String", extend("format" = "path")))]
    pub(crate) root: Utf8PathBuf,
    /// The working folder of the program and of commands, below `root`; `root` itself without it.
    #[cfg_attr(test, schemars(with = "Option<String>", extend("format" = "path")))]
    pub(crate) cwd: Option<Utf8PathBuf>,
    /// The folders below `root` that go on the import path. All in them is shipped.
    #[serde(default = "whole_root")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) source_roots: Vec<Utf8PathBuf>,
    /// The entry script, relative to `root`, for the development commands and for `launcher-command`. Without these,
    /// commands run as `python -m django`.
    #[cfg_attr(test, schemars(with = "Option<String>", extend("format" = "path")))]
    pub(crate) manage: Option<Utf8PathBuf>,
    /// The settings of the packaged program.
    pub(crate) settings_module: String,
    /// The settings of the development commands; without it those of the packaged program.
    pub(crate) development_settings_module: Option<String>,
    /// Arguments of the bundled Python that start the backend: `["-m", "desktop_runtime"]` without it. A project that
    /// starts itself is responsible for its settings, too.
    pub(crate) launcher_command: Option<Vec<String>>,
    /// Glob patterns below `root` that are not shipped, besides what never is.
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    /// Glob patterns below `root` that are shipped, though they lie beside `source-roots` or are left out by default.
    #[serde(default)]
    pub(crate) include: Vec<String>,
    /// Folders below `root` that are shipped empty: settings make them beside the sources, where an installed program
    /// may not write.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) folders: Vec<Utf8PathBuf>,
    /// Commands that run in `root` before staging whenever something in it has changed, such as `npm run build`.
    #[serde(default)]
    pub(crate) build: Vec<CommandLine>,
    /// The path of the first page; `/` without it.
    pub(crate) start_path: Option<String>,
    /// Management commands for a brand-new database, after its first migration.
    pub(crate) first_run: Option<Vec<CommandLine>>,
    /// Management commands for each start.
    pub(crate) every_start: Option<Vec<CommandLine>>,
    /// The management command of the background worker, a list of such for several, or `false` for none. Without it, one
    /// for each task backend that keeps its queue in the database.
    pub(crate) worker: Option<Worker>,
    /// `project`: accounts are the project's own matter. `owner`: the window is logged in as the one user.
    pub(crate) account: Option<Account>,
    /// Settings in Python, relative to `dds.toml`; run last, in the namespace of the settings.
    #[cfg_attr(test, schemars(with = "Option<String>", extend("format" = "path")))]
    pub(crate) settings_file: Option<Utf8PathBuf>,
    /// `[backend.env]`: variables that are set before settings are imported. `{data}`, `{static}`, `{root}`, `{port}` and
    /// `{secret}` are filled in.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// `[backend.overlay]`: settings. Tables are merged, everything else takes the place of the project's value.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, serde_json::Value>"))]
    pub(crate) overlay: toml::Table,
    #[serde(default)]
    pub(crate) r#static: Static,
    #[serde(default)]
    pub(crate) seed: Seed,
}

fn backend() -> Utf8PathBuf {
    "backend".into()
}

fn whole_root() -> Vec<Utf8PathBuf> {
    vec![".".into()]
}

/// A command: a list of words, or one text that is split at blanks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(crate) enum CommandLine {
    /// `"npm run build"`
    Text(String),
    /// `["npm", "run", "build"]`
    Words(Vec<String>),
}

impl CommandLine {
    /// The words; the first one is the program or the management command.
    pub(crate) fn words(&self) -> Vec<String> {
        match self {
            Self::Text(text) => text.split_whitespace().map(str::to_owned).collect(),
            Self::Words(words) => words.clone(),
        }
    }
}

/// What runs beside the web process.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(crate) enum Worker {
    /// `false`: nothing.
    Switch(bool),
    /// One command.
    One(CommandLine),
    /// Several, each a list of words.
    Several(Vec<Vec<String>>),
}

/// Who the person at the window is for Django.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Account {
    /// Whoever logs in.
    Project,
    /// The one user of this installation.
    Owner,
}

/// `[backend.static]`: how static files are collected.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Static {
    /// Folders below `root` with collected files. They are shipped as they are, and nothing is collected.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) prebuilt: Vec<Utf8PathBuf>,
    /// Management commands that run before `collectstatic`.
    #[serde(default)]
    pub(crate) before: Vec<CommandLine>,
    /// Management commands that run after it, such as `compress`.
    #[serde(default)]
    pub(crate) after: Vec<CommandLine>,
}

/// `[backend.seed]`: what a new installation begins with.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Seed {
    /// A file of `SQLite`, relative to `dds.toml`; it becomes the database and is migrated.
    #[cfg_attr(test, schemars(with = "Option<String>", extend("format" = "path")))]
    pub(crate) database: Option<Utf8PathBuf>,
    /// A folder, relative to `dds.toml`, whose files become the media.
    #[cfg_attr(test, schemars(with = "Option<String>", extend("format" = "path")))]
    pub(crate) media: Option<Utf8PathBuf>,
}

impl Backend {
    /// Whether the runtime makes the settings of the desktop out of the project's.
    pub(crate) fn is_adopted(&self) -> bool {
        let has_keys = self.first_run.is_some()
            || self.every_start.is_some()
            || self.worker.is_some()
            || self.account.is_some()
            || self.start_path.is_some()
            || self.settings_file.is_some();
        let has_tables = !self.env.is_empty() || !self.overlay.is_empty();
        let has_seed = self.seed.database.is_some() || self.seed.media.is_some();
        !self.starts_itself() || has_keys || has_tables || has_seed
    }

    /// What `DJANGO_SETTINGS_MODULE` is in the packaged program.
    pub(crate) fn running_settings(&self) -> &str {
        if self.is_adopted() { OVERLAY_MODULE } else { &self.settings_module }
    }

    /// The settings of the development commands.
    pub(crate) fn development_settings(&self) -> &str {
        self.development_settings_module.as_deref().unwrap_or(&self.settings_module)
    }

    /// Arguments of Python that start the backend.
    pub(crate) fn launcher(&self) -> Vec<String> {
        let usual = || ["-m", "desktop_runtime"].map(str::to_owned).to_vec();
        self.launcher_command.clone().unwrap_or_else(usual)
    }

    /// Whether the launcher can run from the sources: the settings of a project that does not start itself are made of
    /// what only a stage has.
    pub(crate) fn starts_itself(&self) -> bool {
        self.launcher_command.is_some()
    }

    /// The working folder, below `root`; `.` for the root itself.
    pub(crate) fn working_folder(&self) -> &Utf8Path {
        self.cwd.as_deref().unwrap_or(".".into())
    }

    /// The folders on the import path, below `root`; the root itself is empty.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &str> {
        self.source_roots.iter().map(|folder| if folder == "." { "" } else { folder.as_str() })
    }

    /// The first value that can't be.
    pub(crate) fn mistake(&self) -> Option<Mistake> {
        let root = self.root.as_str();
        if root.is_empty() || root.contains('\\') {
            return Some(Mistake::new("backend.root", root, "the path of a folder, with `/`"));
        }
        self.wrong_path().or_else(|| self.wrong_command()).or_else(|| self.wrong_first_page())
    }

    fn wrong_path(&self) -> Option<Mistake> {
        let inside = |path: &Utf8Path| {
            let is_plain = path.components().all(|part| matches!(part, Utf8Component::Normal(_)));
            is_plain && !path.as_str().is_empty() && !path.as_str().contains('\\')
        };
        let paths = (self.cwd.iter().map(|path| ("backend.cwd", path)))
            .chain(self.manage.iter().map(|path| ("backend.manage", path)))
            .chain(self.source_roots.iter().map(|path| ("backend.source-roots", path)))
            .chain(self.folders.iter().map(|path| ("backend.folders", path)))
            .chain(self.r#static.prebuilt.iter().map(|path| ("backend.static.prebuilt", path)));
        let is_root =
            |key: &str, path: &Utf8Path| ["backend.cwd", "backend.source-roots"].contains(&key) && path == ".";
        let mut wrong = paths.filter(|(key, path)| !inside(path) && !is_root(key, path));
        if let Some((key, path)) = wrong.next() {
            return Some(Mistake::new(key, path.as_str(), "a relative path with `/` that stays inside `backend.root`"));
        }
        self.source_roots
            .is_empty()
            .then(|| Mistake::new("backend.source-roots", "[]", "a list with at least one folder"))
    }

    fn wrong_command(&self) -> Option<Mistake> {
        let Static { before, after, .. } = &self.r#static;
        let lists = [
            ("backend.build", self.build.as_slice()),
            ("backend.first-run", self.first_run.as_deref().unwrap_or_default()),
            ("backend.every-start", self.every_start.as_deref().unwrap_or_default()),
            ("backend.static.before", before),
            ("backend.static.after", after),
        ];
        let has_empty = |list: &[CommandLine]| list.iter().any(|command| command.words().is_empty());
        if let Some((key, _)) = lists.into_iter().find(|(_, list)| has_empty(list)) {
            return Some(Mistake::new(key, "", "a command, which has at least one word"));
        }
        let wrong = match &self.worker {
            Some(Worker::Switch(true)) => "true",
            Some(Worker::One(command)) if command.words().is_empty() => "",
            Some(Worker::Several(commands)) if commands.iter().any(Vec::is_empty) => "[[]]",
            _ => return None,
        };
        Some(Mistake::new("backend.worker", wrong, "a management command, a list of such, or false"))
    }

    fn wrong_first_page(&self) -> Option<Mistake> {
        let path = self.start_path.as_deref()?;
        let is_path = path.starts_with('/') && !path.starts_with("//");
        (!is_path).then(|| Mistake::new("backend.start-path", path, "a path on the project's own site, such as /"))
    }
}
