//! Staging: the self-contained backend in `.stage/backend`.

pub(crate) mod apply;
pub(crate) mod assemble;
pub(crate) mod bytecode;
pub(crate) mod check;
pub(crate) mod elf;
pub(crate) mod folders;
pub(crate) mod kit;
pub(crate) mod languages;
pub(crate) mod listing;
pub(crate) mod locked;
pub(crate) mod manifest;
pub(crate) mod model;
pub(crate) mod observe;
pub(crate) mod packaged_stage;
pub(crate) mod packages;
pub(crate) mod plan;
pub(crate) mod project;
pub(crate) mod prune;
pub(crate) mod record;
pub(crate) mod runtime;
pub(crate) mod staged;
pub(crate) mod store;
pub(crate) mod swap;
pub(crate) mod trouble;
pub(crate) mod wheel;
