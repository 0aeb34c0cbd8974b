"""What a new installation begins with: a database and media that come with the app.

The database is taken before anybody looks whether there is one, so it is migrated and copied as any other. It comes
last and in one step: a first start that is cut off begins anew.
"""

from __future__ import annotations

import logging
import os
import shutil
from typing import TYPE_CHECKING

from . import files
from .faults import LaunchError, reason

if TYPE_CHECKING:
    from pathlib import Path

    from .conf import RuntimeSettings
    from .databases import Database
    from .paths import Places

log = logging.getLogger(__name__)


def plant(first: Database, places: Places, config: RuntimeSettings) -> bool:
    """Give a new installation what it begins with; `first` is its main database. Return whether that was done."""
    if first.file is None or first.file.exists() or not (config.seed_database or config.seed_media):
        return False
    try:
        # The commands of a first run belong to it, and they are run until they have succeeded once.
        files.write_atomically(places.first_run, b"")
        if config.seed_media:
            _copy_missing(places.bundle / config.seed_media, places.media)
        if config.seed_database:
            first.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _copy(places.bundle / config.seed_database, first.file)
    except OSError as error:
        raise LaunchError("The first start of the app could not be completed", f"{reason(error)}.") from error
    log.info("a new installation begins with the data that came with the app")
    return True


def _copy_missing(source: Path, target: Path) -> None:
    for folder, _folders, names in os.walk(source):
        to = target / os.path.relpath(folder, source)
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            if not (to / name).exists():
                _copy(source / os.path.relpath(folder, source) / name, to / name)


def _copy(source: Path, target: Path) -> None:
    """Copy a file, for its owner only, whose original may be read-only; it is whole or absent."""
    aside = files.write_aside(target, b"", sync=False)
    try:
        with source.open("rb") as original, aside.open("wb") as copy:
            shutil.copyfileobj(original, copy)
            copy.flush()
            os.fsync(copy.fileno())
        files.replace(aside, target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
