"""One backup, one file: a zip with a copy of each database, the media if they were asked for, and a list of it all.

    backup.json            what made it, and each file with its size and SHA-256
    databases/ALIAS.sqlite3
    media/…

Any program that unpacks a zip can get at the data. Reading one trusts nothing but the list: names are checked, digests
are checked, and no more is written than the list says.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import quote

from . import database, files
from .faults import LaunchError, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Tell: TypeAlias = Callable[[int, int], None]
    """Hears how many bytes of how many are done. What it raises ends the work, with nothing left of it."""

FORMAT = 1
LIST = "backup.json"
MOST_LIST_BYTES = 200_000_000
BLOCK_BYTES = 256 * 1024
LOCK_WAIT_SECS = 10.0
# A database shrinks a lot with little work; pictures and films don't.
LEVEL = 1
DAMAGED = "{file} is damaged, or it is not a backup. Nothing was changed. Choose another one."
# What a file that is torn, tampered with or no backup at all shows itself as.
TORN = (EOFError, zipfile.BadZipFile, zlib.error)
UNUSABLE = (OSError, ValueError, KeyError, TypeError, RuntimeError, *TORN)
FIRST_DATE, LAST_DATE = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)


class Sources(NamedTuple):
    """What of an app belongs to the person."""

    app: str
    """Tells this app's backups from those of another one."""

    version: str
    databases: Mapping[str, Path]
    """The SQLite files by alias."""

    media: Path | None

    def bytes_of_databases(self) -> int:
        """What copies of them take."""
        return sum(file.stat().st_size for file in self.databases.values() if file.exists())


class Item(NamedTuple):
    """A file in a backup."""

    name: str
    """An alias, or a path below the media folder."""

    member: str
    """The name in the zip."""

    size: int
    sha256: str


class Contents(NamedTuple):
    """`backup.json`, checked."""

    app: str
    version: str
    made: float
    """Seconds since 1970, by the clock of the computer that made it."""

    why: str
    databases: tuple[Item, ...]
    media: tuple[Item, ...] | None
    """None when they were not asked for."""

    def total_bytes(self) -> int:
        """What it takes unpacked."""
        return sum(item.size for item in (*self.databases, *(self.media or ())))


