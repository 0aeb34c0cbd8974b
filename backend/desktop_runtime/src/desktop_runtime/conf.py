"""The project's `DESKTOP_RUNTIME` setting: every key, its default, and the check of what a project wrote.

This is the only place that knows the keys. A key that is not known is refused with the list of those that are, because
a misspelt key that is silently ignored would show up much later, on somebody else's computer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from . import tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

Command: TypeAlias = tuple[str, ...]

# One worker takes every queue. It looks twice a second, so that a task starts as soon as a person expects it to, and it
# never reloads itself: the launcher restarts it.
DATABASE_WORKER: Command = (
    *("db_worker", "--queue-name", "*", "--interval", "0.5", "--no-startup-delay", "--no-reload"),
    # By this name its tasks are found when it was killed.
    *("--worker-id", "desktop"),
)
INTERRUPTED = ("fail", "retry")


ACCOUNTS = ("project", "owner")


class RuntimeSettings(NamedTuple):
    """`DESKTOP_RUNTIME`, checked. The fields in capitals are the keys of the setting."""

    first_run_commands: tuple[Command, ...] = ()
    """Management commands for a brand-new database, after its first migration: `[["seed_demo_content"]]`."""

    every_start_commands: tuple[Command, ...] = ()
    """Management commands for each launch. They are paid for in start-up time; prefer `signals.runtime_starting`."""

    worker_command: tuple[Command, ...] = ()
    """The management command of the background worker, a list of commands for several workers, or None for no worker.

    Left out, it is a `DATABASE_WORKER` for each task backend that keeps its queue in the database."""

    interrupted_tasks: str = "fail"
    """What becomes of a task of such a queue that was running when the app was killed: it has failed (`fail`), or is
    run again (`retry`), three times at most."""

    start_path: str = "/"
    """The path of the first page; it becomes part of the `url` in the `ready` event."""

    try_first_page: bool = True
    """Ask for the first page once before the window opens, so that one that can't work is told in words."""

    backups_kept: int = 3
    """How many copies of the database, made before its migrations, stay in `backups/`."""

    threads: int = 6
    """Requests that are answered at the same time; the next one waits. Raise it for pages that stay open, such as
    streams and long polls: each takes one."""

    version: str = ""
    """The app's version, for the names of those copies."""

    account: str = "project"
    """`project`: accounts are the project's own matter. `owner`: there is one user, made on the first start, and the
    window is logged in as that user; see `accounts`."""

    backup_every: int = 24 * 60 * 60
    """Seconds between two copies of the databases that are made while the app runs; 0 for none."""

    seed_database: str = ""
    """A file of SQLite below the app's folder that a new installation begins with."""

    seed_media: str = ""
    """A folder below the app's folder whose files a new installation has as media."""


def load() -> RuntimeSettings:
    """Read `settings.DESKTOP_RUNTIME`; raise ImproperlyConfigured with the remedy when it can't be used."""
    return parse(getattr(settings, "DESKTOP_RUNTIME", {}), default_worker=_default_worker())


def parse(given: Mapping[str, Any], *, default_worker: tuple[Command, ...] = ()) -> RuntimeSettings:
    """Check a `DESKTOP_RUNTIME` dict. Keys are the field names of `RuntimeSettings` in capitals."""
    known = sorted(field.upper() for field in RuntimeSettings._fields)
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ImproperlyConfigured(
            f"DESKTOP_RUNTIME has no key {', '.join(map(repr, unknown))}. Its keys are: {', '.join(known)}."
        )
    values: dict[str, Any] = {"worker_command": default_worker}
    for key, value in given.items():
        values[key.lower()] = _checked(key, value)
    return RuntimeSettings(**values)


def _checked(key: str, value: object) -> object:
    match key:
        case "FIRST_RUN_COMMANDS" | "EVERY_START_COMMANDS":
            if isinstance(value, (list, tuple)):
                return tuple(_command(key, command) for command in value)
            raise _wrong(key, 'a list of commands, each a list of words: [["seed_demo_content"]]', value)
        case "WORKER_COMMAND":
            return () if value is None else _commands(key, value)
        case "INTERRUPTED_TASKS":
            if value in INTERRUPTED:
                return value
            raise _wrong(key, f"one of {', '.join(map(repr, INTERRUPTED))}", value)
        case "START_PATH":
            if isinstance(value, str) and value.startswith("/") and not value.startswith("//"):
                return value
            raise _wrong(key, 'a path on this site, like "/"', value)
        case "TRY_FIRST_PAGE":
            if isinstance(value, bool):
                return value
            raise _wrong(key, "True or False", value)
        case "BACKUPS_KEPT" | "THREADS":
            if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
                return value
            raise _wrong(key, "a whole number of at least 1", value)
        case "BACKUP_EVERY":
            if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                return value
            raise _wrong(key, "seconds, or 0 for never", value)
        case "ACCOUNT":
            if value in ACCOUNTS:
                return value
            raise _wrong(key, f"one of {', '.join(map(repr, ACCOUNTS))}", value)
        case _:
            if isinstance(value, str):
                return value
            raise _wrong(key, "a string", value)


def _commands(key: str, value: object) -> tuple[Command, ...]:
    """One command, or a list of them."""
    if isinstance(value, (list, tuple)) and value and all(isinstance(command, (list, tuple)) for command in value):
        return tuple(_command(key, command) for command in value)
    return (_command(key, value),)


def _command(key: str, value: object) -> Command:
    if isinstance(value, (list, tuple)) and value and all(isinstance(word, str) for word in value):
        return tuple(value)
    raise _wrong(key, 'a command as a list of words, like ["db_worker", "--interval", "1"]', value)


def _wrong(key: str, wanted: str, value: object) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"DESKTOP_RUNTIME[{key!r}] must be {wanted}; it is {value!r}.")


def queues() -> dict[str, str]:
    """The task backends by alias whose tasks wait for a worker."""
    given: Mapping[str, Mapping[str, Any]] = getattr(settings, "TASKS", {})
    backends = {alias: str(backend.get("BACKEND", "")) for alias, backend in given.items()}
    return {alias: name for alias, name in backends.items() if not name.endswith(("ImmediateBackend", "DummyBackend"))}


def _default_worker() -> tuple[Command, ...]:
    kept = [alias for alias, name in queues().items() if name.startswith(tasks.BACKENDS)]
    return tuple(
        DATABASE_WORKER if alias == "default" else (*DATABASE_WORKER[:-1], f"desktop-{alias}", "--backend", alias)
        for alias in kept
    )
