//! One stage at a time per checkout: an advisory lock that the system drops with its holder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek, Write};
use std::time::Duration;

use camino::Utf8Path;

use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Result};
use crate::base::{files, interrupt};

/// Waits for the lock of this checkout; says who holds it. It is held until the answer is dropped.
pub(crate) fn hold(ctx: &Ctx) -> Result<File> {
    files::make_folder(&ctx.layout.absolute(ctx.layout.stage_root()))?;
    hold_file(ctx, &ctx.layout.absolute(ctx.layout.stage_lock()), "stage of this checkout")
}

/// The same for a lock file of one's own; `what` says what its holder does: "download of these packages".
pub(crate) fn hold_file(ctx: &Ctx, path: &Utf8Path, what: &str) -> Result<File> {
    let mut file = OpenOptions::new()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(path)
        .fault(|| format!("cannot open the lock {path}"))?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {
                if !told {
                    // Where locks are mandatory the holder's note can't be read; waiting works all the same.
                    let holder = std::fs::read_to_string(path).unwrap_or_default();
                    ctx.ui.say(format_args!("waiting for another {what} ({})", holder.trim()));
                    told = true;
                }
                interrupt::check()?;
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(TryLockError::Error(error)) => return Err(error).fault(|| format!("cannot lock {path}")),
        }
    }
    let note = format!("process {}", std::process::id());
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(note.as_bytes()))
        .fault(|| format!("cannot write {path}"))?;
    Ok(file)
}
