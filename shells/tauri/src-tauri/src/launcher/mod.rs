//! The backend as one process: how it is started, what it says, and how it ends.
//!
//! This module is the shell's half of the launcher protocol. It knows nothing of windows, and nothing of Tauri: it takes a
//! [`Place`], and hands out [`Event`]s. The backend ends, with its worker, when its stdin closes; so it does when this
//! program is killed.

mod launch;
mod process;

use std::path::PathBuf;

use serde::Deserialize;

pub use launch::{Checkout, Launcher, Place, Variables, plan};
pub use process::{Backend, Event};

/// What goes wrong, in the words that a person reads.
#[derive(Clone, Debug, Deserialize, thiserror::Error)]
#[error("{title}: {detail}")]
pub struct Failure {
    /// A few words.
    pub title: String,
    /// What happened, and what to do next.
    pub detail: String,
    /// A file to look into, if it is another one than the backend's usual log.
    pub log: Option<PathBuf>,
}

impl Failure {
    /// Without a file of its own to look into.
    pub fn new(title: &str, detail: impl ToString) -> Self {
        Self { title: title.to_owned(), detail: detail.to_string(), log: None }
    }
}
