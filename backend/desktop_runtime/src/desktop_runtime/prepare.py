"""From an app-data folder to a Django project that can be served: settings, database, first run, apps.

It knows nothing about signals, standard streams or how the app is served, so that another program (a window toolkit
that runs Django in its own process) can use it as the launcher does.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from . import files, paths
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
    from . import database, migrate

    file = migrate.sqlite_file()
    migrate.recover(places)
    if places.restore.exists():
        from . import restore

        restore.apply(places)
    if file is not None:
        database.make_private(file)
    # Looked at before Django is set up: an app's ready() may already open the database and so create the file.
    standing = database.look(file) if file else None
    config = _set_up()
    if migrate.has_database():
        standing = standing or migrate.standing_elsewhere()
        if standing.is_new:
            # Before the database exists, so that a first run that is killed half-way is completed by the next start.
            files.write_atomically(places.first_run, b"")
        if migrate.is_needed(standing, places):
            migrate.run(file, standing, places, config, report, is_interrupted)
    if places.first_run.exists():
        if config.first_run_commands:
            report("seed")
        _run_commands(config.first_run_commands, "The first start of the app could not be completed")
        if config.account == "owner":
            from . import accounts

            accounts.owner()
        files.remove(places.first_run)
    if config.account == "owner":
        from . import accounts

        accounts.install()
    _run_commands(config.every_start_commands, "The app could not be started")
    _announce_start()
    return config


def close_database() -> None:
    """Close this thread's connections and fold SQLite's write-ahead log into the file, if Django is set up at all."""
    from django.apps import apps

    if not apps.ready:
        return
    from django.db import connections

    from . import database, migrate

    connections.close_all()
    if file := migrate.sqlite_file():
        database.checkpoint(file)


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
