//! Puts a whole new tree in the place of the old one: in one step where the system can exchange two names,
//! elsewhere in two with a journal, which [`recover`] finishes after a kill.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Result};
use crate::base::files;

/// Swaps `new` in. The old tree ends among the temporary ones.
pub(crate) fn swap(ctx: &Ctx, new: &Utf8Path) -> Result<()> {
    let target = ctx.layout.absolute(ctx.layout.staged_backend());
    if !target.exists() {
        return files::rename(new, &target);
    }
    if files::exchange(new, &target) { Ok(()) } else { in_two_steps(ctx, new, &target) }
}

fn journal(ctx: &Ctx) -> Utf8PathBuf {
    ctx.layout.absolute(ctx.layout.stage_root()).join("swap-journal")
}

fn aside(ctx: &Ctx) -> Utf8PathBuf {
    ctx.layout.absolute(ctx.layout.stage_root()).join("backend-before")
}

fn in_two_steps(ctx: &Ctx, new: &Utf8Path, target: &Utf8Path) -> Result<()> {
    files::remove(&aside(ctx))?;
    files::write_atomically(&journal(ctx), new.as_str().as_bytes())?;
    files::rename(target, &aside(ctx))?;
    files::rename(new, target)?;
    files::remove(&journal(ctx))?;
    files::remove(&aside(ctx))
}

/// Finishes or undoes a swap in two steps that was cut off. To be called before temporary trees are removed.
pub(crate) fn recover(ctx: &Ctx) -> Result<()> {
    let journal = journal(ctx);
    if !journal.exists() {
        return files::remove(&aside(ctx));
    }
    let new = Utf8PathBuf::from(std::fs::read_to_string(&journal).fault(|| format!("cannot read {journal}"))?);
    let target = ctx.layout.absolute(ctx.layout.staged_backend());
    if !target.exists() {
        let whole = if new.exists() { new } else { aside(ctx) };
        files::rename(&whole, &target)?;
    }
    files::remove(&journal)?;
    files::remove(&aside(ctx))
}
