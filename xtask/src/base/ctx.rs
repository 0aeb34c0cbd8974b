//! What every command gets: the project's facts, where things are, the machine, and how to speak.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::config::Config;
use crate::base::env::Env;
use crate::base::fault::{Context, Result};
use crate::base::host::Host;
use crate::base::layout::Layout;
use crate::base::ui::Ui;

/// The surroundings of a command.
#[derive(Clone, Debug)]
pub(crate) struct Ctx {
    /// `dds.toml`.
    pub(crate) config: Config,
    /// Where things are.
    pub(crate) layout: Layout,
    /// The machine.
    pub(crate) host: Host,
    /// The system that is staged and packaged for; this machine's own unless `--target` names another.
    pub(crate) target: Host,
    /// The environment.
    pub(crate) env: Env,
    /// The way to the user.
    pub(crate) ui: Ui,
    /// Print the plan, change nothing. Only `exec::finish` asks.
    pub(crate) dry_run: bool,
    /// Print results as JSON.
    pub(crate) json: bool,
}

impl Ctx {
    /// The same for another target, which has a place of its own for what is staged.
    pub(crate) fn for_target(&self, target: Host) -> Self {
        let is_own = target == self.host;
        let layout = if is_own { self.layout.for_this_machine() } else { self.layout.for_target(&target.to_string()) };
        Self { layout, target, ..self.clone() }
    }

    /// Whether the target is another system than this machine's: nothing of it can be started here.
    pub(crate) fn is_foreign(&self) -> bool {
        self.target != self.host
    }

    /// The text of a file. A relative path is one of the repository, and messages have it as it is.
    pub(crate) fn read(&self, path: impl AsRef<Utf8Path>) -> Result<String> {
        let path = path.as_ref();
        std::fs::read_to_string(self.layout.absolute(path)).fault(|| format!("cannot read {path}"))
    }
}

/// A command: its arguments, as clap reads them, and what it does with them.
pub(crate) trait Run {
    /// Observes, decides, and hands what was decided to [`finish`](crate::base::act::finish).
    ///
    /// # Errors
    /// What failed, for the person at the terminal.
    fn run(&self, ctx: &Ctx) -> Result<()>;
}

/// Where `--json` puts a result. Commands other than `bench` have no FILE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JsonTo {
    /// It was not given: the result is for people.
    Nowhere,
    /// To stdout.
    Stdout,
    /// Into a file.
    File(Utf8PathBuf),
}

impl JsonTo {
    /// The value of `--json FILE`; `-` is stdout.
    pub(crate) fn parse(text: &str) -> std::result::Result<Self, std::convert::Infallible> {
        Ok(if text == "-" { Self::Stdout } else { Self::File(text.into()) })
    }
}

/// `--json` as a flag.
impl From<bool> for JsonTo {
    fn from(given: bool) -> Self {
        if given { Self::Stdout } else { Self::Nowhere }
    }
}
