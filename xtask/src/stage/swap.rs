//! Exchanges the spare tree, which is whole and new, with the staged one: in one step where the system can exchange two
//! names, elsewhere in three with a journal, which [`recover`] finishes after a kill.

use camino::Utf8PathBuf;

use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::files;

/// Exchanges them. The old tree becomes the spare one.
///
/// # Errors
/// A folder can't be renamed; the old tree is back in its place.
pub(crate) fn swap(ctx: &Ctx) -> Result<()> {
    let [target, spare] = places(ctx);
    if !target.exists() {
        return files::rename(&spare, &target);
    }
    if files::exchange(&spare, &target) { Ok(()) } else { in_three_steps(ctx) }
}

fn places(ctx: &Ctx) -> [Utf8PathBuf; 2] {
    [ctx.layout.staged_backend(), ctx.layout.stage_spare()].map(|path| ctx.layout.absolute(path))
}

/// Its presence says that an exchange has begun.
fn journal(ctx: &Ctx) -> Utf8PathBuf {
    ctx.layout.absolute(ctx.layout.stage_root()).join("swap-journal")
}

fn aside(ctx: &Ctx) -> Utf8PathBuf {
    ctx.layout.absolute(ctx.layout.stage_root()).join("backend-before")
}

fn in_three_steps(ctx: &Ctx) -> Result<()> {
    let ([target, spare], aside) = (places(ctx), aside(ctx));
    files::remove(&aside)?;
    files::write_atomically(&journal(ctx), b"")?;
    files::rename(&target, &aside).map_err(held)?;
    if let Err(fault) = files::rename(&spare, &target) {
        files::rename(&aside, &target)?;
        files::remove(&journal(ctx))?;
        return Err(held(fault));
    }
    files::rename(&aside, &spare)?;
    files::remove(&journal(ctx))
}

/// On Windows a folder can't be renamed while a program runs from it or has a file in it open.
fn held(fault: Fault) -> Fault {
    fault
        .within("the staged backend can't be replaced")
        .hint("end the program that runs from it or has a file of it open (the app itself, an editor, a terminal), then run the same command again")
}

/// Finishes or undoes an exchange in three steps that was cut off.
pub(crate) fn recover(ctx: &Ctx) -> Result<()> {
    let ([target, spare], aside) = (places(ctx), aside(ctx));
    if journal(ctx).exists() {
        if !target.exists() {
            files::rename(if spare.exists() { &spare } else { &aside }, &target)?;
        }
        if aside.exists() && !spare.exists() {
            files::rename(&aside, &spare)?;
        }
        files::remove(&journal(ctx))?;
    }
    files::remove(&aside)
}
