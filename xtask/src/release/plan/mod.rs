//! What the commands of a release decide: pure functions from facts to values.

pub(crate) mod address;
pub(crate) mod changes;
pub(crate) mod kit;
pub(crate) mod names;
pub(crate) mod notes;
pub(crate) mod sbom;
pub(crate) mod update;
