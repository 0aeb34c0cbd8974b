//! Commands for people who work on the code: environments, tests, linters, documentation.

pub(crate) mod backend;
pub(crate) mod bench;
pub(crate) mod checks;
pub(crate) mod docs;
pub(crate) mod doctor;
mod parts;
mod plan;
pub(crate) mod rename;
pub(crate) mod setup;
pub(crate) mod test;
