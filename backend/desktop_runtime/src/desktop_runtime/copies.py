"""The copies in `backups/`: made on request and by the day, listed, and dropped when there are enough of them.

Their names begin with a number that only grows. Which one is the newest is told by it and not by the clock, which may
have been wrong for a while.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from . import archive, files
from .faults import LaunchError, reason
from .lock import AlreadyRunning, InstanceLock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .archive import Contents, Sources, Tell
    from .paths import Places

ASKED, SCHEDULED, BEFORE_RESTORE = "asked", "scheduled", "before-restore"
NAME = re.compile(
    r"backup-(?P<number>\d{6,})-(?P<moment>\d{8}T\d{6}Z)-(?:(?P<version>.+)-)?(?P<why>asked|scheduled|before-restore)\.zip"
)
BEFORE_UPDATE = re.compile(r"-\d{6,}-(\d{8}T\d{6}Z)(?:-(.+))?\.(?!zip$)\w+$")
MOMENT, SHOWN_MOMENT = "%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ"
# Of those that are made by the day: the newest of each of so many days, weeks and months that have one.
KEPT = (("%Y-%m-%d", 7), ("%G-%V", 4), ("%Y-%m", 3))
BEFORE_RESTORE_KEPT = 3
# What stays free on the disk, if that is not too much for it: the app itself has to go on writing.
SPARE_BYTES = 64 * 1024 * 1024
SPARE_PART = 50


class Copy(NamedTuple):
    """A backup in `backups/`, by its name."""

    file: Path
    number: int
    made: str
    version: str
    why: str


def listed(places: Places) -> list[Copy]:
    """All backups, newest first."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for file in places.backups.iterdir():
            if match := NAME.fullmatch(file.name):
                found.append(Copy(file, int(match["number"]), match["moment"], match["version"] or "", match["why"]))
    return sorted(found, key=lambda one: one.number, reverse=True)


def before_updates(places: Places) -> list[Path]:
    """The copies of single databases that were made before an update changed them, newest first."""
    if not places.backups.is_dir():
        return []
    found = [file for file in places.backups.iterdir() if file.is_file() and BEFORE_UPDATE.search(file.name)]
    return sorted(found, key=lambda file: file.stat().st_mtime, reverse=True)


def make(
    places: Places, sources: Sources, why: str, *, with_media: bool, tell: Tell, to: Path | None = None
) -> tuple[Path, Contents]:
    """Make a backup in `backups/`, or at the path `to`; raise LaunchError when there is no room for it."""
    with alone(places) as scratch:
        target = to or places.backups / _next_name(places, sources.version, why)
        require_room(needed_bytes(sources, with_media=with_media), scratch, target.parent)
        try:
            contents = archive.write(target, sources, why, scratch, with_media=with_media, tell=tell)
        except OSError as error:
            raise LaunchError(
                "The backup could not be made",
                "{reason}. Make room on the disk or choose another place.",
                reason=reason(error),
            ) from error
    return target, contents


def needed_bytes(sources: Sources, *, with_media: bool) -> int:
    """What a backup takes while it is made: the copies and the packed file."""
    media = archive.media_files(sources.media) if with_media and sources.media else ()
    return 2 * sources.bytes_of_databases() + sum(size for _name, _file, size in media)


def require_room(needed: int, *folders: Path) -> None:
    """Raise LaunchError when one of the disks has less."""
    for folder in folders:
        total, _used, free = shutil.disk_usage(folder)
        spare = min(SPARE_BYTES, total // SPARE_PART)
        if free < needed + spare:
            raise LaunchError(
                "There is not enough room",
                "This takes {needed} in {folder}, and {spare} should stay free. {free} are free. "
                "Make room on the disk or choose another place.",
                needed=_megabytes(needed),
                folder=folder,
                spare=_megabytes(spare),
                free=_megabytes(free),
            )


def is_due(copies: Sequence[Copy], every_secs: float, now: float) -> bool:
    """Whether the time for the next scheduled copy has come. A copy from the future is one by a wrong clock."""
    last = next((one for one in copies if one.why == SCHEDULED), None)
    if last is None:
        return True
    age = now - _seconds(last.made)
    return age < 0 or age >= every_secs


def to_drop(copies: Sequence[Copy]) -> list[Copy]:
    """The copies, given newest first, that are not needed any more; never one that somebody asked for.

    Today's date has no part in it: a clock that is a year ahead must not make all of them look old."""
    scheduled = [one for one in copies if one.why == SCHEDULED]
    kept = set(scheduled[:1])
    for label, most in KEPT:
        newest: dict[str, Copy] = {}
        for one in scheduled:
            newest.setdefault(time.strftime(label, time.strptime(one.made, MOMENT)), one)
        kept |= set(list(newest.values())[:most])
    replaced = [one for one in copies if one.why == BEFORE_RESTORE][BEFORE_RESTORE_KEPT:]
    return [one for one in scheduled if one not in kept] + replaced


def prune(places: Places) -> None:
    """Drop what is not needed any more."""
    for one in to_drop(listed(places)):
        # A copy too many is no reason to stop.
        with contextlib.suppress(OSError):
            files.remove(one.file)


def described(one: Copy) -> dict[str, Any]:
    """A copy for a list that a person reads; what is in it is read from it."""
    told: dict[str, Any] = {
        "backup": one.file.name,
        "made": time.strftime(SHOWN_MOMENT, time.strptime(one.made, MOMENT)),
        "version": one.version,
        "why": one.why,
        "bytes": one.file.stat().st_size,
    }
    try:
        contents = archive.read(one.file)
    except LaunchError as error:
        return {**told, "damaged": error.detail}
    media = None if contents.media is None else len(contents.media)
    return {**told, "databases": [item.name for item in contents.databases], "media": media}


def described_database(file: Path) -> dict[str, Any]:
    """A copy of one database, for the same list."""
    moment, version = BEFORE_UPDATE.findall(file.name)[0]
    made = time.strftime(SHOWN_MOMENT, time.strptime(moment, MOMENT))
    told = {"backup": file.name, "made": made, "version": version, "why": "before-update"}
    return {**told, "bytes": file.stat().st_size, "media": None}


@contextlib.contextmanager
def alone(places: Places) -> Iterator[Path]:
    """One at a time, also among processes; gives an empty scratch folder in `backups/`, which is gone afterwards."""
    lock = InstanceLock(places.copying_lock)
    scratch = places.backups / "in-the-making"
    try:
        places.backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
        _clear(scratch)
        scratch.mkdir(mode=0o700)
    except AlreadyRunning as other:
        raise LaunchError(
            "Another backup is being made", "Process {pid} is at it. Try again when it is done.", pid=other.pid
        ) from other
    except OSError as error:
        raise LaunchError("The folder for backups can't be used", f"{reason(error)}.") from error
    try:
        yield scratch
    finally:
        _clear(scratch)
        lock.release()


def _clear(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _next_name(places: Places, version: str, why: str) -> str:
    number = max((one.number for one in listed(places)), default=0) + 1
    label = re.sub(r"[^A-Za-z0-9.+_]+", "_", version)
    moment = time.strftime(MOMENT, time.gmtime())
    return f"backup-{number:06}-{moment}-{label + '-' if label else ''}{why}.zip"


def _seconds(moment: str) -> float:
    import calendar

    return calendar.timegm(time.strptime(moment, MOMENT))


def _megabytes(count: int) -> str:
    return f"{max(1, round(count / 1_000_000)):,} MB"
