"""From an app-data folder to a Django project that can be served: settings, database, first run, apps.

It knows nothing about signals, standard streams or how the app is served, so that another program (a window toolkit
that runs Django in its own process) can use it as the launcher does.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from . import files, paths, tasks
from .faults import LaunchError, reason
from .secret import secret_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conf import Command, RuntimeSettings
    from .paths import Places
    from .protocol import Phase

log = logging.getLogger(__name__)


def environment(places: Places, host: str, port: int) -> None:
    """Set what the settings may read: the address that is already bound, and the secret key."""
    os.environ[paths.HOST] = host
    os.environ[paths.PORT] = str(port)
    if paths.variable(paths.SECRET_KEY) is None:
        try:
            os.environ[paths.SECRET_KEY] = secret_key(places.secret_key)
        except OSError as error:
            raise LaunchError("The secret key can't be kept", f"{reason(error)}.") from error


def project(
    places: Places,
    report: Callable[[Phase], None] = lambda _phase: None,
    is_interrupted: Callable[[], bool] = lambda: False,
) -> RuntimeSettings:
    """Set Django up, bring its database up to date, run what belongs to a first run and to every start.

    Raises LaunchError with the reason when the project can't be served; the database is then as it was."""
    load_settings()
    from . import databases, migrate

    found = databases.listed()
    migrate.recover(places)
    databases.check_places(found, places)
    # Looked at before Django is set up: an app's ready() may already open a database and so create the file.
    standings = databases.look(found, places)
    config = _set_up()
    if found:
        standings |= databases.look_elsewhere(found)
        if standings[found[0].alias].is_new:
            # Before the database exists, so that a first run that is killed half-way is completed by the next start.
            files.write_atomically(places.first_run, b"")
        migrated = [one.alias for one in found if databases.is_migrated(one.alias)]
        aliases = [alias for alias in migrated if migrate.is_needed(standings[alias], places, alias)]
        if aliases:
            migrate.run(found, standings, aliases, places, config, report, is_interrupted)
    if places.first_run.exists():
        if config.first_run_commands:
            report("seed")
        _run_commands(config.first_run_commands, "The first start of the app could not be completed")
        files.remove(places.first_run)
    tasks.settle(config.interrupted_tasks)
    _run_commands(config.every_start_commands, "The app could not be started")
    _announce_start()
    return config


def close_database() -> None:
    """Close this thread's connections and fold SQLite's write-ahead logs into the files, if Django is set up at all."""
    from django.apps import apps

    if not apps.ready:
        return
    from . import databases

    databases.close()


def load_settings() -> None:
    """Import the settings, which may change the process's environment; Django itself sets `TZ`."""
    if paths.variable(paths.SETTINGS_MODULE) is None:
        raise LaunchError(
            "The app's settings can't be loaded", f"The environment variable {paths.SETTINGS_MODULE} is not set."
        )
    from django.conf import settings

    try:
        _ = settings.INSTALLED_APPS
    except (Exception, SystemExit) as error:
        raise LaunchError("The app's settings can't be loaded", f"{reason(error)}.") from error


def _set_up() -> RuntimeSettings:
    import django

    from . import conf

    try:
        django.setup()
        return conf.load()
    except (Exception, SystemExit) as error:
        raise LaunchError("The app could not be loaded", f"{reason(error)}.") from error


def _run_commands(commands: tuple[Command, ...], title: str) -> None:
    if not commands:
        return
    from django.core.management import call_command

    for command in commands:
        log.info("running %s", " ".join(command))
        try:
            call_command(*command)
        except (Exception, SystemExit) as error:
            if isinstance(error, SystemExit) and not error.code:
                continue
            raise LaunchError(title, f"The command {command[0]} failed ({reason(error)}).") from error


def _announce_start() -> None:
    from django.db import connections

    from .signals import runtime_starting

    # "robust": Django logs what a receiver raises. A clean-up that fails must not keep the app from starting.
    runtime_starting.send_robust(sender=None)
    connections.close_all()
