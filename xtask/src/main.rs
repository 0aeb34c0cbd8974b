//! `ddstask` builds, stages, packages and releases a Django app as a desktop program.
//!
//! A folder for each thing that it does, and the ground below them; each uses only what the arrows lead to
//! (`tests/house.rs` checks it):
//!
//! ```text
//! main → cli           parse, dispatch, print the error, exit code
//! adopt → stage        dds.toml for a project that was made for a server
//! stage                the self-contained backend
//! release → stage      lists of checksums, update manifests, notes, inventories, kits
//! shell → stage, release    Electron, Tauri, Positron: start, test, package
//! github → release     runs and releases on GitHub
//! code → shell, stage  environments, tests, linters, documentation
//! base                 for all of them: what a command gets, how it acts, how it speaks
//! ```

mod adopt;
mod base;
mod cli;
mod code;
mod github;
mod release;
mod shell;
mod stage;

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
