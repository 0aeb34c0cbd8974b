//! Looks at the machine and asks short questions. Reads only.

pub(crate) mod downloads;
pub(crate) mod github;
pub(crate) mod python;
pub(crate) mod stage;
pub(crate) mod tools;
pub(crate) mod walk;
