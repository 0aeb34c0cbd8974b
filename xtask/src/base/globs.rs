//! Glob patterns.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::base::config::FILE_NAME;
use crate::base::fault::{Fault, Result};

/// Glob patterns of `dds.toml`: `*` stays within a folder, `**` does not.
pub(crate) fn patterns(key: &str, globs: &[String]) -> Result<GlobSet> {
    let bad = |glob: &str, error: &globset::Error| {
        Fault::new(format!("{FILE_NAME} is not valid"))
            .because(format!("{key} has the pattern \"{glob}\": {}", error.kind()))
            .hint(format!("mend the pattern in {FILE_NAME}"))
    };
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(GlobBuilder::new(glob).literal_separator(true).build().map_err(|error| bad(glob, &error))?);
    }
    set.build().map_err(|error| bad("", &error))
}
