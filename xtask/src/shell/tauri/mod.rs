//! The Tauri shell's commands.

pub(crate) mod build;
pub(crate) mod icons;
pub(crate) mod install;
pub(crate) mod observe;
pub(crate) mod packaged_smoke;
pub(crate) mod packaged_start;
pub(crate) mod plan;
pub(crate) mod smoke;
pub(crate) mod start;
pub(crate) mod test;
