"""Puts a backup back, in two steps that can each be cut off anywhere.

`prepare` checks the backup and unpacks it to `restore/` in the app-data folder; it appears there whole or not at all.
`apply` runs when nobody uses the data, right then or on the next start: it makes a backup of the present state first,
and moves the files into their places. What was cut off is gone on with; renaming can't fail for want of room.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import archive, copies, database, files
from .archive import Meter, Sources
from .faults import LaunchError, reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from .archive import Contents, Tell
    from .database import Standing
    from .paths import Places

log = logging.getLogger(__name__)

PLAN = "restore.json"


def prepare(
    places: Places, sources: Sources, file: Path, refuse: Callable[[Places, Standing], None], tell: Tell
) -> Contents:
    """Check a backup and have it ready in `restore/`; raise LaunchError, with nothing changed, when it can't be used.

    `refuse` is told what each database of it holds and raises LaunchError for one that this version can't work with."""
    contents = archive.read(file)
    _refuse_strangers(contents, sources, file)
    present = _present_media_bytes(sources, contents)
    with copies.alone(places) as scratch:
        needed = contents.total_bytes() + 2 * sources.bytes_of_databases() + present
        copies.require_room(needed, scratch)
        archive.unpack(file, contents, scratch, Meter(contents.total_bytes(), tell))
        for item in contents.databases:
            copied = scratch / "databases" / f"{item.name}.sqlite3"
            database.check(copied)
            refuse(places, database.look(copied))
        if contents.media is not None:
            (scratch / "media").mkdir(mode=0o700, exist_ok=True)
        _sync_tree(scratch)
        files.write_atomically(scratch / PLAN, json.dumps(_plan(places, sources, contents)).encode())
        _drop(places)
        files.replace(scratch, places.restore)
    return contents


def apply(places: Places) -> str:
    """Put in place what `prepare` has left, if anything; return the name of the backup of what was there before."""
    try:
        plan = json.loads((places.restore / PLAN).read_bytes())
    except FileNotFoundError:
        _drop(places)
        return ""
    if "kept" not in plan:
        plan["kept"] = _keep_present(places, plan)
        files.write_atomically(places.restore / PLAN, json.dumps(plan).encode())
    for alias, name in plan["databases"].items():
        copied, target = places.restore / "databases" / f"{alias}.sqlite3", places.app_data / name
        if copied.exists():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            database.put_back(copied, target)
    if plan["media"] is not None:
        _swap_media(places, places.app_data / plan["media"])
    log.info("a backup was restored; what was there before is kept in %s", plan["kept"])
    _drop(places)
    return str(plan["kept"])


def _keep_present(places: Places, plan: dict[str, Any]) -> str:
    databases = {alias: places.app_data / name for alias, name in plan["present"].items()}
    media = None if plan["media"] is None else places.app_data / plan["media"]
    sources = Sources(plan["app"], plan["version"], databases, media if media and media.is_dir() else None)
    try:
        kept, _contents = copies.make(
            places, sources, copies.BEFORE_RESTORE, with_media=media is not None, tell=lambda _done, _total: None
        )
    except LaunchError as error:
        if error.title == database.DAMAGED_TITLE:
            return _set_aside(places, [databases[alias] for alias in plan["databases"]], media)
        # Not again on each start: that one works.
        _drop(places)
        raise LaunchError(
            "The backup was not restored",
            "What is there now has to be kept first, and that failed. {detail} Nothing was changed.",
            detail=error.detail,
        ) from error
    copies.prune(places)
    return kept.name


def _set_aside(places: Places, damaged: list[Path], media: Path | None) -> str:
    """Keep damaged databases as they are, and the media that would be replaced: no backup can be made of them."""
    number = max((one.number for one in copies.listed(places)), default=0) + 1
    folder = places.backups / f"damaged-{number:06}"
    for file in damaged:
        for suffix in ("", *database.SIDE_FILES):
            if (present := file.with_name(file.name + suffix)).exists():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                files.replace(present, folder / present.name)
    if media is not None and media.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.replace(media, folder / "media")
    return folder.name


def _swap_media(places: Places, media: Path) -> None:
    """The restored media folder for the present one, which is in the backup that was made before."""
    restored, replaced = places.restore / "media", places.restore / "replaced-media"
    if not restored.exists():
        return
    if media.exists():
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(replaced)
        files.replace(media, replaced)
    files.replace(restored, media)


def _refuse_strangers(contents: Contents, sources: Sources, file: Path) -> None:
    if contents.app != sources.app:
        raise LaunchError(
            "The backup is of another app",
            "{file} was made by {other}, and this is {app}.",
            file=file,
            other=contents.app,
            app=sources.app,
        )
    unknown = sorted({item.name for item in contents.databases} - set(sources.databases))
    if unknown or not contents.databases:
        has = "{file} has the database {names}, which this version doesn't have. Nothing was changed."
        has = has if unknown else "{file} has no database. Nothing was changed."
        raise LaunchError("The backup can't be used", has, file=file, names=", ".join(unknown))


def _present_media_bytes(sources: Sources, contents: Contents) -> int:
    if contents.media is None or sources.media is None:
        return 0
    return sum(size for _name, _file, size in archive.media_files(sources.media))


def _plan(places: Places, sources: Sources, contents: Contents) -> dict[str, Any]:
    present = {alias: _told(file, places) for alias, file in sources.databases.items()}
    media = None if contents.media is None else _told(sources.media or places.media, places)
    restored = {item.name: present[item.name] for item in contents.databases}
    return {"app": sources.app, "version": sources.version, "present": present, "databases": restored, "media": media}


def _told(path: Path, places: Places) -> str:
    """Below the app-data folder a path is relative: the folder may be moved."""
    base = places.app_data.resolve()
    return path.resolve().relative_to(base).as_posix() if path.resolve().is_relative_to(base) else str(path)


def _drop(places: Places) -> None:
    """Take `restore/` away: the plan first, so that nobody goes on with half of it."""
    if not places.restore.exists():
        return
    files.remove(places.restore / PLAN)
    try:
        shutil.rmtree(places.restore)
    except OSError as error:
        log.warning("%s can't be removed: %s", places.restore, reason(error))


def _sync_tree(folder: Path) -> None:
    for inside, _folders, _names in os.walk(folder):
        files.sync_folder(Path(inside))
