"""The DESKTOP_RUNTIME setting: defaults, every key, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from desktop_runtime import conf

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper


def test_everything_can_be_left_out() -> None:
    assert conf.parse({}) == conf.RuntimeSettings()


def test_every_key_can_be_given() -> None:
    given = conf.parse(
        {
            "FIRST_RUN_COMMANDS": [["loaddata", "ponies"]],
            "EVERY_START_COMMANDS": (("clearsessions",),),
            "WORKER_COMMAND": ["qcluster"],
            "INTERRUPTED_TASKS": "retry",
            "START_PATH": "/stable/",
            "TRY_FIRST_PAGE": False,
            "BACKUPS_KEPT": 5,
            "THREADS": 2,
            "VERSION": "1.0",
        }
    )
    assert given == conf.RuntimeSettings(
        (("loaddata", "ponies"),), (("clearsessions",),), (("qcluster",),), "retry", "/stable/", False, 5, 2, "1.0"
    )


def test_an_unknown_key_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"no key 'THREDS'.*BACKUPS_KEPT, .*THREADS"):
        conf.parse({"THREDS": 4})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("FIRST_RUN_COMMANDS", "seed"),
        ("FIRST_RUN_COMMANDS", ["seed"]),
        ("FIRST_RUN_COMMANDS", [[]]),
        ("EVERY_START_COMMANDS", [["seed", 1]]),
        ("WORKER_COMMAND", "db_worker"),
        ("WORKER_COMMAND", []),
        ("WORKER_COMMAND", [["db_worker"], "qcluster"]),
        ("WORKER_COMMAND", [["db_worker"], []]),
        ("INTERRUPTED_TASKS", "again"),
        ("START_PATH", "stable/"),
        ("START_PATH", "//example.org/"),
        ("TRY_FIRST_PAGE", 1),
        ("BACKUPS_KEPT", 0),
        ("BACKUPS_KEPT", True),
        ("THREADS", "4"),
        ("VERSION", 1.0),
    ],
)
def test_a_wrong_value_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=key):
        conf.parse({key: value})


@pytest.mark.parametrize(
    ("tasks", "worker"),
    [
        ({"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}, (conf.DATABASE_WORKER,)),
        ({"default": {"BACKEND": "django_tasks.backends.database.DatabaseBackend"}}, (conf.DATABASE_WORKER,)),
        (
            {"mails": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
            ((*conf.DATABASE_WORKER[:-1], "desktop-mails", "--backend", "mails"),),
        ),
        ({"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}, ()),
        ({}, ()),
    ],
)
def test_the_worker_follows_the_task_backend(
    settings: SettingsWrapper, tasks: dict[str, Any], worker: tuple[conf.Command, ...]
) -> None:
    settings.TASKS = tasks
    settings.DESKTOP_RUNTIME = {}
    assert conf.load().worker_command == worker
    settings.DESKTOP_RUNTIME = {"WORKER_COMMAND": None}
    assert conf.load().worker_command == ()
    settings.DESKTOP_RUNTIME = {"WORKER_COMMAND": [["db_worker"], ["qcluster", "--fast"]]}
    assert conf.load().worker_command == (("db_worker",), ("qcluster", "--fast"))
