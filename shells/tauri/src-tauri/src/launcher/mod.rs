//! The backend as one process: how it is started, what it says, and how it ends.
//!
//! This module is the shell's half of the launcher protocol. It knows nothing of windows, and nothing of Tauri: it takes a
//! [`Place`], and hands out [`Event`]s. The backend ends, with its worker, when its stdin closes; so it does when this
//! program is killed.

mod launch;
mod process;

pub use launch::{Checkout, Launcher, Place, Variables, plan};
pub use process::{Backend, Event, Failure};
