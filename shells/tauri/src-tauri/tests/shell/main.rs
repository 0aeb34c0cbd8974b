//! Tests of the parts that need no window.

mod launch;
mod process;
mod staged;
mod support;
mod updates;
mod words;
