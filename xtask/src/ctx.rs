//! What every command gets: the project's facts, where things are, the machine, and how to speak.

use crate::config::Config;
use crate::env::Env;
use crate::host::Host;
use crate::layout::Layout;
use crate::ui::Ui;

/// The surroundings of a command.
#[derive(Clone, Debug)]
pub(crate) struct Ctx {
    /// `dds.toml`.
    pub(crate) config: Config,
    /// Where things are.
    pub(crate) layout: Layout,
    /// The machine.
    pub(crate) host: Host,
    /// The environment.
    pub(crate) env: Env,
    /// The way to the user.
    pub(crate) ui: Ui,
    /// Print the plan, change nothing. Only `exec::finish` asks.
    pub(crate) dry_run: bool,
    /// Print results as JSON.
    pub(crate) json: bool,
}
