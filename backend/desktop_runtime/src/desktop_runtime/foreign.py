"""What the runtime uses of waitress, Django and the task queues beyond what they document: it may move in any release.

Nobody else imports these names. Each is imported when it is first asked for, since a launch must not pay for what it
does not need: `from .foreign import HTTPChannel`. `tests/test_foreign.py` goes through the tables and says which
release of which package lost what.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

PLACES = {
    "wasyncore": "waitress.wasyncore",
    "Adjustments": "waitress.adjustments",
    "HTTPChannel": "waitress.channel",
    "TcpWSGIServer": "waitress.server",
    "WSGIHandler": "django.core.handlers.wsgi",
    "Atomic": "django.db.transaction",
    "BaseDatabaseWrapper": "django.db.backends.base.base",
    "MigrationLoader": "django.db.migrations.loader",
    "db_worker": "django_tasks_db.management.commands.db_worker",
}
"""Each name and its module; the name is the module itself where that ends with it."""

OLDER_PLACES = {"db_worker": "django_tasks.backends.database.management.commands.db_worker"}
"""Where older releases have it: up to django-tasks 0.11 the queue in the database is a part of that package."""

ATTRIBUTES = {
    "wasyncore": ("loop", "close_all", "dispatcher"),
    "HTTPChannel": ("handle_close", "last_activity", "request", "requests", "total_outbufs_len", "will_close"),
    "TcpWSGIServer": ("active_channels", "channel_class", "maintenance", "pull_trigger", "task_dispatcher"),
    "Atomic": ("_from_testcase",),
    "BaseDatabaseWrapper": ("close_if_unusable_or_obsolete",),
    "MigrationLoader": ("disk_migrations",),
    "db_worker": ("Command", "Worker"),
}
"""What is used of them."""


def __getattr__(name: str) -> Any:
    place = PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(place)
    except ModuleNotFoundError:
        if name not in OLDER_PLACES:
            raise
        place = OLDER_PLACES[name]
        module = import_module(place)
    value = module if place.endswith(f".{name}") else getattr(module, name)
    globals()[name] = value
    return value
