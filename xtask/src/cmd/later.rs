//! Commands whose names are fixed but which are not there yet. They say so and fail; they never pretend.

use crate::fault::{Fault, Result};

/// A command that is still to come.
pub(crate) struct Later {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it will do.
    pub(crate) about: &'static str,
}

const fn later(name: &'static str, about: &'static str) -> Later {
    Later { name, about }
}

/// All of them, in the order of the reference.
pub(crate) const LATER: &[Later] = &[
    later("release-notes", "Write the notes of a release"),
    later("update-manifest", "Write, merge and check update manifests"),
    later("airgap-kit", "Collect what a machine without a network needs"),
];

/// Says that the command is not there yet.
pub(crate) fn run(name: &str) -> Result<()> {
    Err(Fault::new(format!("`{name}` is not there yet; nothing was done"))
        .hint("`cargo xtask --help` marks the commands that work"))
}
