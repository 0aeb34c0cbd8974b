"""The first start of another version is a trial: until its window can open, everything can go back to what it was.

The databases are copied before anything of the new version touches them, and the journal of `migrate` says so; it stays
until the first page has been answered. A start that fails or is killed before that puts the copies back, at once or on
the next start, and moves aside what media have gained. From then on nothing is given back: a person has seen the new
version and may have written something.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any

from . import files
from .faults import Text, reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .conf import RuntimeSettings
    from .database import Standing
    from .paths import Places

log = logging.getLogger(__name__)

MANIFEST = "runtime-manifest.json"


def is_due(places: Places, config: RuntimeSettings, standings: Mapping[str, Standing]) -> bool:
    """Whether this start is one: another version than the last that worked, with data that were there before."""
    # A first run that was cut off is gone on with: there is no version to go back to.
    has_data = any(not standing.is_new for standing in standings.values()) and not places.first_run.exists()
    return has_data and is_another(places, config)


def is_another(places: Places, config: RuntimeSettings | None) -> bool:
    """Whether this is another version than the last that worked. None: its settings can't even be loaded."""
    last, now = _last(places), _identity(places, config)
    if config is None:
        return last is not None and last.get("build") != now["build"]
    return last != now


def note_media(places: Places) -> None:
    """Write down which media there are, so that what is gained can be told from it."""
    if places.media.is_dir():
        names = sorted(_media(places))
        files.write_atomically(places.media_before, json.dumps(names).encode())


def set_media_aside(places: Places) -> None:
    """Move what media have gained since `note_media` to `backups/`. Can be cut off and repeated."""
    try:
        before = set(json.loads(places.media_before.read_bytes()))
    except FileNotFoundError:
        return
    gained = [name for name in _media(places) if name not in before]
    for name in gained:
        target = _free(places.backups / "media-of-a-failed-start" / name)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.replace(places.media / name, target)
    if gained:
        log.warning("%d media files of a start that failed are in %s", len(gained), places.backups)


def passed(places: Places, config: RuntimeSettings) -> None:
    """This version works: it is the one to go back to when the next one fails."""
    files.remove(places.media_before)
    if is_another(places, config):
        try:
            files.write_atomically(places.version, json.dumps(_identity(places, config)).encode())
        except OSError as error:
            # The next start is a trial once more, and that is all.
            log.warning("%s can't be written: %s", places.version, reason(error))


def advice(places: Places, config: RuntimeSettings | None) -> str:
    """What a message about a start that failed adds: the version to go back to. Empty when this one has worked."""
    last = _last(places)
    if last is None or not is_another(places, config):
        return ""
    if not last.get("version"):
        return " The version that you had before was the last that worked: install it again to go on as before."
    told = " Version {version} was the last that worked: install it again to go on as before."
    return Text(told, version=last["version"])


def _identity(places: Places, config: RuntimeSettings | None) -> dict[str, str]:
    try:
        build = hashlib.sha256((places.bundle / MANIFEST).read_bytes()).hexdigest()[:16]
    except OSError:
        build = ""
    return {"version": config.version if config else "", "build": build}


def _last(places: Places) -> dict[str, Any] | None:
    try:
        last = json.loads(places.version.read_bytes())
    except (OSError, ValueError):
        return None
    return last if isinstance(last, dict) else None


def _media(places: Places) -> list[str]:
    # Not on the way of every launch: it brings the zip library.
    from .archive import media_files

    return [name for name, _file, _size in media_files(places.media)]


def _free(target: Path) -> Path:
    """The target, or one beside it whose name is not taken."""
    number = 1
    free = target
    while free.exists():
        number += 1
        free = target.with_name(f"{target.name}.{number}")
    return free
