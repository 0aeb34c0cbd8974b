"""Small files that are whole or absent, whatever happens meanwhile: written aside, synced, renamed into place."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from typing import TYPE_CHECKING

from .faults import LaunchError, reason

if TYPE_CHECKING:
    from pathlib import Path

WINDOWS = os.name == "nt"
RENAME_TRIES = 40
RENAME_PAUSE_SECS = 0.05
# Room for what a first page writes.
PROBE_BYTES = 128 * 1024
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def make_private(path: Path) -> None:
    """Take away from others what they must not have; on Windows the folder's own list of rights says who may read."""
    if WINDOWS or path.is_symlink():
        return
    with contextlib.suppress(OSError):  # It is not there, or not ours, or the disk knows no rights.
        mode = path.stat().st_mode
        # A folder such as /tmp, which belongs to all, stays theirs.
        if mode & 0o077 and not mode & stat.S_ISVTX:
            path.chmod(mode & 0o700)


def probe(folder: Path) -> None:
    """Raise LaunchError when the folder can't be written to: better now than at the first thing that a person saves."""
    try:
        write_aside(folder / "probe", b"\0" * PROBE_BYTES, sync=False).unlink()
    except OSError as error:
        if error.errno in FULL:
            title, next_step = "The disk is full", "Make room on it and start again."
        else:
            title, next_step = "The app's data can't be written", "Change the folder's permissions and start again."
        what = "Writing to {folder} failed ({reason}). {next_step}"
        raise LaunchError(title, what, folder=folder, reason=reason(error), next_step=next_step) from error


def write_atomically(path: Path, content: bytes) -> None:
    """Write `path`, readable for its owner only: after a crash it has the old content or the new."""
    aside = write_aside(path, content)
    replace(aside, path)


def write_aside(path: Path, content: bytes, *, sync: bool = True) -> Path:
    """Write the content under a name of this process beside `path`; return that name."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.partial")
    aside.unlink(missing_ok=True)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return aside


def sweep(folder: Path) -> None:
    """Remove what writers that were killed have left aside. For the one process that writes to the folder now."""
    for leftover in folder.glob("*.partial"):
        leftover.unlink(missing_ok=True)


def replace(source: Path, target: Path) -> None:
    """Rename over `target` and make the rename last. On Windows a virus scanner may hold a file for a moment: wait."""
    for attempt in range(RENAME_TRIES):
        try:
            source.replace(target)
            break
        except PermissionError:
            if not WINDOWS or attempt == RENAME_TRIES - 1:
                raise
            time.sleep(RENAME_PAUSE_SECS)
    sync_folder(target.parent)


def remove(path: Path) -> None:
    """Remove a file that may be absent, and make that last."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut. Windows can't open a folder, and needs no such call."""
    if WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems can't sync a folder; what was asked for is done all the same.
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
