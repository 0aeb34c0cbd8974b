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
from .faults import LaunchError, Text, reason

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
DAMAGED_TITLE = "The app's data is damaged"
DAMAGED = {11: "malformed", 26: "not a database"}


class Standing(NamedTuple):
    """What a database file holds. `applied` is in the order in which the migrations were applied."""

    is_new: bool
    applied: tuple[Migration, ...] = ()
    tables: frozenset[str] = frozenset()


def look(database: Path, copies: Path | None = None) -> Standing:
    """Read the file without changing it. A file that is absent, empty or without any table is new.

    `copies` is the folder that a message about what is wrong with the file names."""
    if not database.exists() or (database.is_file() and database.stat().st_size == 0):
        return Standing(is_new=True)
    with _opened(database, copies) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        tables = frozenset(name for (name,) in names)
        if "django_migrations" not in tables:
            return Standing(is_new=not tables, tables=tables)
        rows = connection.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
        return Standing(is_new=False, applied=tuple(rows), tables=tables)


def make_private(database: Path) -> None:
    """Take the database away from others on this computer."""
    for suffix in ("", *SIDE_FILES):
        files.make_private(database.with_name(database.name + suffix))


def check(database: Path, copies: Path | None = None) -> None:
    """Go through the whole file; raise LaunchError when it is damaged. Takes a while for a large one."""
    with _opened(database, copies) as connection:
        finding = _quick_check(connection)
        if finding != "ok":
            raise _damaged(database, finding, copies)


def copy(database: Path, folder: Path, version: str, label: str = "") -> Path:
    """Copy the database, with what is still in its write-ahead log, to a new file in `folder`; return that file.

    It has been read back. `label` heads its name, if that is to be another one than the database's own."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for leftover in folder.glob("*.partial*"):
            leftover.unlink()
        target = folder / _copy_name(database, folder, label or database.stem, version)
        partial = folder / f"{target.name}.partial"
        try:
            _copy_to(database, partial)
            _verify(partial)
            files.replace(partial, target)
        finally:
            for suffix in ("", *SIDE_FILES):
                partial.with_name(partial.name + suffix).unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise LaunchError(
            "The app's data could not be copied",
            "This version changes the data, and a copy has to be made first. Copying {database} to {folder} failed "
            "({reason}). Nothing was changed. Make room on the disk or check its permissions, and start again.",
            database=database,
            folder=folder,
            reason=reason(error),
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


def set_aside(database: Path, folder: Path, label: str = "") -> None:
    """Take away a new database whose first migration did not end. Kept among the copies: it is not ours to delete."""
    if database.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        _drop_side_files(database)
        files.replace(database, folder / f"{label or database.stem}-unfinished{database.suffix}")


def prune(database: Path, folder: Path, keep: int, label: str = "") -> None:
    """Delete all copies but the newest."""
    # A copy too many is no reason to stop.
    with contextlib.suppress(OSError):
        copies = _numbered(database, folder, label or database.stem)
        for number in sorted(copies)[:-keep]:
            copies[number].unlink()


def checkpoint(database: Path) -> None:
    """Fold the write-ahead log into the file. With the last connection the log itself goes, too."""
    if database.exists():
        with contextlib.closing(sqlite3.connect(database, timeout=CHECKPOINT_WAIT_SECS)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@contextlib.contextmanager
def _opened(database: Path, copies: Path | None) -> Iterator[sqlite3.Connection]:
    """A connection; SQLite's errors become a LaunchError that names the file."""
    try:
        with contextlib.closing(sqlite3.connect(database, timeout=LOCK_WAIT_SECS)) as connection:
            yield connection
    except sqlite3.Error as error:
        if _is(error, DAMAGED):
            raise _damaged(database, str(error), copies) from error
        if _is(error, IN_USE):
            raise LaunchError(
                "The app's data is in use",
                "Another program holds {database}. Close it and start again; a restart of the computer closes every "
                "program.{copies}",
                database=database,
                copies=told_of(copies),
            ) from error
        raise LaunchError(
            "The app's data can't be opened",
            "{database}: {error}. Look whether the file can be read and written, and start again.{copies}",
            database=database,
            error=error,
            copies=told_of(copies),
        ) from error


def _is(error: sqlite3.Error, kind: dict[int, str]) -> bool:
    """Whether the error is one of a kind. The low byte of an extended code is the plain one."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return any(words in str(error) for words in kind.values())
    return code & 0xFF in kind


def told_of(copies: Path | None) -> str:
    """A sentence for a message, with a space before it: where the copies are, if there are any."""
    if copies is None or not copies.is_dir() or not any(copies.iterdir()):
        return ""
    return Text(" Copies of the data as it was before are in {folder}.", folder=copies)


def _damaged(database: Path, finding: str, copies: Path | None) -> LaunchError:
    told = told_of(copies)
    what = Text("{database} can't be read ({finding}). It was not changed.", database=database, finding=finding)
    next_step = (
        " To go on with one, move the damaged file away, and put the newest of them in its place, under the same name."
    )
    without = " If you have a copy of it, put it in this place."
    return LaunchError(DAMAGED_TITLE, what + told + Text(next_step if told else without))


def _numbered(database: Path, folder: Path, label: str) -> dict[int, Path]:
    """The copies of a database by their numbers, which only grow: the clock may have been wrong for a while."""
    ours = re.compile(rf"{re.escape(label)}-(\d{{6,}})-\d{{8}}T.*{re.escape(database.suffix)}")
    return {int(match[1]): path for path in folder.iterdir() if (match := ours.fullmatch(path.name))}


def _copy_name(database: Path, folder: Path, label: str, version: str) -> str:
    number = max(_numbered(database, folder, label), default=0) + 1
    moment = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    version = re.sub(r"[^A-Za-z0-9.+_]+", "_", version)
    return f"{label}-{number:06}-{moment}{'-' + version if version else ''}{database.suffix}"


def _verify(copied: Path) -> None:
    """Read the copy back: one that can't be read must not be taken for one."""
    address = f"{copied.absolute().as_uri()}?mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
        finding = _quick_check(connection)
        if finding != "ok":
            raise sqlite3.DatabaseError(f"the copy can't be read back: {finding}")


def _quick_check(connection: sqlite3.Connection) -> str:
    connection.set_progress_handler(_nothing, STEPS_BETWEEN_LOOKS)
    # A constraint may call a function that only Django knows (REGEXP); without it the check itself would fail.
    connection.execute("PRAGMA ignore_check_constraints = ON")
    return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])


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
