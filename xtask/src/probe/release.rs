//! What git knows of a release: its date, the one before it, its commits.

use crate::ctx::Ctx;
use crate::env;
use crate::fault::{Fault, Result};
use crate::plan::update::version;
use crate::probe::github::git;

/// The version of a tag.
///
/// # Errors
/// It is none. A mistake on the command line.
pub(crate) fn version(tag: &str) -> Result<String> {
    version::of_tag(tag).map(str::to_owned).map_err(Fault::usage)
}

/// The date of a release in seconds since 1970: `SOURCE_DATE_EPOCH`, or the date of the commit that is tagged.
///
/// # Errors
/// There is neither, because the clock would make other bytes of the same files on each run.
pub(crate) fn date(ctx: &Ctx, tag: &str) -> Result<u64> {
    if let Some(given) = ctx.env.get(env::SOURCE_DATE_EPOCH) {
        return given.parse().map_err(|_| {
            Fault::new(format!("SOURCE_DATE_EPOCH is `{given}`, which is no number of seconds since 1970"))
                .hint("unset it, or set it to what `git log -1 --format=%ct` prints")
        });
    }
    let commit = format!("refs/tags/{tag}^{{commit}}");
    let told = git(ctx, &["log", "-1", "--format=%ct", &commit]);
    told.and_then(|secs| secs.parse().ok()).ok_or_else(|| {
        Fault::new(format!("the date of {tag} is not known"))
            .because("there is no such tag in this checkout, and SOURCE_DATE_EPOCH is not set")
            .hint("`git fetch --tags` brings the tags; or set SOURCE_DATE_EPOCH to the release's date in seconds since 1970")
    })
}
