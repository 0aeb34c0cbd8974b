//! Tests of the parts that need no window.

mod launch;
mod process;
mod staged;
mod support;
mod updates;
#[cfg(target_os = "linux")]
mod webkit;
mod words;
