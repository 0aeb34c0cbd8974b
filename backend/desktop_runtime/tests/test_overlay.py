"""The overlay as the settings module of a project that was written for a server, started by the launcher."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from launch import Installation

# Everything that keeps a project from running on somebody's computer, and a key in the repository.
SERVER = """
import os
from pathlib import Path
from django.urls import reverse_lazy
BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = "committed-key-committed-key-committed-key-committed"
DEBUG = False
ALLOWED_HOSTS = ["shop.example.org"]
ROOT_URLCONF = "server_urls"
LOGIN_URL = reverse_lazy("first")  # An address is looked up where it is needed, not while settings are made.
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.staticfiles", "notes"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": ["server_templates"]}]
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://:pw12345@cache"}}
DATABASES = {
    "default": {"ENGINE": os.environ["DB_ENGINE"], "NAME": "shop", "HOST": "db", "PASSWORD": "hidden-password"},
    "stock": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "stock.sqlite3"},
}
STATIC_URL = "https://cdn.example.org/"
LOGGING = {
    "version": 1,
    "handlers": {"file": {"class": "logging.FileHandler", "filename": "/nonexistent/shop.log"}},
    "loggers": {"django.request": {"handlers": ["file"], "propagate": False}},
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
"""
URLS = """
from django.core.cache import cache
from django.core.mail import send_mail
from django.http import JsonResponse
from django.shortcuts import render
from django.urls import path
from django.conf import settings
import server

def first(request):
    request.session["visits"] = request.session.get("visits", 0) + 1
    cache.set("seen", "yes")
    send_mail("hello", "text", "a@example.org", ["b@example.org"])
    return render(request, "first.html", {"seen": cache.get("seen")})

def facts(request):
    return JsonResponse({
        "key": settings.SECRET_KEY == server.SECRET_KEY != "committed-key",
        "names": {alias: str(entry["NAME"]) for alias, entry in settings.DATABASES.items()},
        "greeting": settings.GREETING, "last": settings.LAST, "runtime": settings.DESKTOP_RUNTIME,
    })

def broken(request):
    raise RuntimeError("a view is broken")

urlpatterns = [path("", first), path("facts/", facts), path("broken/", broken)]
"""
SQLITE = "django.db.backends.sqlite3"


@pytest.fixture
def adopted(installation: Installation) -> Installation:
    """The server's project with an overlay."""
    project = installation.project
    (project / "server.py").write_text(SERVER)
    (project / "server_urls.py").write_text(URLS)
    (project / "server_templates").mkdir()
    (project / "server_templates" / "first.html").write_text("first page, seen: {{ seen }}")
    (project / "desktop_settings.py").write_text("LAST = GREETING + ' and last'\n")
    (project / "staticfiles").mkdir()
    (project / "staticfiles" / "shop.css").write_text("h1 {}")
    installation.environment |= {
        "DJANGO_SETTINGS_MODULE": "desktop_runtime.overlay",
        "DESKTOP_DJANGO_BUNDLE_DIR": str(project),
        "DB_ENGINE": "meant for something else",
    }
    write_overlay(installation)
    return installation


def write_overlay(installation: Installation, **changes: Any) -> None:
    """What staging writes beside the manifest."""
    content: dict[str, Any] = {
        "schemaVersion": 1,
        "settings-module": "server",
        "env": {"DB_ENGINE": SQLITE},
        "overlay": {"GREETING": "from {data}"},
        "settings-file": "desktop_settings.py",
        "first-run": ["seed_notes"],
        "version": "1.2.0",
    }
    (installation.project / "desktop-overlay.json").write_text(json.dumps(content | changes))


def test_a_servers_project_runs_unchanged(adopted: Installation) -> None:
    launched = adopted.start()
    assert launched.get("/") == (200, "first page, seen: yes")
    assert launched.get("/static/shop.css") == (200, "h1 {}")
    facts = json.loads(launched.get("/facts/")[1])
    assert facts["key"]
    assert facts["names"] == {"default": str(adopted.data / "shop"), "stock": str(adopted.data / "stock.sqlite3")}
    assert facts["last"] == f"from {adopted.data} and last"
    assert facts["runtime"] == {"FIRST_RUN_COMMANDS": [["seed_notes"]], "VERSION": "1.2.0"}
    assert launched.get("/broken/")[0] == 500
    launched.stop()
    assert "a view is broken" in adopted.log
    assert "a view is broken" in (adopted.data / "logs" / "shop.log").read_text()
    assert "Subject: hello" in next((adopted.data / "mail").iterdir()).read_text()
    assert "seeded" in adopted.log


def test_a_server_database_is_refused_by_name(adopted: Installation) -> None:
    write_overlay(adopted, env={"DB_ENGINE": "django.db.backends.postgresql"})
    failed = adopted.fail()
    assert "The database 'default' uses django.db.backends.postgresql" in failed["detail"]
    assert "[backend.overlay.DATABASES.default]" in failed["detail"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"setings-file": "x"}, "no key 'setings-file'"),
        ({"schemaVersion": 2}, "another format"),
        ({"env": []}, "the value of 'env' is of the wrong kind"),
        ({"settings-module": "servr"}, "No module named 'servr'"),
        ({"settings-file": "gone.py"}, "No such file or directory"),
    ],
)
def test_what_is_wrong_in_the_file_is_told(adopted: Installation, changes: dict[str, Any], told: str) -> None:
    write_overlay(adopted, **changes)
    assert told in adopted.fail()["detail"]


def test_explain_needs_no_data_and_tells_no_secret(adopted: Installation) -> None:
    del adopted.environment["DESKTOP_DJANGO_APP_DATA_DIR"]
    command = [sys.executable, "-m", "desktop_runtime", "--explain"]
    text = subprocess.run(
        command, cwd=adopted.project, env=adopted.environment, check=True, capture_output=True, text=True
    ).stdout
    assert "DATABASES.stock.NAME" in text
    assert "PosixPath('{data}/stock.sqlite3')" in text
    assert "SECURE_SSL_REDIRECT\n    True -> False\n    A loopback address has no https" in text
    assert "GREETING" in text and "dds.toml says so" in text
    assert "LAST" in text and "desktop_settings.py says so" in text
    for secret in ("committed-key", "pw12345", "hidden-password"):
        assert secret not in text
    rows = json.loads(
        subprocess.run(
            [*command, "--json"], cwd=adopted.project, env=adopted.environment, check=True, capture_output=True
        ).stdout
    )
    assert {"rule", "setting", "before", "after", "why"} == set(rows[0])