def write(target: Path, sources: Sources, why: str, scratch: Path, *, with_media: bool, tell: Tell) -> Contents:
    """Make a backup at `target`, which appears when it is whole and was read back. `scratch` is an empty folder."""
    partial = scratch / target.name if target.parent == scratch.parent else target.with_name(f"{target.name}.partial")
    try:
        copies = dict(snapshots(sources, scratch))
        media = list(media_files(sources.media)) if with_media and sources.media else []
        sizes = [file.stat().st_size for file in copies.values()] + [size for _name, _file, size in media]
        # Each byte is written and then read back.
        meter = Meter(2 * sum(sizes), tell)
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w") as packed:
                databases = [
                    _add(packed, f"databases/{alias}.sqlite3", alias, copies[alias], meter) for alias in copies
                ]
                # After the databases, so that a row which names a file has it.
                uploads = tuple(add_media(packed, media, meter)) if with_media else None
                contents = Contents(sources.app, sources.version, time.time(), why, tuple(databases), uploads)
                packed.writestr(zip_info(LIST, compressed=True), json.dumps(_as_json(contents)))
            file.flush()
            os.fsync(file.fileno())
        check(partial, contents, meter)
        files.replace(partial, target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return contents


def read(file: Path) -> Contents:
    """The list of a backup; raise LaunchError when it is none that can be used."""
    with _opened(file) as packed:
        info = packed.getinfo(LIST)
        if info.file_size > MOST_LIST_BYTES:
            raise ValueError("its list is too long")
        return _from_json(json.loads(packed.read(LIST)))


def check(file: Path, contents: Contents, meter: Meter) -> None:
    """Read everything and compare it with the list; raise LaunchError when something is not as it was."""
    with _opened(file) as packed:
        for item in (*contents.databases, *(contents.media or ())):
            _pump(packed, item, None, meter)


def unpack(file: Path, contents: Contents, folder: Path, meter: Meter) -> None:
    """Write what the list names to `databases/` and `media/` below `folder`, each file checked and synced."""
    with _opened(file) as packed:
        for kind, items in (("databases", contents.databases), ("media", contents.media or ())):
            for item in items:
                target = folder / kind / (f"{item.name}.sqlite3" if kind == "databases" else item.name)
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with target.open("xb") as written:
                    _pump(packed, item, written, meter)
                    written.flush()
                    os.fsync(written.fileno())


def media_files(media: Path) -> Iterator[tuple[str, Path, int]]:
    """Each file below the media folder: its path there, where it is, its size. A link counts if it stays inside."""
    root = media.resolve()
    for folder, _folders, names in os.walk(root):
        for name in sorted(names):
            file = Path(folder, name)
            with contextlib.suppress(OSError):
                if file.resolve(strict=True).is_relative_to(root) and file.is_file():
                    yield file.relative_to(root).as_posix(), file, file.stat().st_size


class Meter:
    """Adds up what is done."""

    def __init__(self, total: int, tell: Tell) -> None:
        self._total = max(total, 1)
        self._done = 0
        self._tell = tell

    def add(self, count: int) -> None:
        """So many bytes more."""
        self._done += count
        self._tell(min(self._done, self._total), self._total)


def snapshots(sources: Sources, scratch: Path) -> Iterator[tuple[str, Path]]:
    """A copy of each database as it is in one moment, checked. Others may write meanwhile."""
    for alias, file in sources.databases.items():
        if file.exists():
            # Said in better words than a copy that fails would.
            database.look(file)
            copied = scratch / f"{alias}.sqlite3"
            _snapshot(file, copied)
            database.check(copied)
            yield alias, copied


def _snapshot(file: Path, copied: Path) -> None:
    # Never opened but by SQLite: closing another handle would give up the locks that this process has on the file.
    deadline = time.monotonic() + LOCK_WAIT_SECS

    def give_up(status: int, _remaining: int, _total: int) -> None:
        if status in database.IN_USE and time.monotonic() > deadline:
            raise LaunchError(
                "The app's data is in use", "Another program holds {file}. Close it and try again.", file=file
            )

    try:
        with (
            contextlib.closing(sqlite3.connect(file, timeout=LOCK_WAIT_SECS)) as source,
            contextlib.closing(sqlite3.connect(copied)) as target,
        ):
            # In one step: with several, each change in between would begin it anew.
            source.backup(target, pages=-1, progress=give_up)
    except sqlite3.Error as error:
        raise LaunchError("The app's data could not be copied", f"{file}: {error}.") from error


def _add(packed: zipfile.ZipFile, member: str, name: str, file: Path, meter: Meter) -> Item:
    digest, size = hashlib.sha256(), 0
    info = zip_info(member, compressed=member.startswith("databases/"))
    with file.open("rb") as source, packed.open(info, "w", force_zip64=True) as sink:
        while block := source.read(BLOCK_BYTES):
            sink.write(block)
            digest.update(block)
            size += len(block)
            meter.add(len(block))
    return Item(name, member, size, digest.hexdigest())


def add_media(packed: zipfile.ZipFile, media: Iterable[tuple[str, Path, int]], meter: Meter) -> Iterator[Item]:
    for name, file, _size in media:
        # The person may delete one meanwhile.
        with contextlib.suppress(FileNotFoundError):
            yield _add(packed, member_of_media(name), name, file, meter)


def _pump(packed: zipfile.ZipFile, item: Item, written: IO[bytes] | None, meter: Meter) -> None:
    digest, left = hashlib.sha256(), item.size
    with packed.open(item.member) as source:
        while block := source.read(BLOCK_BYTES):
            left -= len(block)
            if left < 0:
                break
            digest.update(block)
            if written is not None:
                written.write(block)
            meter.add(len(block))
    if left or digest.hexdigest() != item.sha256:
        raise ValueError(f"{item.name} is not what it was when the backup was made")


def zip_info(member: str, *, compressed: bool) -> zipfile.ZipInfo:
    moment = min(max(time.gmtime()[:6], FIRST_DATE), LAST_DATE)
    info = zipfile.ZipInfo(member, moment)
    info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    info._compresslevel = LEVEL  # type: ignore[attr-defined]
    info.external_attr = 0o600 << 16
    return info


def member_of_media(name: str) -> str:
    """The name in the zip. A name of undecodable bytes, which a zip can't hold, is quoted."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return f"media-quoted/{quote(os.fsencode(name))}"
    return f"media/{name}"


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as packed:
            yield packed
    except UNUSABLE as error:
        # What a reader of zip files says is not for everybody.
        why = DAMAGED if isinstance(error, TORN) else "{file}: {reason}. Nothing was changed."
        raise LaunchError("The backup can't be used", why, file=file, reason=reason(error)) from error


def _as_json(contents: Contents) -> dict[str, Any]:
    return {
        "format": FORMAT,
        **contents._asdict(),
        "databases": [item._asdict() for item in contents.databases],
        "media": None if contents.media is None else [item._asdict() for item in contents.media],
    }


def _from_json(given: Any) -> Contents:
    if given["format"] != FORMAT:
        raise ValueError("it was made by a newer version of this program")
    items = {
        kind: tuple(
            Item(str(one["name"]), str(one["member"]), int(one["size"]), str(one["sha256"]))
            for one in given[kind] or ()
        )
        for kind in ("databases", "media")
    }
    for item in items["databases"]:
        _refuse_unless(item.name != "" and not set(item.name) & set('/\\:\0<>|"?*') and item.name[0] != ".", item)
    for item in items["media"]:
        _refuse_unless(_stays_below(item.name), item)
    for kind in items.values():
        names = [item.name for item in kind]
        _refuse_unless(len(set(names)) == len(names) and all(item.size >= 0 for item in kind), *kind[:1])
    media = None if given["media"] is None else items["media"]
    return Contents(
        str(given["app"]), str(given["version"]), float(given["made"]), str(given["why"]), items["databases"], media
    )


def _stays_below(name: str) -> bool:
    parts = name.split("/")
    foreign = os.name == "nt" and set(name) & {"\\", ":"}
    return (
        not PurePosixPath(name).is_absolute() and not foreign and "\0" not in name and not {"", ".", ".."} & set(parts)
    )


def _refuse_unless(right: object, *items: Item) -> None:
    if not right:
        raise ValueError(f"it names a file in a way that no backup does: {', '.join(item.name for item in items)!r}")
