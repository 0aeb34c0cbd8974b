"""Rules for `DATABASES`: SQLite files below app data, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import django
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .draft import Draft

# By its name: to import an engine now would ask for the settings that are being made.
SQLITE = re.compile(r"(^|[._])(sqlite3?|spatialite)([._]|$)")
NO_ENGINE = ("", "django.db.backends.dummy")
SERVER_KEYS = ("HOST", "PORT", "USER", "PASSWORD", "OPTIONS", "DISABLE_SERVER_SIDE_CURSORS")
WAIT_SECS = 20
# The two options came with Django 5.1.
HAS_INIT_COMMAND = django.VERSION >= (5, 1)
INIT_COMMAND = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"


def sqlite_below_app_data(draft: Draft) -> None:
    """An SQLite database is a file below app data."""
    databases = draft.table("DATABASES")
    taken: dict[str, str] = {}
    for alias, entry in databases.items():
        # A default in memory is there for want of a server: what the person makes would be gone with the window.
        if is_sqlite(entry) and (alias == "default" or not in_memory(entry)):
            databases[alias] = _moved(alias, entry, draft.spec.data, taken)
    draft.set("DATABASES", databases)


def no_server_left_over(draft: Draft) -> None:
    """What belongs to another engine is left out where dds.toml makes a database an SQLite file."""
    databases, overlay = draft.table("DATABASES"), draft.spec.values.get("overlay", {}).get("DATABASES", {})
    for alias, entry in databases.items():
        before = draft.project.get("DATABASES", {}).get(alias, {})
        if is_sqlite(entry) and before and not is_sqlite(before):
            own = overlay.get(alias, {})
            databases[alias] = {key: value for key, value in entry.items() if key not in SERVER_KEYS or key in own}
    draft.set("DATABASES", databases)


def two_processes_can_write(draft: Draft) -> None:
    """The window and a background worker wait for each other and don't fail with "database is locked"."""
    databases = draft.table("DATABASES")
    for alias, entry in databases.items():
        if is_sqlite(entry) and not in_memory(entry):
            wanted: dict[str, Any] = {"timeout": WAIT_SECS}
            if HAS_INIT_COMMAND:
                wanted |= {"transaction_mode": "IMMEDIATE", "init_command": INIT_COMMAND}
            databases[alias] = {**entry, "OPTIONS": {**wanted, **entry.get("OPTIONS", {})}}
    draft.set("DATABASES", databases)


def refuse_others(draft: Draft) -> None:
    """Raise ImproperlyConfigured when a database is not an SQLite file; `overlay` has had its say by now."""
    for alias, entry in draft.table("DATABASES").items():
        engine = entry.get("ENGINE", "")
        if engine not in NO_ENGINE and not is_sqlite(entry):
            raise ImproperlyConfigured(
                f"The database {alias!r} uses {engine}, which needs a server, and a desktop program has none. "
                f"If the project works with SQLite, say so in dds.toml: [backend.overlay.DATABASES.{alias}] ENGINE = "
                '"django.db.backends.sqlite3".'
            )


def is_sqlite(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of `DATABASES` is SQLite, be it wrapped by another package."""
    return bool(SQLITE.search(entry.get("ENGINE", "")))


def in_memory(entry: Mapping[str, Any]) -> bool:
    """Whether its content is gone with the process, on purpose."""
    name = str(entry.get("NAME") or "")
    return ":memory:" in name or (name.startswith("file:") and "mode=memory" in name)


def _moved(alias: str, entry: Mapping[str, Any], data: Path, taken: dict[str, str]) -> dict[str, Any]:
    given = "" if in_memory(entry) else entry.get("NAME") or ""
    plain = re.sub(r"^file:/{0,2}|\?.*$", "", str(given)) if str(given).startswith("file:") else str(given)
    if plain == str(given) and plain and _is_below(Path(plain), data):
        taken.setdefault(plain, str(given))
        return dict(entry)
    # Two aliases that share a file go on sharing it; two files of one name in different folders don't become one.
    target = next((name for name, source in taken.items() if source == str(given) and plain), None)
    if target is None:
        name = re.split(r"[/\\]", plain)[-1] or ("app.sqlite3" if alias == "default" else f"{alias}.sqlite3")
        target = str(data / (name if str(data / name) not in taken else f"{alias}-{name}"))
        taken[target] = str(given)
    return {**entry, "NAME": Path(target) if isinstance(given, PurePath) else target}


def _is_below(path: Path, folder: Path) -> bool:
    return path.is_absolute() and ".." not in path.parts and path.is_relative_to(folder) and path != folder


# The engine first, so that what it leaves out isn't taken for the project's options.
RULES = (no_server_left_over, sqlite_below_app_data, two_processes_can_write)
