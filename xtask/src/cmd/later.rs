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
    later("docs-build", "Build the documentation"),
    later("docs", "Build the documentation and open it"),
    later("docs-serve", "Serve the documentation, rebuilt on each change"),
    later("tauri-install", "Install what the Tauri shell needs"),
    later("tauri-test", "Test the Tauri shell"),
    later("tauri-start", "Start the Tauri shell on the development backend"),
    later("tauri-smoke", "The same, and quit when its page has loaded"),
    later("tauri-packaged-start", "Start the Tauri shell on the staged backend"),
    later("tauri-packaged-smoke", "The same, and quit when its page has loaded"),
    later("tauri-build", "Package the Tauri shell for this machine"),
    later("positron-install", "Install what the Positron shell needs"),
    later("positron-icons", "Make the icons of the Positron shell"),
    later("positron-check", "Check the Positron shell"),
    later("positron-start", "Start the Positron shell"),
    later("positron-smoke", "The same, and quit when its page has loaded"),
    later("positron-create", "Create the Positron app with Briefcase"),
    later("positron-build", "Build the Positron app with Briefcase"),
    later("positron-package-dmg", "Package the Positron app as a macOS disk image"),
];

/// Says that the command is not there yet.
pub(crate) fn run(name: &str) -> Result<()> {
    Err(Fault::new(format!("`{name}` is not there yet; nothing was done"))
        .hint("`cargo xtask --help` marks the commands that work"))
}
