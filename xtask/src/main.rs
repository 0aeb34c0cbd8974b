//! `ddstask` builds, stages, packages and releases a Django app as a desktop program.
//!
//! Layers, each of which uses only those below it (`tests/tidy.rs` checks it):
//!
//! ```text
//! main cli             parse, dispatch, print the error, exit code
//! cmd                  one file per command: observe, plan, finish
//! exec probe github    the doers: exec applies plans, probe only reads, github alone is async
//! ctx ui               what every command gets
//! plan shell           pure: facts in, plans out
//! config layout env    dds.toml, every path, every variable
//! record step          values: the last stage, a plan and its steps
//! host fault hash text the ground
//! ```

mod cli;
mod cmd;
mod config;
mod ctx;
mod env;
mod exec;
mod fault;
mod github;
mod hash;
mod host;
mod layout;
mod plan;
mod probe;
mod record;
mod shell;
mod step;
mod text;
mod ui;

use std::process::ExitCode;

fn main() -> ExitCode {
    let (ui, outcome) = cli::run();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            ui.error(&fault);
            ExitCode::from(fault.exit_code())
        }
    }
}
