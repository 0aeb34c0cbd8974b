//! Which files of the project are shipped: everything below the source folder, without what is private, generated or
//! only for developers. What is left out is listed with the pattern that did it.

use globset::GlobSet;

use crate::base::config::backend::Backend;
use crate::base::fault::Result;
use crate::base::globs::patterns;
use crate::base::text::is_below;

/// What does not belong in a package of any project. `backend.include` brings single files back.
const DEFAULTS: [&str; 63] = [
    // secrets, keys, and where tools keep a login
    "**/.env*",
    "**/*.pem",
    "**/*.key",
    "**/*.p12",
    "**/*.pfx",
    "**/*.jks",
    "**/*.keystore",
    "**/*.kdbx",
    "**/id_rsa*",
    "**/id_dsa*",
    "**/id_ecdsa*",
    "**/id_ed25519*",
    "**/.netrc",
    "**/.pypirc",
    "**/.npmrc",
    "**/.ssh/**",
    "**/.aws/**",
    "**/.gnupg/**",
    // version control
    "**/.git",
    "**/.git/**",
    "**/.hg/**",
    "**/.svn/**",
    "**/.bzr/**",
    "**/.jj/**",
    // what is installed, and environments
    "**/node_modules/**",
    "**/.venv/**",
    "**/.tox/**",
    "**/.nox/**",
    "**/.direnv/**",
    // caches, reports
    "**/__pycache__/**",
    "**/*.pyc",
    "**/*.pyo",
    "**/.mypy_cache/**",
    "**/.ruff_cache/**",
    "**/.pytest_cache/**",
    "**/.hypothesis/**",
    "**/.ipynb_checkpoints/**",
    "**/.sass-cache/**",
    "**/.parcel-cache/**",
    "**/.cache/**",
    "**/.coverage*",
    "**/htmlcov/**",
    // a developer's data
    "**/*.sqlite3*",
    "**/*.sqlite",
    "**/*.sqlite-*",
    "**/*.db-journal",
    "**/*.db-wal",
    "**/*.db-shm",
    "**/*.log",
    "**/*.log.[0-9]*",
    // editors and desktops: settings, swap, backup and lock files
    "**/.idea/**",
    "**/.vscode/**",
    "**/*~",
    "**/.*.sw?",
    "**/#*#",
    "**/.#*",
    "**/.~lock.*#",
    "**/*.bak",
    "**/*.orig",
    "**/*.rej",
    "**/.DS_Store",
    "**/._*",
    "**/Thumbs.db",
];

/// A virtual environment has this file at its top, whatever its name is.
pub(crate) const ENVIRONMENT: &str = "pyvenv.cfg";

/// A file or folder (with `/` at its end) that is not shipped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LeftOut {
    /// Relative to the backend folder.
    pub(crate) path: String,
    /// The pattern, or the setting.
    pub(crate) because: String,
}

/// The patterns that decide.
pub(crate) struct Choice {
    exclude: Patterns,
    include: Patterns,
    defaults: Patterns,
}

struct Patterns {
    texts: Vec<String>,
    set: GlobSet,
}

impl Patterns {
    fn new(key: &str, texts: Vec<String>) -> Result<Self> {
        Ok(Self { set: patterns(key, &texts)?, texts })
    }

    /// The first that matches.
    fn find(&self, path: &str) -> Option<&str> {
        self.set.matches(path).first().map(|at| self.texts[*at].as_str())
    }
}

impl Choice {
    /// Reads the patterns of `dds.toml`.
    pub(crate) fn new(backend: &Backend) -> Result<Self> {
        Ok(Self {
            exclude: Patterns::new("backend.exclude", backend.exclude.clone())?,
            include: Patterns::new("backend.include", backend.include.clone())?,
            defaults: Patterns::new("the default of backend.exclude", DEFAULTS.map(str::to_owned).to_vec())?,
        })
    }

    /// The pattern that leaves a path out; folders end with `/`. What `backend.include` names itself comes back:
    /// `keys/*.pem` brings keys back, `keys/**` does not.
    pub(crate) fn because(&self, path: &str) -> Option<&str> {
        self.exclude.find(path).or_else(|| {
            let defaults = self.defaults.set.matches(path);
            defaults.into_iter().find(|at| !self.is_back(path, *at)).map(|at| self.defaults.texts[at].as_str())
        })
    }

