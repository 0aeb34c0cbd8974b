//! Puts a whole new tree in the place of the old one: in one step where the system can exchange two names,
//! elsewhere in two with a journal, which [`recover`] finishes after a kill.

use camino::{Utf8Path, Utf8PathBuf};

use crate::ctx::Ctx;
use crate::exec::files;
use crate::fault::{Context, Result};

/// Swaps `new` in. The old tree ends among the temporary ones.
pub(super) fn swap(ctx: &Ctx, new: &Utf8Path) -> Result<()> {
    let target = ctx.layout.absolute(ctx.layout.staged_backend());
    if !target.exists() {
        return files::rename(new, &target);
    }
    if exchange(new, &target) { Ok(()) } else { in_two_steps(ctx, new, &target) }
}

/// Exchanges two folders at once; false where the system or the file system can't.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(in crate::exec) fn exchange(new: &Utf8Path, target: &Utf8Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, new.as_std_path(), CWD, target.as_std_path(), RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(in crate::exec) fn exchange(_: &Utf8Path, _: &Utf8Path) -> bool {
    false
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
pub(super) fn recover(ctx: &Ctx) -> Result<()> {
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
