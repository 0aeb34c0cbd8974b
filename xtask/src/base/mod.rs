//! The ground that every feature stands on: what a command gets, how it acts, how it speaks.

pub(crate) mod act;
pub(crate) mod backend;
pub(crate) mod checksums;
pub(crate) mod cmd;
pub(crate) mod config;
pub(crate) mod ctx;
pub(crate) mod digests;
pub(crate) mod env;
pub(crate) mod fault;
pub(crate) mod files;
pub(crate) mod globs;
pub(crate) mod hash;
pub(crate) mod host;
pub(crate) mod interrupt;
pub(crate) mod layout;
pub(crate) mod lock;
pub(crate) mod passes;
pub(crate) mod process;
pub(crate) mod python;
pub(crate) mod stat;
pub(crate) mod text;
pub(crate) mod tools;
pub(crate) mod ui;
pub(crate) mod uv;
pub(crate) mod uv_config;
pub(crate) mod walk;
