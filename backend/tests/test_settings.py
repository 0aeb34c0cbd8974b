"""Settings are read in a fresh process, because a process reads them only once."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.packaged import BACKEND, Environment, RunPython

type Read = Callable[..., dict[str, Any]]

READ = """
import importlib, json, sys
settings = importlib.import_module(sys.argv[1])
print(json.dumps({name: getattr(settings, name) for name in dir(settings) if name.isupper()}, default=str))
"""

PACKAGED = "desktop_django_starter.settings.packaged"
LOCAL = "desktop_django_starter.settings.local"


@pytest.fixture
def read(run_python: RunPython) -> Read:
    """Import a settings module with changes to the environment, and return its settings."""

    def read(module: str, **changes: str) -> dict[str, Any]:
        return json.loads(run_python("-c", READ, module, **changes).stdout)

    return read


def test_packaged_settings_are_the_agreed_ones(read: Read, packaged_environment: Environment) -> None:
    settings = read(PACKAGED)
    data = Path(packaged_environment["DESKTOP_DJANGO_APP_DATA_DIR"])
    bundle = Path(packaged_environment["DESKTOP_DJANGO_BUNDLE_DIR"])
    database = settings["DATABASES"]["default"]
    assert settings["DEBUG"] is False
    assert settings["SECRET_KEY"] == packaged_environment["DJANGO_SECRET_KEY"]
    assert settings["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert settings["STATIC_ROOT"] == str(bundle / "staticfiles")
    assert settings["TASKS"]["default"]["BACKEND"] == "django_tasks_db.DatabaseBackend"
    assert (database["ENGINE"], database["NAME"]) == ("django.db.backends.sqlite3", str(data / "app.sqlite3"))
    assert database["OPTIONS"] == {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-20000; PRAGMA mmap_size=134217728;"
        ),
    }


def test_the_token_check_comes_before_anything_that_answers(read: Read) -> None:
    for module in (PACKAGED, LOCAL):
        assert read(module)["MIDDLEWARE"][0] == "desktop_django_starter.middleware.DesktopAuthMiddleware"


@pytest.mark.parametrize("name", ["DJANGO_SECRET_KEY", "DESKTOP_DJANGO_APP_DATA_DIR", "DESKTOP_DJANGO_BUNDLE_DIR"])
def test_packaged_settings_name_what_is_missing(run_python: RunPython, name: str) -> None:
    # An empty value counts as unset.
    failed = run_python("-c", READ, PACKAGED, check=False, **{name: ""})
    assert failed.returncode != 0
    assert f"ImproperlyConfigured: The environment variable {name} is not set" in failed.stderr


def test_local_settings_need_nothing(read: Read) -> None:
    settings = read(LOCAL, DJANGO_SECRET_KEY="", DESKTOP_DJANGO_APP_DATA_DIR="")
    assert settings["DEBUG"] is True
    assert settings["SECRET_KEY"]
    assert settings["DATABASES"]["default"]["NAME"] == str(BACKEND / "db.sqlite3")
    assert settings["TASKS"]["default"]["BACKEND"] == "django_tasks_db.DatabaseBackend"


def test_local_settings_take_the_folder_of_a_shell(read: Read, tmp_path: Path) -> None:
    settings = read(LOCAL, DESKTOP_DJANGO_APP_DATA_DIR=str(tmp_path))
    assert settings["DATABASES"]["default"]["NAME"] == str(tmp_path / "db.sqlite3")


def test_the_database_is_opened_as_configured(run_python: RunPython) -> None:
    code = """
import django; django.setup()
from django.db import connection
ask = lambda name: connection.cursor().execute(f"PRAGMA {name}").fetchone()[0]
print(*map(ask, ("journal_mode", "synchronous", "cache_size", "mmap_size")))
"""
    assert run_python("-c", code).stdout == "wal 1 -20000 134217728\n"


@pytest.mark.parametrize("module", [PACKAGED, LOCAL])
def test_checks_and_migrations_are_in_order(run_python: RunPython, module: str) -> None:
    run_python("-m", "django", "check", "--fail-level", "WARNING", DJANGO_SETTINGS_MODULE=module)
    run_python("-m", "django", "makemigrations", "--check", "--dry-run", DJANGO_SETTINGS_MODULE=module)


@pytest.mark.parametrize("name", ["wsgi", "asgi"])
def test_servers_find_the_app(run_python: RunPython, name: str) -> None:
    bundle = "import os, pathlib; (pathlib.Path(os.environ['DESKTOP_DJANGO_BUNDLE_DIR']) / 'staticfiles').mkdir()"
    run_python("-W", "error", "-c", f"{bundle}; from desktop_django_starter.{name} import application")


SET_UP = """
import sys
if sys.argv[1:]:
    import django_stubs_ext
import django; django.setup()
from django.tasks import Task, task_backends
print(type(task_backends["default"]).__name__, Task["P", "T"] is Task, "django.contrib.admin" in sys.modules)
"""


def test_the_version_is_that_of_the_project(read: Read) -> None:
    project = tomllib.loads((BACKEND / "pyproject.toml").read_text())["project"]
    assert read(PACKAGED)["DESKTOP_RUNTIME"]["VERSION"] == project["version"]


def test_the_shipped_app_does_not_load_what_only_type_checkers_need(run_python: RunPython) -> None:
    assert run_python("-c", SET_UP).stdout == "DatabaseBackend True False\n"
    # Whoever needs the real package imports it first and keeps it.
    assert run_python("-c", SET_UP, "real").stdout == "DatabaseBackend True True\n"
    assert run_python("-c", SET_UP, DJANGO_SETTINGS_MODULE=LOCAL).stdout == "DatabaseBackend True True\n"
