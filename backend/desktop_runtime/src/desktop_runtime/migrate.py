"""Brings the databases to the state that this version of the app expects, or leaves them exactly as they were.

A launch with nothing to apply must not pay for Django's migration loader, which imports every migration. So the names
of the migration files are compared with the names recorded in a database; only when they differ are they loaded.

While migrations run, a journal in the app-data folder says which copies have to go back. It is removed when the window
can open (`settle`); whoever finds one (`recover`, on the next start after a kill or a power cut) puts the copies back
first.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import pkgutil
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import connections, router

from . import database, databases, files
from .faults import LaunchError, Text, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from django.apps import AppConfig
    from django.db.migrations import Migration as LoadedMigration

    from .conf import RuntimeSettings
    from .database import Migration, Standing
    from .databases import Database
    from .paths import Places
    from .protocol import Phase

log = logging.getLogger(__name__)

# Verdicts of Django that are remembered: some for each database.
VERDICTS_KEPT = 16


class Change(NamedTuple):
    """One database that is about to be changed."""

    database: Path
    copy: Path | None
    """What goes back when the change does not end; None for a database that is made by it."""

    label: str


def is_needed(standing: Standing, places: Places, alias: str = "default") -> bool:
    """Whether there is something to apply. Raises LaunchError when the database comes from a newer version."""
    if standing.is_new:
        return True  # Also without any migration: Django makes tables for apps that have none.
    return _has_pending(standing, places, alias) or _lacks_tables(standing, alias)


def names_on_disk() -> set[Migration]:
    """The migrations of all installed apps by the names of their modules, without importing them."""
    return {
        (app.label, module.name)
        for app in apps.get_app_configs()
        for module in pkgutil.iter_modules(_migration_folders(app))
        if not module.ispkg and module.name[0] not in "_~"
    }


def run(
    found: Sequence[Database],
    standings: Mapping[str, Standing],
    aliases: Collection[str],
    places: Places,
    config: RuntimeSettings,
    report: Callable[[Phase], None],
    is_interrupted: Callable[[], bool],
) -> None:
    """Apply the migrations to some of the databases. The files of all are copied before, since a migration may write to
    any of them, and are as they were if this raises. `settle` has to follow when all that comes after has worked.

    `is_interrupted` is asked now and then while SQLite works on a statement; when it says so, the statement ends."""
    if not places.journal.exists():
        insure(found, standings, aliases, places, config, report)
    report("migrate")
    try:
        for alias in aliases:
            _migrate(alias, is_interrupted)
        for one in found:
            if one.file is not None:
                database.checkpoint(one.file)
    except BaseException as error:
        outcome = undo(places)
        if any(one.file is None and one.alias in aliases for one in found):
            outcome += " Part of the change may have been made in a database that is not a file."
        if isinstance(error, (Exception, SystemExit)):
            raise _failed(error, outcome) from error
        raise


def insure(
    found: Sequence[Database],
    standings: Mapping[str, Standing],
    aliases: Collection[str],
    places: Places,
    config: RuntimeSettings,
    report: Callable[[Phase], None],
) -> None:
    """Check and copy every file; until `settle`, `undo` and `recover` have everything as it is now.

    What `aliases` names and is not there yet is set aside then."""
    held = [one for one in found if one.file is not None and not standings[one.alias].is_new]
    if held:
        report("backup")
    for one in held:
        if one.file is not None:
            database.check(one.file, places.backups)
    changes: list[Change] = []
    try:
        for alias, file, label in found:
            if file is None:
                continue
            if not standings[alias].is_new:
                changes.append(Change(file, database.copy(file, places.backups, config.version, label), label))
                log.info("copied the database to %s", changes[-1].copy)
            elif alias in aliases:
                file.parent.mkdir(parents=True, exist_ok=True)
                changes.append(Change(file, None, label))
        _write_journal(places, changes)
    except BaseException:
        # A copy of what was never changed would push out one that counts.
        for change in changes:
            if change.copy is not None:
                change.copy.unlink(missing_ok=True)
        raise


def settle(found: Sequence[Database], places: Places, config: RuntimeSettings) -> None:
    """From here on the new state is the one to keep."""
    if not places.journal.exists():
        return
    files.remove(places.journal)
    for one in found:
        if one.file is not None:
            database.prune(one.file, places.backups, config.backups_kept, one.label)


def recover(places: Places) -> None:
    """Undo a change that did not end, if there is one. It can be interrupted at any point and repeated."""
    try:
        changes = [_read(places, entry) for entry in json.loads(places.journal.read_bytes())["changes"]]
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError):
        # It is written in one piece, so this is not of our making.
        log.exception("%s can't be read; it is ignored", places.journal)
        files.remove(places.journal)
        return
    if places.media_before.exists():
        from . import trial

        trial.set_media_aside(places)
    for change in changes:
        if change.copy is None:
            log.warning("the first migration of %s did not end: beginning anew", change.database)
            database.set_aside(change.database, places.backups, change.label)
        elif change.copy.exists():
            log.warning("a migration of %s did not end: putting %s back", change.database, change.copy)
            database.put_back(change.copy, change.database)
    files.remove(places.journal)
    files.remove(places.media_before)


def _migrate(alias: str, is_interrupted: Callable[[], bool]) -> None:
    from django.core.management import call_command

    try:
        databases.watch_for_interruption([alias], is_interrupted)
        call_command("migrate", database=alias, interactive=False, run_syncdb=True)
    finally:
        connections.close_all()


def undo(places: Places) -> str:
    """Put the copies back; return in a sentence what came of it."""
    try:
        connections.close_all()
        recover(places)
    except Exception:
        log.exception("the copies could not be put back")
        told = "The copies in {folder} could not be put back yet; the next start tries again."
        return Text(told, folder=places.backups)
    return "The data is as it was before."


def _failed(error: BaseException, outcome: str) -> LaunchError:
    return LaunchError(
        "The app's data could not be updated",
        "This version has to change the data, and that failed ({reason}). {outcome} "
        "Go on with the version that you had before, or send the log to whoever makes the app.",
        reason=reason(error),
        outcome=outcome,
    )


def _has_pending(standing: Standing, places: Places, alias: str) -> bool:
    on_disk = names_on_disk()
    labels = {app.label for app in apps.get_app_configs()}
    # A migration of an app that is no longer installed is of no interest: apps get removed.
    recorded = [migration for migration in standing.applied if migration[0] in labels]
    if on_disk == set(recorded):
        return False
    if not recorded:
        return True
    verdict = hashlib.sha256(json.dumps([alias, sorted(on_disk), recorded]).encode()).hexdigest()
    verdicts = places.checked.read_text().split() if places.checked.exists() else []
    if verdict in verdicts:
        return False
    if _ask_django(recorded, places):
        return True
    # Squashed migrations leave names behind that never match; remember the verdict on exactly these names.
    files.write_atomically(places.checked, "\n".join([*verdicts, verdict][-VERDICTS_KEPT:]).encode())
    return False


def _lacks_tables(standing: Standing, alias: str) -> bool:
    """Whether an app without migrations has come with an update: Django makes its tables whenever it migrates."""
    present = {name.lower() for name in standing.tables}
    return any(
        model._meta.db_table.strip('"').lower() not in present
        for app in apps.get_app_configs()
        if app.models_module is not None and not _migration_folders(app)
        for model in router.get_migratable_models(app, alias, include_auto_created=True)
        if model._meta.can_migrate(alias)
    )


def _ask_django(recorded: Sequence[Migration], places: Places) -> bool:
    """Load the migrations and find out what the difference in names means: is there one to apply?"""
    from .foreign import MigrationLoader

    # Without a connection: the database is not touched before it is known to be ours.
    loaded: Mapping[Migration, LoadedMigration] = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    _refuse_newer(recorded, set(loaded).union(*(migration.replaces for migration in loaded.values())), places)
    applied = set(recorded)

    def is_applied(migration: Migration) -> bool:
        replaced = loaded[migration].replaces if migration in loaded else ()
        return migration in applied or (bool(replaced) and all(map(is_applied, replaced)))

    return not all(map(is_applied, loaded))


def _refuse_newer(recorded: Sequence[Migration], known: Collection[Migration], places: Places) -> None:
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
                "The data was last used by a newer version of this app (it has the migration {migration}). "
                "Install that version or a later one. Nothing was changed.{copies}",
                migration=f"{label}.{name}",
                copies=database.told_of(places.backups),
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


def _write_journal(places: Places, changes: Iterable[Change]) -> None:
    def told(path: Path) -> str:
        # Below the app-data folder a path is relative: the folder may be moved.
        base = places.app_data.resolve()
        return str(path.relative_to(base) if path.is_relative_to(base) else path)

    entries = [
        {
            "database": told(change.database),
            "copy": told(change.copy.resolve()) if change.copy else None,
            "label": change.label,
        }
        for change in changes
    ]
    files.write_atomically(places.journal, json.dumps({"changes": entries}).encode())


def _read(places: Places, entry: Mapping[str, str]) -> Change:
    copied = places.app_data / entry["copy"] if entry["copy"] else None
    return Change(places.app_data / entry["database"], copied, entry["label"])
