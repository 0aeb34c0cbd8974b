//! What git knows of a release: its date, the one before it, its commits; and its files and templates.

use crate::base::ctx::Ctx;
use crate::base::digests::digests;
use crate::base::env;
use crate::base::fault::{Context, Fault, Result};
use crate::release::packages::Package;
use crate::release::plan::notes::Shipped;
use crate::release::plan::update::version;
use crate::release::repository::git;

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

/// The tag before a tag.
pub(crate) fn previous(ctx: &Ctx, tag: &str) -> Option<String> {
    git(ctx, &["describe", "--tags", "--abbrev=0", &format!("{}^", revision(ctx, tag))])
}

/// First lines of the commits since a tag, newest first, merges left out.
///
/// # Errors
/// There is no such tag.
pub(crate) fn subjects(ctx: &Ctx, since: &str, tag: &str) -> Result<String> {
    let range = format!("{since}..{}", revision(ctx, tag));
    if git(ctx, &["rev-parse", "--verify", "--quiet", &format!("{since}^{{commit}}")]).is_none() {
        return Err(Fault::new(format!("there is no {since} in this checkout"))
            .hint("`git fetch --tags` brings the tags; `git tag` lists them"));
    }
    // No commit between them is no failure.
    Ok(git(ctx, &["log", "--no-merges", "--format=%s", &range]).unwrap_or_default())
}

/// The tag, or what is checked out where it is not there yet.
fn revision(ctx: &Ctx, tag: &str) -> String {
    let full = format!("refs/tags/{tag}");
    let is_there = git(ctx, &["rev-parse", "--verify", "--quiet", &format!("{full}^{{commit}}")]).is_some();
    if is_there { full } else { "HEAD".to_owned() }
}

/// The files below a folder that belong to a release, with their digests.
pub(crate) fn shipped(found: &[Package], tell: impl Fn(u64) -> Result<()> + Sync) -> Result<Vec<Shipped>> {
    let sized: Vec<_> = found.iter().map(|package| (package.path.clone(), package.size)).collect();
    let digests = digests(&sized, tell)?;
    let shipped = found.iter().zip(digests);
    Ok(shipped.map(|(file, sha256)| Shipped { name: file.name.clone(), size: file.size, sha256 }).collect())
}

/// A template of `release-templates/`.
pub(crate) fn template(ctx: &Ctx, name: &str) -> Result<String> {
    let path = ctx.layout.release_templates().join(name);
    std::fs::read_to_string(ctx.layout.absolute(&path))
        .fault(|| format!("cannot read {path}"))
        .map_err(|fault| fault.hint(format!("`git restore {path}` brings it back")))
}
