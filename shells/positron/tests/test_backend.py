"""The adapter between the window and the runtime."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from desktop_django_starter_positron import facts
from desktop_django_starter_positron.backend import Pages, in_background, prepare_environment

if TYPE_CHECKING:
    from pathlib import Path

FACTS = facts.read()


def test_settings_are_always_the_packaged_ones() -> None:
    environ = {"HOME": "/h", "DJANGO_SETTINGS_MODULE": "other.settings", "DESKTOP_DJANGO_BUNDLE_DIR": "/stage"}
    environ["DESKTOP_DJANGO_AUTH_TOKEN"] = "a token of yesterday"
    prepare_environment(FACTS, environ)
    data = facts.data_folder(FACTS, {"HOME": "/h"})
    assert environ["DJANGO_SETTINGS_MODULE"] == FACTS.settings_module
    assert environ["DESKTOP_DJANGO_APP_DATA_DIR"] == str(data)
    assert environ["DESKTOP_DJANGO_BUNDLE_DIR"] == str(data / "cache")
    assert "DESKTOP_DJANGO_AUTH_TOKEN" not in environ


def test_another_data_folder_takes_the_cache_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"DESKTOP_DJANGO_APP_DATA_DIR": "mine"}
    prepare_environment(FACTS, environ)
    assert environ["DESKTOP_DJANGO_APP_DATA_DIR"] == str(tmp_path / "mine")
    assert environ["DESKTOP_DJANGO_BUNDLE_DIR"] == str(tmp_path / "mine" / "cache")


@pytest.mark.skipif(sys.platform != "linux", reason="there is no such bus elsewhere")
def test_no_bus_is_started_where_there_is_none(tmp_path: Path) -> None:
    bus = "DBUS_SESSION_BUS_ADDRESS"
    alone: dict[str, str] = {}
    prepare_environment(FACTS, alone)
    assert alone[bus]
    for environ in ({bus: "unix:path=/run/bus"}, {"XDG_RUNTIME_DIR": str(tmp_path)}):
        (tmp_path / "bus").touch()
        in_a_session = dict(environ)
        prepare_environment(FACTS, in_a_session)
        assert in_a_session.get(bus) == environ.get(bus)


def test_work_in_the_background_keeps_no_process_alive() -> None:
    threads: list[threading.Thread] = []

    def work() -> str:
        threads.append(threading.current_thread())
        return "done"

    assert in_background(work).result(timeout=10) == "done"
    assert threads[0].daemon


def test_a_failure_in_the_background_is_handed_on() -> None:
    def fail() -> None:
        raise SystemExit("no")

    with pytest.raises(SystemExit, match="no"):
        in_background(fail).result(timeout=10)


def test_the_status_of_each_page_is_noted() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("404 Not Found" if environ["PATH_INFO"] == "/gone/" else "200 OK", [], None)
        return [b"page"]

    answers: list[tuple[Any, ...]] = []
    pages = Pages()
    watched = pages.watch(application)
    for path in ("/", "/gone/"):
        assert watched({"PATH_INFO": path}, lambda *args: answers.append(args)) == [b"page"]
    assert pages.statuses == {"/": 200, "/gone/": 404}
    assert answers == [("200 OK", [], None), ("404 Not Found", [], None)]
