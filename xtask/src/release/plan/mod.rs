//! What the commands of a release decide, from values.

pub(crate) mod address;
pub(crate) mod notes;
pub(crate) mod sbom;
pub(crate) mod update;
pub(crate) mod versions;
