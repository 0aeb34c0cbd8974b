"""Answers what the shell asks for while the app runs, and makes the copies of every day: on one thread, one by one.

Nothing of it is imported before somebody asks or a copy is due, so that a launch does not pay for it.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .paths import Places

log = logging.getLogger(__name__)

# The first page comes first.
FIRST_LOOK_SECS = 60.0
LOOK_EVERY_SECS = 600.0
PROGRESS_EVERY_SECS = 0.25
LAST_WAIT_SECS = 0.5


class Stopped(Exception):  # noqa: N818 - a state of affairs, not an error
    """The app ends; the work is left, with nothing of it in place."""


class Service:
    """One thread, from `start` until `stop`."""

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, places: Places, every_secs: float, send: Callable[..., None]) -> None:
        """Answer from now on what was asked, also before.

        `every_secs`: a copy of the databases so often, 0 for none. `send` takes an event's name and its fields."""
        self._places, self._every_secs, self._send = places, every_secs, send
        self._thread = threading.Thread(target=self._run, name="people's-data", daemon=True)
        self._thread.start()

    def ask(self, line: bytes) -> None:
        """Take a request, a JSON object in one line; the answer is an event."""
        self._asked.put(line)

    def stop(self) -> None:
        """Leave what is being done."""
        self._stopping.set()
        self._asked.put(None)
        if self._thread is not None:
            self._thread.join(LAST_WAIT_SECS)

    def _run(self) -> None:
        look = time.monotonic() + min(FIRST_LOOK_SECS, self._every_secs)
        while not self._stopping.is_set():
            try:
                wait = max(0.0, look - time.monotonic()) if self._every_secs else None
                line = self._asked.get(timeout=wait)
            except queue.Empty:
                look = time.monotonic() + min(LOOK_EVERY_SECS, self._every_secs)
                self._copy_if_due()
            else:
                if line is not None:
                    self._answer(line)

    def _answer(self, line: bytes) -> None:
        from . import verbs, words
        from .faults import LaunchError, reason

        request: dict[str, Any] = {}
        try:
            request = _parsed(line)
            name = str(request.get("verb"))
            options = {key: value for key, value in request.items() if key not in ("verb", "id")}
            result = verbs.run(name, options, self._places, self._teller(request))
            self._send("done", **_known(request), result=result)
        except Stopped:
            return
        except LaunchError as error:
            log.warning("%s", error)
            told = words.translated(error)
            self._send("refused", **_known(request), title=told.title, detail=told.detail)
        except Exception as error:
            log.exception("a request of the shell could not be answered")
            self._send("refused", **_known(request), title=words.told("This did not work"), detail=f"{reason(error)}.")

    def _copy_if_due(self) -> None:
        from . import copies, verbs

        try:
            if not copies.is_due(copies.listed(self._places), self._every_secs, time.time()):
                return
            file, _contents = copies.make(
                self._places, verbs.sources(self._places), copies.SCHEDULED, with_media=False, tell=self._keep_on
            )
            copies.prune(self._places)
            log.info("made the copy of the day, %s", file.name)
        except Stopped:
            return
        except Exception:
            # Nobody asked for it and nobody waits: the next look tries again.
            log.exception("the copy of the day was not made")

    def _keep_on(self, _done: int, _total: int) -> None:
        if self._stopping.is_set():
            raise Stopped

    def _teller(self, request: dict[str, Any]) -> Callable[[int, int], None]:
        last = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal last
            self._keep_on(done, total)
            if time.monotonic() - last >= PROGRESS_EVERY_SECS:
                last = time.monotonic()
                self._send("progress", **_known(request), done=done, total=total)

        return tell


def _parsed(line: bytes) -> dict[str, Any]:
    from .faults import LaunchError

    try:
        request = json.loads(line)
    except ValueError:
        request = None
    if not isinstance(request, dict):
        raise LaunchError("The request is not understood", "A request is a JSON object in one line.")
    return request


def _known(request: dict[str, Any]) -> dict[str, Any]:
    """What the answer repeats of the request."""
    return {key: request[key] for key in ("id", "verb") if key in request}
