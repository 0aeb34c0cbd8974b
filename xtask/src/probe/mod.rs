//! Looks at the machine and asks short questions. Reads only.

pub(crate) mod checksums;
pub(crate) mod doctor;
pub(crate) mod downloads;
pub(crate) mod electron;
pub(crate) mod github;
pub(crate) mod kit;
pub(crate) mod packages;
pub(crate) mod positron;
pub(crate) mod python;
pub(crate) mod release;
pub(crate) mod sbom;
pub(crate) mod stage;
pub(crate) mod tauri;
pub(crate) mod tools;
pub(crate) mod walk;
