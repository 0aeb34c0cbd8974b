//! What goes wrong, in the words that a person reads: a title, what happened, and what to do.

use std::fmt;
use std::path::{Path, PathBuf};

/// A failure as it is shown in a dialog and written to stderr.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A few words.
    pub title: String,
    /// What happened, and what to do next.
    pub detail: String,
    /// A file to look into.
    pub log: Option<PathBuf>,
}

impl Failure {
    /// Without a file to look into.
    pub fn new(title: &str, detail: impl Into<String>) -> Self {
        Self { title: title.to_owned(), detail: detail.into(), log: None }
    }

    /// With a log, if it has been written.
    #[must_use]
    pub fn log(self, log: &Path) -> Self {
        Self { log: log.exists().then(|| log.to_owned()), ..self }
    }

    pub(crate) fn unusable_data_folder(folder: &Path, cause: &std::io::Error) -> Self {
        Self::new("The folder for the app's data can't be used", format!("{}: {cause}.", folder.display()))
    }

    pub(crate) fn missing_manifest(file: &Path, remedy: &str) -> Self {
        Self::new("The app is not complete", format!("{} is missing. {remedy}", file.display()))
    }

    pub(crate) fn damaged_manifest(file: &Path, problem: &str, remedy: &str) -> Self {
        Self::new("The app is damaged", format!("{}: {problem}. {remedy}", file.display()))
    }

    pub(crate) fn missing_python(file: &Path, remedy: &str) -> Self {
        let detail = format!("Its Python, {}, can't be run. {remedy}", file.display());
        Self::new("A part of the app is missing", detail)
    }

    pub(crate) fn unknown_mode(mode: &str) -> Self {
        let detail = format!("DESKTOP_DJANGO_RUNTIME_MODE is “{mode}”; it can be “development” or “packaged”.");
        Self::new("Unknown mode", detail)
    }

    pub(crate) fn cannot_start(program: &Path, cause: &std::io::Error) -> Self {
        Self::new("The app's server can't be started", format!("{} could not be run ({cause}).", program.display()))
    }

    pub(crate) fn ended(was_ready: bool, how: &str, last_words: &str, log: &Path) -> Self {
        let (title, remedy) = if was_ready {
            ("The app's server stopped", " Start the app again to go on.")
        } else {
            ("The app's server ended before it was ready", "")
        };
        let heading = if last_words.is_empty() { "" } else { "\n\nIts last words:\n" };
        Self::new(title, format!("It {how}.{remedy}{heading}{last_words}")).log(log)
    }

    pub(crate) fn already_running(pid: u64) -> Self {
        let detail = format!("Its data is in use by process {pid}. Close it first.");
        Self::new("The app is already running", detail)
    }

    pub(crate) fn strange_address(url: &str) -> Self {
        Self::new("The app's server can't be trusted", format!("It says that it is at {url}, not on this computer."))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.detail)?;
        self.log.as_ref().map_or(Ok(()), |log| write!(f, "\nThe log: {}", log.display()))
    }
}
