"""The SQLite file as a file: look at it, copy it, put a copy back, fold its write-ahead log in.

Plain `sqlite3`, no Django: a look has to come before Django is set up (which may create the file) and may take a few
milliseconds at most. What the migrations mean is for `migrate` to know.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from . import files
from .faults import LaunchError, reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Migration: TypeAlias = tuple[str, str]
"""App label and name, as Django records them."""

SIDE_FILES = ("-wal", "-shm", "-journal")
# Short enough for a stop to end in time: while SQLite waits, no signal handler runs.
LOCK_WAIT_SECS = 3.0
CHECKPOINT_WAIT_SECS = 0.5
PAGES_AT_ONCE = 1024
# How many steps of SQLite's machine run between two calls of a progress handler: some milliseconds.
STEPS_BETWEEN_LOOKS = 100_000
# SQLite's codes for what a person can do something about. Python 3.10 tells the words only.
IN_USE = {5: "database is locked", 6: "database table is locked"}
DAMAGED = {11: "malformed", 26: "not a database"}


class Standing(NamedTuple):
    """What a database file holds. `applied` is in the order in which the migrations were applied."""

    is_new: bool
    applied: tuple[Migration, ...] = ()


def look(database: Path) -> Standing:
    """Read the file without changing it. A file that is absent, empty or without any table is new."""
    if not database.exists() or (database.is_file() and database.stat().st_size == 0):
        return Standing(is_new=True)
    with _opened(database) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return Standing(is_new=True)
        if "django_migrations" not in tables:
            return Standing(is_new=False)
        rows = connection.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
        return Standing(is_new=False, applied=tuple(rows))


def make_private(database: Path) -> None:
    """Take the database away from others on this computer."""
    for suffix in ("", *SIDE_FILES):
        files.make_private(database.with_name(database.name + suffix))


def check(database: Path) -> None:
    """Go through the whole file; raise LaunchError when it is damaged. Takes a while for a large one."""
    with _opened(database) as connection:
        connection.set_progress_handler(_nothing, STEPS_BETWEEN_LOOKS)
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            raise _damaged(database, finding)


def copy(database: Path, folder: Path, version: str) -> Path:
    """Copy the database, with what is still in its write-ahead log, to a new file in `folder`; return that file."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for leftover in folder.glob("*.partial*"):
            leftover.unlink()
        target = folder / _copy_name(database, version)
        partial = folder / f"{target.name}.partial"
        try:
            _copy_to(database, partial)
            files.replace(partial, target)
        finally:
            for suffix in ("", *SIDE_FILES):
                partial.with_name(partial.name + suffix).unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise LaunchError(
            "The app's data could not be copied",
            f"This version changes the data, and a copy has to be made first. Copying {database} to {folder} failed "
            f"({reason(error)}). Nothing was changed. Make room on the disk or check its permissions, and start again.",
        ) from error
    return target


def put_back(copied: Path, database: Path) -> None:
    """Make the copy the database again. It is moved, not copied: that can't fail for want of space."""
    _drop_side_files(database)
    try:
        files.replace(copied, database)
    except OSError:
        # The database lies on another disk than its copies.
        partial = database.with_name(f"{database.name}.partial")
        shutil.copy2(copied, partial)
        _sync(partial)
        files.replace(partial, database)
        copied.unlink()


def set_aside(database: Path, folder: Path) -> None:
    """Take away a new database whose first migration did not end. Kept among the copies: it is not ours to delete."""
    if database.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        _drop_side_files(database)
        files.replace(database, folder / f"{database.stem}-unfinished{database.suffix}")


def prune(database: Path, folder: Path, keep: int) -> None:
    """Delete all copies but the newest. Their names sort by time."""
    ours = re.compile(rf"{re.escape(database.stem)}-\d{{8}}T.*{re.escape(database.suffix)}")
    # A copy too many is no reason to stop.
    with contextlib.suppress(OSError):
        copies = sorted(path for path in folder.iterdir() if ours.fullmatch(path.name))
        for copied in copies[:-keep]:
            copied.unlink()


def checkpoint(database: Path) -> None:
    """Fold the write-ahead log into the file. With the last connection the log itself goes, too."""
    if database.exists():
        with contextlib.closing(sqlite3.connect(database, timeout=CHECKPOINT_WAIT_SECS)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@contextlib.contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection; SQLite's errors become a LaunchError that names the file."""
    try:
        with contextlib.closing(sqlite3.connect(database, timeout=LOCK_WAIT_SECS)) as connection:
            yield connection
    except sqlite3.Error as error:
        if _is(error, DAMAGED):
            raise _damaged(database, str(error)) from error
        if _is(error, IN_USE):
            raise LaunchError(
                "The app's data is in use", f"Another program holds {database}. Close it and start again."
            ) from error
        raise LaunchError("The app's data can't be opened", f"{database}: {error}.") from error


def _is(error: sqlite3.Error, kind: dict[int, str]) -> bool:
    """Whether the error is one of a kind. The low byte of an extended code is the plain one."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return any(words in str(error) for words in kind.values())
    return code & 0xFF in kind


def _damaged(database: Path, finding: str) -> LaunchError:
    return LaunchError(
        "The app's data is damaged",
        f"{database} can't be read ({finding}). It was not changed. If there is a copy of it, put it in this place.",
    )


def _copy_name(database: Path, version: str) -> str:
    moment = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    label = re.sub(r"[^A-Za-z0-9.+_]+", "_", version)
    return f"{database.stem}-{moment}{'-' + label if label else ''}{database.suffix}"


def _copy_to(database: Path, partial: Path) -> None:
    with contextlib.closing(sqlite3.connect(database, timeout=LOCK_WAIT_SECS, isolation_level=None)) as connection:
        if _file_is_whole(connection, database):
            # Nobody can write now: the file is copied byte for byte, so that a restored one is the very same.
            # (Closing another handle of the file gives up SQLite's locks on it; nothing is read after that.)
            shutil.copyfile(database, partial)
        else:
            # Somebody else reads and keeps part of the data in the write-ahead log. SQLite knows how to copy that.
            with contextlib.closing(sqlite3.connect(partial)) as target:
                connection.backup(target, pages=PAGES_AT_ONCE, progress=_nothing)
    shutil.copymode(database, partial)
    _sync(partial)


def _file_is_whole(connection: sqlite3.Connection, database: Path) -> bool:
    """Fold the write-ahead log in and keep writers out; False when the log can't be emptied."""
    connection.execute(f"PRAGMA busy_timeout = {CHECKPOINT_WAIT_SECS * 1000:.0f}")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_SECS * 1000:.0f}")
    connection.execute("BEGIN IMMEDIATE")
    log = database.with_name(database.name + "-wal")
    # On Windows a lock of SQLite's own lies one gigabyte into the file and can't be read over.
    readable = os.name == "posix" or database.stat().st_size < 1 << 30
    if readable and (not log.exists() or log.stat().st_size == 0):
        return True
    connection.execute("ROLLBACK")
    return False


def _nothing(*_progress: int) -> int:
    """Called by SQLite in the course of a long piece of work: the interpreter gets to run signal handlers then."""
    return 0


def _drop_side_files(database: Path) -> None:
    """Remove what belongs to the file that is about to be replaced; SQLite would apply it to the new one."""
    for suffix in SIDE_FILES:
        files.remove(database.with_name(database.name + suffix))


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
