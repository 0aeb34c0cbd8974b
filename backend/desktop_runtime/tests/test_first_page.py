"""The first page, tried before the window opens: what ends the start in words, what only warns, and what it leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from launch import Installation

TITLE = "The first page can't be opened"

VIEWS = """
import os, time
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path
from notes.models import Note
from notes.urls import urlpatterns as others

def first(request):
    {body}

urlpatterns = [path("", first), *others[1:], path("notes/", others[0].callback)]
"""


def page(installation: Installation, body: str, settings: str = "") -> None:
    """Give the app another first page, and perhaps other settings."""
    (installation.project / "views.py").write_text(VIEWS.format(body=body))
    module = installation.project / "notebook.py"
    text = module.read_text().partition("# of this test\n")[0]
    module.write_text(f'{text}# of this test\nROOT_URLCONF = "views"\n{settings}\n')


FATAL = {
    "another scheme": (
        "return HttpResponse('x')",
        "MIDDLEWARE = ['django.middleware.security.SecurityMiddleware']\nSECURE_SSL_REDIRECT = True",
        "SECURE_SSL_REDIRECT",
    ),
    "another host": ("return HttpResponseRedirect('http://www.example.org/?secret=1')", "", "http://www.example.org,"),
    "another port": ("return HttpResponseRedirect('http://127.0.0.1:1/')", "", "http://127.0.0.1:1,"),
    "allowed hosts": ("return HttpResponse(request.get_host())", "ALLOWED_HOSTS = ['example.org']", "ALLOWED_HOSTS"),
    "not found": ("from django.http import Http404; raise Http404", "", "START_PATH"),
    "not allowed": ("return HttpResponse('no', status=403)", "", "status 403"),
    "empty": ("return HttpResponse()", "", "blank page"),
    "an empty stream": ("return StreamingHttpResponse(iter([b'', b'']))", "", "blank page"),
    "a missing module": ("import no_such_module", "", "no_such_module"),
    "a missing static file": (
        "from django.templatetags.static import static; return HttpResponse(static('no.css'))",
        "INSTALLED_APPS += ['django.contrib.staticfiles']\nSTATIC_URL = '/static/'\n"
        "STATIC_ROOT = Path(os.environ['DESKTOP_DJANGO_BUNDLE_DIR']) / 'staticfiles'\n"
        "STORAGES = {'staticfiles': {'BACKEND': "
        "'django.contrib.staticfiles.storage.ManifestStaticFilesStorage'}}",
        "no.css",
    ),
    "offline compression": (
        "raise type('OfflineGenerationError', (Exception,), {'__module__': 'compressor.exceptions'})('no manifest')",
        "",
        "COMPRESS_OFFLINE",
    ),
    "redis": (
        "raise type('ConnectionError', (Exception,), {'__module__': 'redis.exceptions'})('Connection refused')",
        "",
        "Redis",
    ),
    "any other server": ("import socket; socket.create_connection(('127.0.0.1', 1))", "", "not on this computer"),
}


@pytest.mark.usefixtures("used_before")
@pytest.mark.parametrize("what", FATAL)
def test_what_can_never_work_is_told_in_words_on_every_start(installation: Installation, what: str) -> None:
    body, settings, words = FATAL[what]
    page(installation, body, settings)
    for token in ("", "the token of the shell"):
        failed = installation.fail(DESKTOP_DJANGO_AUTH_TOKEN=token)
        assert failed["title"] == TITLE
        assert words in failed["detail"]
        assert "secret=1" not in failed["detail"]
        assert failed["log"]


def test_an_error_stops_the_first_start_of_a_version_and_is_logged_later(installation: Installation) -> None:
    page(installation, "raise ValueError('of this moment')")
    first = '{"VERSION": "1.0"}'
    for _ in range(2):
        failed = installation.fail(TEST_DESKTOP_RUNTIME=first)
        assert (failed["title"], "of this moment" in failed["detail"]) == (TITLE, True)
        assert "status 500" in failed["detail"]
    page(installation, "return HttpResponse('good')")
    installation.run_once(TEST_DESKTOP_RUNTIME=first)
    page(installation, "raise ValueError('of this moment')")
    launched = installation.start(TEST_DESKTOP_RUNTIME=first)
    assert launched.get("/")[0] == 500
    launched.stop()
    assert "answers with status 500 (ValueError: of this moment)" in installation.log
    assert installation.fail(TEST_DESKTOP_RUNTIME='{"VERSION": "1.1"}')["title"] == TITLE


def test_what_the_page_writes_is_rolled_back(installation: Installation) -> None:
    body = """
    with transaction.atomic(durable=True):
        Note.objects.create(text="written by the page")
    transaction.on_commit(lambda: open(os.environ["TEST_COMMITTED"], "w").close())
    return HttpResponse("good")"""
    page(installation, body)
    committed = installation.project / "committed"
    launched = installation.start(TEST_COMMITTED=str(committed))
    assert installation.rows() == ["one", "two", "three"]
    assert not committed.exists()
    launched.get("/")
    assert committed.exists()
    launched.stop()
    assert installation.rows() == ["one", "two", "three", "written by the page"]


def test_a_page_that_takes_long_only_warns_and_keeps_nobody_from_writing(installation: Installation) -> None:
    page(installation, "list(Note.objects.all()); time.sleep(9); return HttpResponse('late')")
    launched = installation.start()
    assert "the window opens all the same" in installation.log
    assert launched.get("/slow/?secs=0") == (200, "done")
    launched.stop()


def test_a_stop_does_not_wait_for_the_page(installation: Installation) -> None:
    page(installation, "time.sleep(60); return HttpResponse('late')")
    launched = installation.launch()
    launched.wait_for("phase:serve")
    launched.stop()
    assert "ready" not in launched.names


@pytest.mark.parametrize(
    "body",
    [
        "return HttpResponseRedirect('/notes/')",
        "return HttpResponseRedirect(request.build_absolute_uri('/notes/'))",
        "return HttpResponse(status=204)",
        "import itertools; return StreamingHttpResponse(itertools.repeat(b'for ever '))",
    ],
)
def test_other_good_answers_open_the_window(installation: Installation, body: str) -> None:
    page(installation, body)
    installation.run_once()


def test_a_project_can_switch_it_off(installation: Installation) -> None:
    page(installation, "return HttpResponse(status=404)")
    launched = installation.start(TEST_DESKTOP_RUNTIME=json.dumps({"TRY_FIRST_PAGE": False}))
    assert launched.get("/")[0] == 404
    launched.stop()


def test_a_database_that_is_left_to_others_is_not_made_by_it(installation: Installation) -> None:
    page(
        installation,
        "return HttpResponse('good')",
        "DATABASES['theirs'] = {'ENGINE': 'django.db.backends.sqlite3',"
        " 'NAME': Path(os.environ['DESKTOP_DJANGO_APP_DATA_DIR']) / 'theirs.sqlite3'}\n"
        "DATABASE_ROUTERS = ['notebook.Router']\n"
        "class Router:\n"
        "    def allow_migrate(self, db, app_label, **hints):\n"
        "        return db != 'theirs'\n",
    )
    installation.run_once()
    assert not (Path(installation.data) / "theirs.sqlite3").exists()
