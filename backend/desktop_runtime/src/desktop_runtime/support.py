"""A file for whoever helps: versions, names of settings, sizes, the end of the log. What it holds is shown first.

No secret gets in: settings are told by their names, and every text goes through `redact`, which knows the values of
this installation. The rest of the person's data stays where it is; of the databases only sizes and names are told.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import sqlite3
import sys
import time
import zipfile
from importlib import metadata
from typing import TYPE_CHECKING, Any

import django

from . import archive, copies, database, files, paths
from .faults import LaunchError, reason
from .redact import Redactor, environment_secrets, secrets_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .archive import Sources
    from .paths import Places

NAME = "support.zip"
# Of each log file: its end, which is where it went wrong.
MOST_LOG_BYTES = 300_000
LOG_FILES = 4


def prepare(places: Places, sources: Sources) -> dict[str, Any]:
    """Make the file in the app-data folder and tell what it holds; `save` puts exactly that where it is wanted."""
    redactor = Redactor(_secrets(places))
    texts = {name: redactor(text) for name, text in _texts(places, sources)}
    places.support.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = places.support / NAME
    partial = file.with_name(f"{NAME}.{os.getpid()}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in texts.items():
                packed.writestr(archive.zip_info(name, compressed=True), text)
        files.replace(partial, file)
    except OSError as error:
        raise LaunchError("The support file could not be made", f"{reason(error)}.") from error
    finally:
        partial.unlink(missing_ok=True)
    held = [{"name": name, "bytes": len(text.encode())} for name, text in texts.items()]
    return {"file": str(file), "contents": held, "summary": texts["summary.txt"]}


def save(places: Places, to: Path) -> dict[str, Any]:
    """Copy what `prepare` made to the path that the person chose."""
    file = places.support / NAME
    partial = to.with_name(f"{to.name}.partial")
    try:
        shutil.copyfile(file, partial)
        files.replace(partial, to)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise LaunchError(
            "The support file could not be saved", "{reason}. Choose another place.", reason=reason(error)
        ) from error
    return {"file": str(to), "bytes": to.stat().st_size}


def _texts(places: Places, sources: Sources) -> Iterator[tuple[str, str]]:
    yield "summary.txt", "".join(f"{name}: {value}\n" for name, value in _summary(places, sources))
    yield "settings.txt", "\n".join(_names_of_settings()) + "\n"
    yield "packages.txt", "\n".join(_packages()) + "\n"
    yield "backups.json", json.dumps([copies.described(one) for one in copies.listed(places)], indent=2)
    logs = sorted(places.logs.glob("*.log*"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in logs[:LOG_FILES]:
        yield f"logs/{file.name}", _end_of(file)


def _summary(places: Places, sources: Sources) -> Iterator[tuple[str, object]]:
    yield "made", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    yield "app", f"{sources.app} {sources.version}".strip()
    yield "settings", os.environ.get(paths.SETTINGS_MODULE)
    yield "Python", sys.version.replace("\n", " ")
    yield "Django", django.get_version()
    yield "SQLite", sqlite3.sqlite_version
    yield "system", platform.platform()
    yield "free on the disk", f"{shutil.disk_usage(places.app_data).free / 1e9:.1f} GB"
    for alias, file in sources.databases.items():
        yield f"database {alias}", _told(file)
    if sources.media:
        sizes = [size for _name, _file, size in archive.media_files(sources.media)]
        yield "media", f"{len(sizes)} {'file' if len(sizes) == 1 else 'files'}, {sum(sizes)} bytes"


def _told(file: Path) -> str:
    if not file.exists():
        return f"{file.name}, not there"
    try:
        standing = database.look(file)
    except LaunchError as error:
        return f"{file.name}, {error.detail}"
    last = ", ".join(f"{label}.{name}" for label, name in standing.applied[-3:])
    return f"{file.name}, {file.stat().st_size} bytes, {len(standing.applied)} migrations, the last: {last}"


def _names_of_settings() -> list[str]:
    """What the project sets, by name: values may be anything."""
    from django.conf import global_settings, settings

    names = filter(str.isupper, dir(settings))
    return sorted(name for name in names if getattr(settings, name) != getattr(global_settings, name, None))


def _packages() -> list[str]:
    return sorted(f"{one.metadata['Name']} {one.version}" for one in metadata.distributions())


def _end_of(file: Path) -> str:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - MOST_LOG_BYTES))
        text = opened.read().decode("utf-8", "replace")
    # Not with half a line, whose other half may be what tells that it is a secret.
    return text if len(text) < MOST_LOG_BYTES else text.partition("\n")[2]


def _secrets(places: Places) -> Iterator[str]:
    from django.conf import settings

    with contextlib.suppress(OSError):
        yield places.secret_key.read_text(errors="replace").strip()
    yield str(settings.SECRET_KEY)
    yield from secrets_in({name: getattr(settings, name) for name in dir(settings) if name.isupper()})
    yield from environment_secrets()
