"""The smoke test: the app's own page has come, with status 200 and something on it, or the process ends with 1.

What a web view loads before (the splash, an empty page) and what it shows instead (an error page of its own) does not
count. Whatever happens, it is over within 20 seconds.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VARIABLE = "DESKTOP_DJANGO_SMOKE_TEST"
# The backend then has four more to stop.
LIMIT_SECS = 16.0
# Run in a page: what it is, and how much of a text a person sees on it.
QUESTION = "JSON.stringify([location.href, document.title, document.body ? document.body.innerText.trim().length : 0])"


class Page(NamedTuple):
    """What the web view shows."""

    href: str
    title: str
    letters: int


def verdict(page: Page, origin: str, statuses: Mapping[str, int]) -> tuple[bool | None, str]:
    """Whether the page is what was hoped for, and the page in words. None: it may become so, or be followed by it."""
    place = urlsplit(page.href)
    if f"{place.scheme}://{place.netloc}" != origin or place.path.startswith("/desktop-auth/"):
        return None, f"no page of the app, only {page.href.partition('?')[0]}"
    status = statuses.get(place.path)
    told = f"{page.href} status {status} “{page.title}”"
    if status == 200 and not page.letters:
        return None, f"{told}, a blank page"
    return status == 200, told


class Smoke:
    """One smoke test, begun when it is made."""

    def __init__(self, say: Callable[[str], None], complain: Callable[[str], None], stop: Callable[[], None]) -> None:
        """The first two write lines for whoever started the program; `stop` stops the backend."""
        self._say = say
        self._complain = complain
        self._stop = stop
        self._began = time.monotonic()
        self._over = threading.Lock()
        self.seen = "the window showed nothing"
        timer = threading.Timer(LIMIT_SECS, self._give_up)
        timer.daemon = True
        timer.start()

    def passed(self, page: str) -> None:
        """Say so."""
        if self._over.acquire(blocking=False):
            self._say(f"smoke test: {page} after {(time.monotonic() - self._began) * 1000:.0f} ms")

    def failed(self, why: str, code: int = 1) -> None:
        """Say so, and end the process, whatever the window does."""
        if self._over.acquire(blocking=False):
            self._complain(f"smoke test failed: {why}")
            self._stop()
            os._exit(code)

    def _give_up(self) -> None:
        self.failed(f"{self.seen} within {LIMIT_SECS:.0f} s")
