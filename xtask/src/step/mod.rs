//! What there is to do, as values: a [`Plan`] is a list of [`Step`]s, a [`Cmd`] is one child process.
//!
//! Nothing here acts. Paths are relative to the repository root and `/`-separated, so that a plan reads
//! the same on every machine; `exec` alone turns them into effects.

use std::collections::BTreeMap;
use std::fmt;

use camino::Utf8PathBuf;

use self::bench::BenchPlan;
use self::github::{DispatchPlan, DownloadPlan, ReleasePlan};
use self::kit::{ExportPlan, FetchPlan, KitPlan};
use self::stage::StagePlan;

pub(crate) mod bench;
pub(crate) mod github;
pub(crate) mod kit;
pub(crate) mod stage;

/// A child process: a program by its plain name, its arguments, and what it needs around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cmd {
    /// `uv`, `npm`, `cargo`, …; resolved to a file by `exec`.
    pub(crate) program: String,
    /// Arguments, as the program gets them.
    pub(crate) args: Vec<String>,
    /// Variables set on top of the environment of `ddstask`.
    pub(crate) env: BTreeMap<String, String>,
    /// Starts from a nearly empty environment instead of that of `ddstask`.
    pub(crate) isolated: bool,
    /// What it writes to stdout is for people: it goes to stderr, so that stdout holds data only.
    pub(crate) talks: bool,
    /// Working folder, relative to the repository root; the root itself when empty.
    pub(crate) cwd: Utf8PathBuf,
    /// What the user can do when it fails.
    pub(crate) remedy: Option<String>,
}

impl Cmd {
    /// A program without arguments, run in the repository root.
    pub(crate) fn new(program: &str) -> Self {
        Self {
            program: program.to_owned(),
            args: Vec::new(),
            env: BTreeMap::new(),
            isolated: false,
            talks: false,
            cwd: Utf8PathBuf::new(),
            remedy: None,
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

    /// Keeps the user's environment out: only what every program needs is passed on.
    #[must_use]
    pub(crate) fn isolated(mut self) -> Self {
        self.isolated = true;
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
            write!(f, "  (in {})", self.cwd)?;
        }
        Ok(())
    }
}

/// An argument as it can be pasted into a shell.
fn quoted(arg: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+%^~".contains(c);
    if !arg.is_empty() && arg.chars().all(plain) { arg.to_owned() } else { format!("'{}'", arg.replace('\'', r"'\''")) }
}

/// One thing to do.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Runs a child in the foreground and waits for it.
    Run(Cmd),
    /// Removes a file or a whole folder; nothing there is fine.
    Remove(Utf8PathBuf),
    /// Writes a text file, whole or not at all.
    Write {
        /// Where it goes.
        path: Utf8PathBuf,
        /// What is in it.
        contents: String,
    },
    /// Ends the plan here: something is not as it has to be.
    Stop {
        /// What can't be done.
        what: String,
        /// Why.
        because: String,
        /// What to do next.
        hint: String,
    },
    /// Copies a file, and makes the folder that it goes into.
    Copy {
        /// What is copied.
        from: Utf8PathBuf,
        /// Its new name.
        to: Utf8PathBuf,
    },
    /// Puts uv into the store, with the pip of a Python on PATH.
    InstallUv,
    /// Brings the staged backend up to date.
    Stage(Box<StagePlan>),
    /// Starts a run on GitHub, watches one, or both.
    Dispatch(Box<DispatchPlan>),
    /// Verifies a release on GitHub, and publishes it.
    Release(Box<ReleasePlan>),
    /// Brings the packages of a run on GitHub.
    Download(Box<DownloadPlan>),
    /// Fetches the assets of a release on GitHub.
    Fetch(Box<FetchPlan>),
    /// Puts a kit for machines without a network together.
    Kit(Box<KitPlan>),
    /// Collects what staging needs.
    Export(Box<ExportPlan>),
    /// Measures.
    Bench(BenchPlan),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(cmd) => write!(f, "run     {cmd}"),
            Self::Remove(path) => write!(f, "remove  {path}"),
            Self::Write { path, contents } => {
                write!(f, "write   {path}  ({})", crate::text::count(contents.lines().count(), "line"))
            }
            Self::Stop { what, because, .. } => write!(f, "stop    {what}: {because}"),
            Self::Copy { from, to } => write!(f, "copy    {from} -> {to}"),
            Self::InstallUv => write!(f, "install uv into the store (python -m pip install uv)"),
            Self::Stage(stage) => stage.fmt(f),
            Self::Dispatch(dispatch) => dispatch.fmt(f),
            Self::Release(release) => release.fmt(f),
            Self::Download(download) => download.fmt(f),
            Self::Fetch(fetch) => fetch.fmt(f),
            Self::Kit(kit) => kit.fmt(f),
            Self::Export(export) => export.fmt(f),
            Self::Bench(bench) => bench.fmt(f),
        }
    }
}

/// What a command is going to do, in order; the first failure ends it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// The steps, first to last.
    pub(crate) steps: Vec<Step>,
}

impl Plan {
    /// A plan without steps.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Appends a step.
    #[must_use]
    pub(crate) fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Appends the steps of another plan.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }

    /// Appends a child process.
    #[must_use]
    pub(crate) fn run(self, cmd: Cmd) -> Self {
        self.then(Step::Run(cmd))
    }
}

impl FromIterator<Cmd> for Plan {
    fn from_iter<I: IntoIterator<Item = Cmd>>(cmds: I) -> Self {
        Self { steps: cmds.into_iter().map(Step::Run).collect() }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            return writeln!(f, "nothing to do");
        }
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_plan_reads_like_commands_to_paste() {
        let plan = Plan::new()
            .run(Cmd::new("uv").args(["run", "pytest", "it's"]).env("A", "1 2").cwd("backend"))
            .then(Step::Remove("dist".into()));
        expect![[r"
            run     A='1 2' uv run pytest 'it'\''s'  (in backend)
            remove  dist
        "]]
        .assert_eq(&plan.to_string());
        expect![[r"
            nothing to do
        "]]
        .assert_eq(&Plan::new().to_string());
    }
}
