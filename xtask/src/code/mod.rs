//! Commands for people who work on the code: environments, tests, linters, documentation.

pub(crate) mod backend_dev;
pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod clean;
pub(crate) mod docs;
pub(crate) mod docs_build;
pub(crate) mod docs_plan;
pub(crate) mod docs_serve;
pub(crate) mod doctor;
pub(crate) mod doctor_observe;
pub(crate) mod doctor_plan;
pub(crate) mod format;
pub(crate) mod install;
pub(crate) mod lint;
pub(crate) mod migrate;
pub(crate) mod needs;
pub(crate) mod plan;
pub(crate) mod task_worker;
pub(crate) mod test;
pub(crate) mod test_one;
pub(crate) mod typecheck;
