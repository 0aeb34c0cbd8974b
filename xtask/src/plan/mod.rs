//! Pure: facts in, plans out. Nothing here touches files, the clock or the environment.

pub(crate) mod backend;
pub(crate) mod checksums;
pub(crate) mod code;
pub(crate) mod docs;
pub(crate) mod doctor;
pub(crate) mod facts;
pub(crate) mod figures;
pub(crate) mod github;
pub(crate) mod needs;
pub(crate) mod release;
pub(crate) mod sbom;
pub(crate) mod stage;
pub(crate) mod update;
