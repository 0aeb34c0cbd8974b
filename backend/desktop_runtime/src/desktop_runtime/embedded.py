"""The runtime inside a program that has its own main loop, such as a window toolkit: no signals, no streams, no exits.

What the launcher does in a process of its own happens here on threads of somebody else's process: `start` blocks until
the app can be opened, `stop` ends in time whatever goes on. When and on which threads they are called, what is shown
meanwhile and how the process ends is for that program. One `Embedded` is for one start.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

from . import paths
from .core import WORKER_SECS, App
from .lock import AlreadyRunning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .archive import Tell
    from .faults import LaunchError
    from .gate import Application
    from .protocol import Phase

log = logging.getLogger(__name__)

TOKEN_BYTES = 32


class Stopped(Exception):  # noqa: N818 - a state of affairs, not an error
    """`start` ended because `stop` was called."""


class Embedded:
    """One start of the app in this process."""

    def __init__(self, report: Callable[[Phase], None] = lambda _phase: None) -> None:
        """`report` is told the phases of the start, on the thread that starts (`worker`: on another)."""
        self._tell = report
        self._stopping = threading.Event()
        # Held by whoever starts or lets go, so that nothing is let go while it is being made. Only a signal handler may
        # do that, in the thread that makes it; the process ends then.
        self._changing = threading.RLock()
        self._app = App(self._report, self._stopping.is_set)
        self._is_claimed = False

    @property
    def log_path(self) -> str | None:
        """Where the log is, for a person who wants to know more. None when there is none yet."""
        return self._app.log_path

    def claim(self) -> None:
        """Do the first part of `start`, all that changes the environment of the process; raises the same.

        To be called before there are other threads: a C library that reads the environment while it is changed may
        crash the process, and window toolkits do that a lot."""
        with self._changing, self._letting_go():
            self._claim()

    def start(self, wrap: Callable[[Application], Application] = lambda application: application) -> str:
        """Do all that comes before the first page, and return the address that opens it. It contains a secret.

        Folders and settings come from the environment, as for the launcher. `wrap` may put something around the WSGI
        application; it sees the requests that the token lets in. Raises AlreadyRunning, Stopped, or LaunchError with
        what to tell a person; nothing is left then."""
        with self._changing, self._letting_go():
            if not self._is_claimed:
                self._claim()
            return self._start(wrap)

    def ask(self, verb: str, /, tell: Tell = lambda _done, _total: None, **options: Any) -> dict[str, Any]:
        """What the menus of a program offer: back up, list, restore, export, support file. See `verbs`.

        May take a while and may be called from any thread; `tell` is told on that thread how many bytes of how many are
        done. Raises LaunchError with what to tell a person."""
        from . import words
        from .faults import LaunchError

        try:
            return self._app.ask(verb, options, tell)
        except LaunchError as error:
            log.warning("%s", error)
            raise words.translated(error) from error

    def stop(self) -> None:
        """Stop what runs, or a start under way; return within `WORKER_SECS` and the time of a checkpoint.

        May be called from any thread, again, and without a start. A start that hears nothing is left to the end of the
        process: what a kill leaves behind at any moment, the next start puts right."""
        asked = time.monotonic()
        self._stopping.set()
        self._app.announce_stop()
        if self._changing.acquire(timeout=WORKER_SECS):
            try:
                self._app.let_go(asked)
            finally:
                self._changing.release()

    def _claim(self) -> None:
        token = os.environ.pop(paths.AUTH_TOKEN, "") or secrets.token_urlsafe(TOKEN_BYTES)
        self._app.hold()
        self._app.report("prepare")
        self._app.claim(None, None, token)
        self._is_claimed = True

    def _start(self, wrap: Callable[[Application], Application]) -> str:
        if self._stopping.is_set():
            raise Stopped
        self._app.start(wrap, collects_static=True)
        self._app.serve_on_a_thread()

        from .gate import bootstrap_address
        from .worker_thread import WorkerThread

        self._app.start_workers(WorkerThread)
        self._app.start_service()
        log.info("ready at %s", self._app.origin)
        return bootstrap_address(self._app.origin, self._app.token, self._app.start_path)

    def _report(self, phase: Phase) -> None:
        if self._stopping.is_set():
            raise Stopped
        self._tell(phase)

    @contextlib.contextmanager
    def _letting_go(self) -> Iterator[None]:
        """Turn what goes wrong inside into what `start` raises, with nothing left behind."""
        try:
            yield
        except AlreadyRunning:
            raise
        except (Exception, SystemExit) as error:
            # A stop may show itself as any error: of a statement that was interrupted, of a command that was left.
            failure: LaunchError | Stopped = Stopped() if self._stopping.is_set() else self._app.told(error)
            self._app.let_go(time.monotonic())
            raise failure from error
