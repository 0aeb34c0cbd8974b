"""Small files that are whole or absent, whatever happens meanwhile: written aside, synced, renamed into place."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WINDOWS = os.name == "nt"
RENAME_TRIES = 40
RENAME_PAUSE_SECS = 0.05


def write_atomically(path: Path, content: bytes) -> None:
    """Write `path`, readable for its owner only: after a crash it has the old content or the new."""
    aside = write_aside(path, content)
    replace(aside, path)


def write_aside(path: Path, content: bytes) -> Path:
    """Write and sync the content under a name of this process beside `path`; return that name."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.partial")
    aside.unlink(missing_ok=True)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
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