    /// Whether `backend.include` brings a path back that a default leaves out, or something in this folder.
    fn is_back(&self, path: &str, default: usize) -> bool {
        let names_default = |pattern: &&String| self.defaults.set.matches(pattern).contains(&default);
        let matching = self.include.set.matches(path);
        let matching = matching.iter().map(|at| &self.include.texts[*at]);
        matching
            .chain(self.include.texts.iter().filter(|pattern| is_within(pattern, path)))
            .any(|it| names_default(&it))
    }

    /// Whether `backend.include` names something in this folder by its place.
    pub(crate) fn names(&self, folder: &str) -> bool {
        self.include.texts.iter().any(|pattern| is_within(pattern, folder))
    }

    /// Whether `backend.include` names a path, or may name something in a folder (with `/` at its end).
    pub(crate) fn is_included(&self, path: &str) -> bool {
        let leads_on = |pattern: &String| is_within(pattern, path) || path.starts_with(&format!("{}/", fixed(pattern)));
        self.include.set.is_match(path) || path.ends_with('/') && self.include.texts.iter().any(leads_on)
    }

    /// Files and folders that have to be looked at beside the folders that are shipped as a whole: the fixed beginnings of `backend.include`.
    pub(crate) fn beside(&self, whole: &[&str]) -> Vec<String> {
        let mut starts: Vec<String> = self.include.texts.iter().map(|pattern| fixed(pattern).to_owned()).collect();
        starts.retain(|start| !start.is_empty() && !whole.iter().any(|folder| is_below(start, folder)));
        starts.sort_unstable();
        starts.dedup_by(|later, earlier| is_below(later, earlier));
        starts
    }
}

/// Whether the place that a pattern begins with lies in a folder (with `/` at its end).
fn is_within(pattern: &str, folder: &str) -> bool {
    folder.ends_with('/') && format!("{}/", fixed(pattern)).starts_with(folder)
}

/// The folders or the file at the start of a pattern, up to its first wildcard.
fn fixed(pattern: &str) -> &str {
    match pattern.find(['*', '?', '[', '{', '\\']) {
        Some(wild) => pattern[..wild].rsplit_once('/').map_or("", |(folders, _)| folders),
        None => pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(exclude: &[&str], include: &[&str]) -> Choice {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Choice {
            exclude: Patterns::new("", texts(exclude)).unwrap(),
            include: Patterns::new("", texts(include)).unwrap(),
            defaults: Patterns::new("", texts(&DEFAULTS)).unwrap(),
        }
    }

    #[test]
    fn private_and_generated_files_stay_out_by_default() {
        let choice = choice(&["src/shop/drafts/**"], &[]);
        for path in [
            "src/.env",
            "src/.env.local",
            "src/shop/id_rsa",
            "src/.git",
            "src/.git/",
            "src/node_modules/",
            "src/shop/__pycache__/",
            "src/db.sqlite3-wal",
            "src/shop/deep/x.sqlite3",
            "src/.#a.py",
            "src/.a.py.swp",
            "src/a.py~",
            "src/shop/drafts/",
        ] {
            assert!(choice.because(path).is_some(), "{path}");
        }
        for path in ["src/shop/", "src/shop/tests/", "src/shop/tests/a.py", "src/environment.py", "src/keys.py"] {
            assert_eq!(choice.because(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_included_comes_back_and_what_a_project_excludes_does_not() {
        let choice = choice(&["src/own.pem"], &["src/**/*.pem", "src/node_modules/htmx/dist/**", "templates/**"]);
        assert_eq!(choice.because("src/a/ca.pem"), None);
        assert_eq!(choice.because("src/own.pem"), Some("src/own.pem"));
        for path in ["src/node_modules/", "src/node_modules/htmx/", "src/node_modules/htmx/dist/a/"] {
            assert_eq!(choice.because(path), None, "{path}");
        }
        assert_eq!(choice.because("src/node_modules/other/"), Some("**/node_modules/**"));
        assert_eq!(choice.because("src/node_modules/htmx/LICENSE"), Some("**/node_modules/**"));
        assert_eq!(choice.because("templates/.env"), Some("**/.env*"), "the folder is named, not the secret");
        assert!(choice.is_included("templates/deep/") && choice.is_included("templates/a.html"));
        assert!(!choice.is_included("src/a.html"));
        assert_eq!(choice.beside(&["src"]), ["templates"]);
    }
}
