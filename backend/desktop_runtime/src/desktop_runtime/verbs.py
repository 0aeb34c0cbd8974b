"""What a person can have done with their data: back up, list, restore, export, support file.

The same verbs come from a shell on the launcher's stdin (`service`), as commands (`commands`) and from a program that
has the runtime in its own process (`embedded`). Each takes options by name and returns what it did, fit for JSON.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import copies
from .archive import Sources
from .faults import LaunchError, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .archive import Tell
    from .database import Standing
    from .paths import Places

log = logging.getLogger(__name__)


class Verb(NamedTuple):
    """One of them."""

    do: Callable[[Places, Mapping[str, Any], Tell], dict[str, Any]]
    options: Mapping[str, type]
    needed: tuple[str, ...]
    help: str


def run(name: str, options: Mapping[str, Any], places: Places, tell: Tell) -> dict[str, Any]:
    """Do it; raise LaunchError with what to tell a person when it can't be done. Settings must be loaded."""
    verb = VERBS.get(name)
    if verb is None:
        raise LaunchError("The request is not known", f"There is no verb {name!r}. There are: {', '.join(VERBS)}.")
    wrong = [key for key, value in options.items() if not isinstance(value, verb.options.get(key, type(None)))]
    wrong += [key for key in verb.needed if key not in options]
    if wrong:
        known = ", ".join(f"{key} ({kind.__name__})" for key, kind in verb.options.items()) or "none"
        raise LaunchError("The request is not understood", f"{name}: look at {', '.join(wrong)}. Options: {known}.")
    return verb.do(places, options, tell)


def sources(places: Places) -> Sources:
    """What of this project belongs to the person."""
    from django.conf import settings

    from . import conf, databases

    root = settings.MEDIA_ROOT
    media = Path(root).absolute() if root else places.media
    inside = media.is_relative_to(places.media) and media.is_dir()
    files = {one.alias: one.file for one in databases.listed() if one.file is not None}
    app = settings.ROOT_URLCONF.partition(".")[0] if settings.ROOT_URLCONF else ""
    return Sources(app, conf.load().version, files, media if inside else None)


def _backup(places: Places, options: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    with_media = options.get("media", False)
    target = _target(options["to"]) if "to" in options else None
    file, contents = copies.make(places, sources(places), copies.ASKED, with_media=with_media, tell=tell, to=target)
    databases = [item.name for item in contents.databases]
    media = None if contents.media is None else len(contents.media)
    return {"file": str(file), "bytes": file.stat().st_size, "databases": databases, "media": media}


def _list(places: Places, _options: Mapping[str, Any], _tell: Tell) -> dict[str, Any]:
    free = shutil.disk_usage(places.app_data).free
    present = sources(places)
    needed = {
        "databases": copies.needed_bytes(present, with_media=False),
        "media": copies.needed_bytes(present, with_media=True),
    }
    backups = [copies.described(one) for one in copies.listed(places)]
    backups += [copies.described_database(file) for file in copies.before_updates(places)]
    return {"folder": str(places.backups), "free": free, "needed": needed, "backups": backups}


def _restore(places: Places, options: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    from . import restore

    given = Path(options["backup"])
    # A name of the list, or the path of a file from anywhere.
    file = places.backups / given if given.parent == Path() and not given.exists() else given.absolute()
    with _as_backup(file, places) as backup:
        contents = restore.prepare(places, sources(places), backup, _refuse_newer, tell)
    media = None if contents.media is None else len(contents.media)
    # The data are in use: the next start puts them in place.
    return {"backup": str(file), "version": contents.version, "media": media, "restart": True}


@contextlib.contextmanager
def _as_backup(file: Path, places: Places) -> Iterator[Path]:
    """A backup as it is; a copy of one database, made before an update, as a backup of that alone."""
    if file.suffix == ".zip" or not file.is_file():
        yield file
        return
    from . import databases

    alias = next((one.alias for one in databases.listed() if file.name.startswith(f"{one.label}-")), "default")
    packed = places.backups / f"{file.name}.{os.getpid()}.zip"
    present = sources(places)._replace(databases={alias: file}, media=None)
    try:
        yield copies.make(places, present, copies.ASKED, with_media=False, tell=_quietly, to=packed)[0]
    finally:
        packed.unlink(missing_ok=True)


def _quietly(_done: int, _total: int) -> None:
    """For work that is a small part of another."""


def _refuse_newer(places: Places, standing: Standing) -> None:
    import django
    from django.apps import apps

    from . import migrate

    if not apps.ready:
        try:
            django.setup()
        except Exception as error:  # noqa: BLE001 - it may be anything of the project
            # An app may want the very database that is to be replaced. The next start refuses a newer one, too.
            log.warning("the backup's version could not be compared with this one (%s)", reason(error))
            return
    migrate.is_needed(standing, places)


def _export(places: Places, options: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    from . import export

    return export.write(places, sources(places), _target(options["to"]), tell)


def _support(places: Places, options: Mapping[str, Any], _tell: Tell) -> dict[str, Any]:
    from . import support

    if "to" not in options:
        return support.prepare(places, sources(places))
    return support.save(places, _target(options["to"]))


def _target(given: str) -> Path:
    """A path that the person chose."""
    path = Path(given).absolute()
    if not path.parent.is_dir():
        raise LaunchError(
            "The file can't be saved there", "There is no folder {folder}. Choose another place.", folder=path.parent
        )
    return path


VERBS = {
    "backup": Verb(_backup, {"media": bool, "to": str}, (), "make a backup of the databases, with the media if asked"),
    "list": Verb(_list, {}, (), "list the backups, and what a new one would take"),
    "restore": Verb(_restore, {"backup": str}, ("backup",), "put a backup back; what is there now is kept first"),
    "export": Verb(_export, {"to": str}, ("to",), "write tables (CSV) and media to a zip that needs no program"),
    "support": Verb(_support, {"to": str}, (), "make a file for whoever helps; with a path, save what was made"),
}
