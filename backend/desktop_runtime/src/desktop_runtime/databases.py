"""The project's databases as its settings have them: every alias, and the file behind it where there is one.

The backend's vendor decides what is SQLite and not the dotted name of its engine, which may be somebody's wrapper.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import DatabaseError, connections, router

from . import database, files, paths
from .database import Standing
from .faults import LaunchError, reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .paths import Places

NO_ENGINES = ("", "django.db.backends.dummy")


class Database(NamedTuple):
    """One of the project's databases."""

    alias: str
    file: Path | None
    """None when it is not SQLite, or in memory."""

    label: str
    """Heads the names of its copies."""


def listed() -> list[Database]:
    """The project's databases, in the order of the settings; two aliases of one file are one. Needs no set-up."""
    found: list[Database] = []
    for alias, given in settings.DATABASES.items():
        if given.get("ENGINE", "") in NO_ENGINES:
            continue
        file = _file(alias, str(given.get("NAME") or ""))
        if file is not None and file in (other.file for other in found):
            continue
        stem = file.stem if file is not None else alias
        label = f"{stem}-{alias}" if stem in (other.label for other in found) else stem
        found.append(Database(alias, file, label))
    return found


def check_places(found: Iterable[Database], places: Places) -> None:
    """Refuse a file that an update would take away or that can't be written, and close the others to strangers."""
    program, data = places.bundle.resolve(), places.app_data.resolve()
    # No update replaces the sources, and `startproject` has its database among them.
    is_updated = paths.variable(paths.RUNTIME_MODE) != "development"
    for alias, file, _label in found:
        if file is None:
            continue
        if is_updated and file.is_relative_to(program) and not file.is_relative_to(data):
            raise LaunchError(
                "The app's data would be lost",
                f"The database {alias} is {file}, inside the program's own folder, which an update replaces. Its "
                f"NAME in the settings has to be below the folder that {paths.APP_DATA_DIR} names.",
            )
        database.make_private(file)
        if file.exists() and not os.access(file, os.W_OK):
            raise LaunchError(
                "The app's data can't be written", "{file} is read-only. Make it writable, start again.", file=file
            )
        if file.parent.is_dir() and file.parent != data:
            files.probe(file.parent)


def look(found: Iterable[Database], places: Places) -> dict[str, Standing]:
    """What the files hold, by alias. To be called before Django is set up: an app's ready() may create a file."""
    return {one.alias: database.look(one.file, places.backups) for one in found if one.file is not None}


def look_elsewhere(found: Iterable[Database]) -> dict[str, Standing]:
    """What the databases hold that are not files, by alias, asked of themselves."""
    return {one.alias: _standing(one.alias) for one in found if one.file is None}


def is_migrated(alias: str) -> bool:
    """Whether this project makes tables there: its routers may have left a database to somebody else."""
    from django.apps import apps

    if alias == "default":
        return True
    return any(router.allow_migrate_model(alias, model) for model in apps.get_models())


def close() -> None:
    """Close this thread's connections, and fold the write-ahead logs into their files."""
    connections.close_all()
    failed: list[Exception] = []
    for one in listed():
        try:
            if one.file is not None:
                database.checkpoint(one.file)
        except Exception as error:  # noqa: BLE001 - the other ones come first
            failed.append(error)
    if failed:
        raise failed[0]


def _file(alias: str, name: str) -> Path | None:
    try:
        vendor = connections[alias].vendor
    except Exception as error:
        raise LaunchError("The app's database can't be used", f"The database {alias}: {reason(error)}.") from error
    if vendor != "sqlite" or not name or ":memory:" in name or "mode=memory" in name:
        return None
    # Resolved, so that a link to a file elsewhere stays a link when a copy is put back.
    return (_from_address(name) if name.startswith("file:") else Path(name)).resolve()


def _from_address(name: str) -> Path:
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return Path(url2pathname(urlsplit(name).path))


def _standing(alias: str) -> Standing:
    connection = connections[alias]
    try:
        with connection.cursor() as cursor:
            tables = frozenset(connection.introspection.table_names(cursor))
            if "django_migrations" not in tables:
                return Standing(is_new=not tables, tables=tables)
            cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
            return Standing(is_new=False, applied=tuple(cursor.fetchall()), tables=tables)
    except DatabaseError as error:
        raise LaunchError("The database can't be reached", f"The database {alias}: {reason(error)}.") from error


def watch_for_interruption(aliases: Iterable[str], handler: object) -> None:
    """Have SQLite ask `handler` in the course of a long statement, whether it shall end."""
    for alias in aliases:
        connection = connections[alias]
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            connection.connection.set_progress_handler(handler, database.STEPS_BETWEEN_LOOKS)
