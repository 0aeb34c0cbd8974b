"""Brings the database to the state that this version of the app expects, or leaves it exactly as it was.

A launch with nothing to apply must not pay for Django's migration loader, which imports every migration. So the names
of the migration files are compared with the names recorded in the database; only when they differ are they loaded.

While migrations run, a journal beside the database says which copy has to go back. It is removed when they are done;
whoever finds one (`recover`, on the next start after a kill or a power cut) puts the copy back first.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import pkgutil
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, connections

from . import database, files
from .database import Migration, Standing
from .faults import LaunchError, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from django.apps import AppConfig
    from django.db.migrations import Migration as LoadedMigration

    from .conf import RuntimeSettings
    from .paths import Places
    from .protocol import Phase

log = logging.getLogger(__name__)

NO_ENGINES = ("", "django.db.backends.dummy")
SQLITE_ENGINES = ("django.db.backends.sqlite3", "django.contrib.gis.db.backends.spatialite")


def has_database() -> bool:
    """Whether the project has a default database at all."""
    return settings.DATABASES.get("default", {}).get("ENGINE", "") not in NO_ENGINES


def sqlite_file() -> Path | None:
    """The file of the project's default database; None when it is in memory or not SQLite."""
    default = settings.DATABASES.get("default", {})
    name = str(default.get("NAME") or "")
    if default.get("ENGINE") not in SQLITE_ENGINES or not name or name == ":memory:" or name.startswith("file:"):
        return None
    # Resolved, so that a link to a file elsewhere stays a link when a copy is put back.
    return Path(name).resolve()


def standing_elsewhere() -> Standing:
    """What a database other than an SQLite file holds, asked of the database itself."""
    try:
        with connection.cursor() as cursor:
            tables = connection.introspection.table_names(cursor)
            if "django_migrations" not in tables:
                return Standing(is_new=not tables)
            cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
            return Standing(is_new=False, applied=tuple(cursor.fetchall()))
    except DatabaseError as error:
        raise LaunchError("The database can't be reached", f"{reason(error)}.") from error


def is_needed(standing: Standing, places: Places) -> bool:
    """Whether there is a migration to apply. Raises LaunchError when the database comes from a newer version."""
    if standing.is_new:
        return True  # Also without any migration: Django makes tables for apps that have none.
    on_disk = names_on_disk()
    labels = {app.label for app in apps.get_app_configs()}
    # A migration of an app that is no longer installed is of no interest: apps get removed.
    recorded = [migration for migration in standing.applied if migration[0] in labels]
    if on_disk == set(recorded):
        return False
    if not recorded:
        return True
    digest = hashlib.sha256(json.dumps([sorted(on_disk), recorded]).encode()).hexdigest()
    if places.checked.exists() and places.checked.read_bytes() == digest.encode():
        return False
    if _ask_django(recorded):
        return True
    # Squashed migrations leave names behind that never match; remember the verdict on exactly these names.
    files.write_atomically(places.checked, digest.encode())
    return False


def names_on_disk() -> set[Migration]:
    """The migrations of all installed apps by the names of their modules, without importing them."""
    return {
        (app.label, module.name)
        for app in apps.get_app_configs()
        for module in pkgutil.iter_modules(_migration_folders(app))
        if not module.ispkg and module.name[0] not in "_~"
    }


def run(
    file: Path | None,
    standing: Standing,
    places: Places,
    config: RuntimeSettings,
    report: Callable[[Phase], None],
    is_interrupted: Callable[[], bool],
) -> None:
    """Apply the migrations. An SQLite file is copied before, and is as it was if this raises.

    `is_interrupted` is asked now and then while SQLite works on a statement; when it says so, the statement ends."""
    if file is None:
        report("migrate")
        try:
            _migrate(is_interrupted)
        except (Exception, SystemExit) as error:
            raise _failed(error, "Part of the change may have been made.") from error
        return
    copied = None
    if standing.is_new:
        file.parent.mkdir(parents=True, exist_ok=True)
    else:
        report("backup")
        database.check(file)
        copied = database.copy(file, places.backups, config.version)
        log.info("copied the database to %s", copied)
    _write_journal(places, file, copied)
    report("migrate")
    try:
        _migrate(is_interrupted)
        database.checkpoint(file)
    except BaseException as error:
        outcome = _undo(places, copied)
        if isinstance(error, (Exception, SystemExit)):
            raise _failed(error, outcome) from error
        raise
    # From here on the new state is the one to keep.
    files.remove(places.journal)
    database.prune(file, places.backups, config.backups_kept)


