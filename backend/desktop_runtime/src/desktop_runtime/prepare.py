"""From an app-data folder to a Django project that can be served: settings, database, first run, apps.

It knows nothing about signals, standard streams or how the app is served, so that another program (a window toolkit
that runs Django in its own process) can use it as the launcher does.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from . import files, paths, tasks
from .faults import LaunchError, Text, reason
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
    from . import databases, migrate, seed, trial

    found = databases.listed()
    migrate.recover(places)
    if places.restore.exists():
        from . import restore

        restore.apply(places)
    databases.check_places(found, places)
    config = _configured()
    # Looked at before Django is set up: an app's ready() may already open a database and so create the file.
    if found and seed.plant(found[0], places, config):
        report("seed")
    standings = databases.look(found, places)
    if trial.is_due(places, config, standings):
        trial.note_media(places)
        migrate.insure(found, standings, standings, places, config, report)
    _set_up()
    if found:
        standings |= databases.look_elsewhere(found)
        if standings[found[0].alias].is_new:
            # Before the database exists, so that a first run that is killed half-way is completed by the next start.
            files.write_atomically(places.first_run, b"")
        migrated = [one.alias for one in found if databases.is_migrated(one.alias)]
        aliases = [alias for alias in migrated if migrate.is_needed(standings[alias], places, alias)]
        if aliases:
            migrate.run(found, standings, aliases, places, config, report, is_interrupted)
        if standings[found[0].alias].is_new:
            # There is nothing to go back to; what the first run has made so far is gone on with.
            migrate.settle(found, places, config)
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
    tasks.settle(config.interrupted_tasks)
    _run_commands(config.every_start_commands, "The app could not be started")
    _announce_start()
    return config


def passed(places: Places, config: RuntimeSettings) -> None:
    """The window can open: from here on the new state is the one to keep."""
    from . import databases, migrate, trial

    migrate.settle(databases.listed(), places, config)
    trial.passed(places, config)


def give_back(places: Places) -> str:
    """After a start that failed: have everything as it was before it; return in a sentence what came of it."""
    if not places.journal.exists():
        return ""
    from . import migrate

    return Text(" {undone}", undone=migrate.undo(places))


def advice(places: Places) -> str:
    """The version to go back to, for a message about a start that failed."""
    from . import trial

    try:
        config = _configured()
    except LaunchError:
        config = None
    return trial.advice(places, config)


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
            "The app's settings can't be loaded",
            f"The environment variable {paths.SETTINGS_MODULE} is not set. Set it to the module of the project's "
            "settings, such as mysite.settings.",
        )
    from django.conf import settings

    try:
        _ = settings.INSTALLED_APPS
    except (Exception, SystemExit) as error:
        raise LaunchError("The app's settings can't be loaded", f"{reason(error)}.") from error


def _configured() -> RuntimeSettings:
    try:
        from . import conf

        return conf.load()
    except (Exception, SystemExit) as error:
        raise LaunchError("The app could not be loaded", f"{reason(error)}.") from error


def _set_up() -> None:
    import django

    try:
        django.setup()
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
