//! A child process as a value: what runs, with what around it. Nothing here starts anything.

use std::collections::BTreeMap;
use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::text::slashed;

/// What a child sees of the environment of the person who runs `ddstask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sees {
    /// All of it.
    Everything,
    /// How the network is reached, and by whom.
    Network,
    /// Next to nothing.
    Nothing,
}

/// A child process: a program by its plain name, its arguments, and what it needs around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cmd {
    /// `uv`, `npm`, `cargo`, …; resolved to a file by `exec`.
    pub(crate) program: String,
    /// Arguments, as the program gets them.
    pub(crate) args: Vec<String>,
    /// Variables set on top of what it sees.
    pub(crate) env: BTreeMap<String, String>,
    /// What it sees of the environment of `ddstask`.
    pub(crate) sees: Sees,
    /// What it writes to stdout is for people: it goes to stderr, so that stdout holds data only.
    pub(crate) talks: bool,
    /// Working folder, relative to the repository root; the root itself when empty.
    pub(crate) cwd: Utf8PathBuf,
    /// What the user can do when it fails.
    pub(crate) remedy: Option<String>,
    /// What runs longer hangs: it is ended, with all that it has started.
    pub(crate) limit_secs: Option<u64>,
}

impl Cmd {
    /// A program without arguments, run in the repository root.
    pub(crate) fn new(program: &str) -> Self {
        Self {
            program: program.to_owned(),
            args: Vec::new(),
            env: BTreeMap::new(),
            sees: Sees::Everything,
            talks: false,
            cwd: Utf8PathBuf::new(),
            remedy: None,
            limit_secs: None,
        }
    }

    /// Appends arguments.
    #[must_use]
    pub(crate) fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Appends one argument.
    #[must_use]
    pub(crate) fn arg(self, arg: impl Into<String>) -> Self {
        self.args([arg])
    }

    /// Sets one variable.
    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    /// Narrows what it sees of the environment of `ddstask`.
    #[must_use]
    pub(crate) fn sees(mut self, sees: Sees) -> Self {
        self.sees = sees;
        self
    }

    /// Sends what it writes to stdout to stderr.
    #[must_use]
    pub(crate) fn talks(mut self) -> Self {
        self.talks = true;
        self
    }

    /// Sets the working folder.
    #[must_use]
    pub(crate) fn cwd(mut self, cwd: impl Into<Utf8PathBuf>) -> Self {
        self.cwd = cwd.into();
        self
    }

    /// The same with other words in the place of placeholders, wherever they stand.
    #[must_use]
    pub(crate) fn filled(&self, places: &[(&str, &Utf8Path)]) -> Self {
        let fill = |text: &String| places.iter().fold(text.clone(), |text, (from, to)| text.replace(from, to.as_str()));
        Self {
            program: fill(&self.program),
            args: self.args.iter().map(fill).collect(),
            env: self.env.iter().map(|(name, value)| (name.clone(), fill(value))).collect(),
            cwd: fill(&self.cwd.to_string()).into(),
            ..self.clone()
        }
    }

    /// Ends it, and counts that as a failure, when it has not ended by itself. It has no terminal then.
    #[must_use]
    pub(crate) fn limit_secs(mut self, secs: u64) -> Self {
        self.limit_secs = Some(secs);
        self
    }

    /// Says what to do when it fails.
    #[must_use]
    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// The command line as one would type it, with its variables before it and its folder behind it.
impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.env {
            write!(f, "{name}={} ", quoted(value))?;
        }
        write!(f, "{}", self.program)?;
        for arg in &self.args {
            write!(f, " {}", quoted(arg))?;
        }
        if !self.cwd.as_str().is_empty() {
            write!(f, "  (in {})", slashed(self.cwd.as_str()))?;
        }
        Ok(())
    }
}

/// An argument as it can be pasted into a shell.
fn quoted(arg: &str) -> String {
    let arg = slashed(arg);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+%^~".contains(c);
    if !arg.is_empty() && arg.chars().all(plain) { arg } else { format!("'{}'", arg.replace('\'', r"'\''")) }
}