def recover(places: Places) -> None:
    """Undo a migration that did not end, if there is one. It can be interrupted at any point and repeated."""
    try:
        entry = json.loads(places.journal.read_bytes())
        file = places.app_data / entry["database"]
        copied = places.app_data / entry["copy"] if entry["copy"] else None
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError):
        # It is written in one piece, so this is not of our making.
        log.exception("%s can't be read; it is ignored", places.journal)
        files.remove(places.journal)
        return
    if copied is None:
        log.warning("the first migration of %s did not end: beginning anew", file)
        database.set_aside(file, places.backups)
    elif copied.exists():
        log.warning("a migration of %s did not end: putting %s back", file, copied)
        database.put_back(copied, file)
    files.remove(places.journal)


def _migrate(is_interrupted: Callable[[], bool]) -> None:
    from django.core.management import call_command

    try:
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            connection.connection.set_progress_handler(is_interrupted, database.STEPS_BETWEEN_LOOKS)
        call_command("migrate", interactive=False, run_syncdb=True)
    finally:
        connection.close()


def _undo(places: Places, copied: Path | None) -> str:
    """Put the copy back; return in a sentence what came of it."""
    try:
        connections.close_all()
        recover(places)
    except Exception:
        log.exception("the copy could not be put back")
        return f"The copy {copied} could not be put back yet; the next start tries again."
    return "The data is as it was before."


def _failed(error: BaseException, outcome: str) -> LaunchError:
    return LaunchError(
        "The app's data could not be updated",
        f"This version has to change the data, and that failed ({reason(error)}). {outcome}",
    )


def _ask_django(recorded: Sequence[Migration]) -> bool:
    """Load the migrations and find out what the difference in names means: is there one to apply?"""
    from .foreign import MigrationLoader

    # Without a connection: the database is not touched before it is known to be ours.
    loaded: Mapping[Migration, LoadedMigration] = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    _refuse_newer(recorded, known=set(loaded).union(*(migration.replaces for migration in loaded.values())))
    applied = set(recorded)

    def is_applied(migration: Migration) -> bool:
        replaced = loaded[migration].replaces if migration in loaded else ()
        return migration in applied or (bool(replaced) and all(map(is_applied, replaced)))

    return not all(map(is_applied, loaded))


def _refuse_newer(recorded: Sequence[Migration], known: Collection[Migration]) -> None:
    """Refuse a database that holds migrations from the future.

    An unknown migration that was applied before a known one of the same app is from the past: it was squashed and its
    file deleted. One that was applied after all known ones comes from a newer version."""
    current: set[str] = set()
    for label, name in reversed(recorded):
        if (label, name) in known:
            current.add(label)
        elif label not in current:
            raise LaunchError(
                "The app's data was made by a newer version",
                f"The data was last used by a newer version of this app (it has the migration {label}.{name}). "
                "Install that version or a later one. Nothing was changed.",
            )


def _migration_folders(app: AppConfig) -> Sequence[str]:
    if app.label in settings.MIGRATION_MODULES:
        module = settings.MIGRATION_MODULES[app.label]
        spec = importlib.util.find_spec(module) if module else None
    else:
        spec = PathFinder.find_spec("migrations", [app.path])
    # Like Django: a folder without an __init__ is not a package of migrations.
    if spec is None or spec.loader is None or spec.origin is None:
        return []
    return list(spec.submodule_search_locations or [])


def _write_journal(places: Places, file: Path, copied: Path | None) -> None:
    def told(path: Path) -> str:
        # Below the app-data folder a path is relative: the folder may be moved.
        base = places.app_data.resolve()
        return str(path.relative_to(base) if path.is_relative_to(base) else path)

    entry = {"database": told(file), "copy": told(copied.resolve()) if copied else None}
    files.write_atomically(places.journal, json.dumps(entry).encode())
