"""Where a page may go. What WebKitGTK makes of it is seen in the real window."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from desktop_django_starter_positron import browser

if TYPE_CHECKING:
    from collections.abc import Callable

ORIGIN = "http://127.0.0.1:4000"


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was opened outside."""
    opened: list[str] = []
    monkeypatch.setattr(browser, "open_outside", opened.append)
    return opened


def test_the_apps_own_pages_stay(outside: list[str]) -> None:
    for path in ("/", "/items/new/?a=b", "/desktop-auth/bootstrap/?token=t"):
        assert browser.may_go(ORIGIN + path, ORIGIN)
    assert outside == []


ELSEWHERE = ["https://example.org/", "http://127.0.0.1:40001/", "https://127.0.0.1:4000/", "mailto:pony@example.org"]


@pytest.mark.parametrize("url", [*ELSEWHERE, "http://127.0.0.1:4000@example.org/", "http://localhost:4000/"])
def test_other_places_open_outside_when_a_person_asks(outside: list[str], url: str) -> None:
    assert not browser.may_go(url, ORIGIN)
    assert outside == [url]
    assert not browser.may_go(url, ORIGIN, by_person=False)
    assert outside == [url], "a page can't open them by itself"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "data:text/html,x", "javascript:alert(1)", "about:blank", "smb://h/s"]
)
def test_all_else_goes_nowhere(outside: list[str], url: str) -> None:
    assert not browser.may_go(url, ORIGIN)
    assert outside == []


def test_the_splash_is_shown_before_the_app_has_an_address(outside: list[str]) -> None:
    assert browser.may_go("about:blank", "")
    assert not browser.may_go("file:///etc/passwd", "")
    assert outside == []


class Download:
    """As WebKitGTK has it."""

    def __init__(self) -> None:
        self.heard: dict[str, Callable[..., object]] = {}
        self.destination = ""

    def connect(self, signal: str, act: Callable[..., object]) -> None:
        self.heard[signal] = act

    def set_allow_overwrite(self, allowed: object) -> None:
        assert allowed

    def set_destination(self, uri: str) -> None:
        self.destination = uri


def test_a_download_that_does_not_get_there_is_told() -> None:
    place, download = Path("/full/hay.csv"), Download()
    told: list[tuple[str, Path]] = []
    owner: Any = SimpleNamespace(ask_where=lambda _name, save: save(place), tell_not_saved=lambda *it: told.append(it))
    assert browser.ask(download, "hay.csv", owner)
    assert download.destination == place.as_uri()
    assert told == []
    download.heard["failed"](download, "no space left")
    assert told == [("hay.csv", place)]
