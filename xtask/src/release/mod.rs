//! What is handed out: packages, lists of checksums, update manifests, notes, inventories, kits.

pub(crate) mod airgap_kit;
pub(crate) mod artifact;
pub(crate) mod checksums;
pub(crate) mod complete;
mod export;
mod members;
mod pack;
pub(crate) mod packages;
pub(crate) mod plan;
pub(crate) mod prepare;
pub(crate) mod release_notes;
pub(crate) mod repository;
pub(crate) mod sbom;
pub(crate) mod update_check;
pub(crate) mod update_manifest;
mod update_verify;
pub(crate) mod verify_rebuild;
