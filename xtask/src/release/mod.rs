//! What is handed out: packages, lists of checksums, update manifests, notes, inventories, kits.

pub(crate) mod airgap_kit;
pub(crate) mod checksums;
pub(crate) mod checksums_verify;
pub(crate) mod export;
pub(crate) mod installed;
pub(crate) mod kit_plan;
pub(crate) mod observe;
pub(crate) mod pack;
pub(crate) mod packages;
pub(crate) mod plan;
pub(crate) mod release_notes;
pub(crate) mod repository;
pub(crate) mod sbom;
pub(crate) mod update_manifest;
