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
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from . import paths
from .faults import LaunchError, reason
from .launcher import DRAIN_SECS, WORKER_SECS, locked, opened_log
from .lock import AlreadyRunning

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from typing import Any

    from .lock import InstanceLock
    from .logs import Log
    from .protocol import Phase
    from .server import Server
    from .worker_thread import WorkerThread

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
        self._places: paths.Places | None = None
        self._listener: socket.socket | None = None
        self._lock: InstanceLock | None = None
        self._log: Log | None = None
        self._server: Server | None = None
        self._serving: threading.Thread | None = None
        self._worker: WorkerThread | None = None
        self._has_project = False

    @property
    def log_path(self) -> str | None:
        """Where the log is, for a person who wants to know more. None when there is none yet."""
        return self._log.baseFilename if self._log else None

    def claim(self) -> None:
        """Do the first part of `start`, all that changes the environment of the process; raises the same.

        To be called before there are other threads: a C library that reads the environment while it is changed may
        crash the process, and window toolkits do that a lot."""
        with self._changing, self._letting_go():
            self._claim()

    def start(self, wrap: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda application: application) -> str:
        """Do all that comes before the first page, and return the address that opens it. It contains a secret.

        Folders and settings come from the environment, as for the launcher. `wrap` may put something around the WSGI
        application. Raises AlreadyRunning, Stopped, or LaunchError with what to tell a person; nothing is left then."""
        with self._changing, self._letting_go():
            if self._listener is None:
                self._claim()
            return self._start(wrap)

    def stop(self) -> None:
        """Stop what runs, or a start under way; return within `WORKER_SECS` and the time of a checkpoint.

        May be called from any thread, again, and without a start. A start that hears nothing is left to the end of the
        process: what a kill leaves behind at any moment, the next start puts right."""
        asked = time.monotonic()
        self._stopping.set()
        if self._lock is not None:
            self._lock.announce_stop()
        if self._changing.acquire(timeout=WORKER_SECS):
            try:
                self._let_go(asked)
            finally:
                self._changing.release()

    def _claim(self) -> None:
        places = paths.Places.from_environment()
        self._lock = locked(places)
        self._report("prepare")
        self._log = opened_log(places)

        from . import prepare, server

        self._listener = server.bind(None, None)
        prepare.environment(places, *self._listener.getsockname()[:2])
        os.environ[paths.AUTH_TOKEN] = paths.variable(paths.AUTH_TOKEN) or secrets.token_urlsafe(TOKEN_BYTES)
        self._log.hide(os.environ[paths.SECRET_KEY], os.environ[paths.AUTH_TOKEN])
        prepare.load_settings()
        self._places = places

    def _start(self, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> str:
        from . import prepare, server, static_files
        from .middleware import BOOTSTRAP_PATH

        places, listener = self._places, self._listener
        if places is None or listener is None or self._log is None:
            raise Stopped
        self._has_project = True
        config = prepare.project(places, self._report, self._stopping.is_set)
        static_files.refresh(places)

        self._report("serve")
        application = wrap(server.load_application())
        # A wsgi module sets Django's logging up once more.
        self._log.attach()
        self._server = server.Server(application, listener, config.threads)
        host, port = listener.getsockname()[:2]
        self._serving = threading.Thread(target=self._server.serve, name="web-server", daemon=True)
        self._serving.start()
        log.info("ready on port %d", port)
        if config.worker_command is not None:
            from .worker_thread import WorkerThread

            self._worker = WorkerThread(config.worker_command, self._log, lambda: self._tell("worker"))
            self._worker.start()
        query = urlencode({"token": os.environ[paths.AUTH_TOKEN], "next": config.start_path})
        return f"http://{host}:{port}{BOOTSTRAP_PATH}?{query}"

    def _report(self, phase: Phase) -> None:
        if self._stopping.is_set():
            raise Stopped
        if self._log is not None:
            # Django may have set up its logging since the last phase, and that takes handlers away.
            self._log.attach()
        log.info("%s", phase)
        self._tell(phase)

    @contextlib.contextmanager
    def _letting_go(self) -> Iterator[None]:
        """Turn what goes wrong inside into what `start` raises, with nothing left behind."""
        try:
            yield
        except AlreadyRunning:
            raise
        except (Exception, SystemExit) as error:
            failure = self._told(error)
            self._let_go(time.monotonic())
            # A stop may show itself as any error: of a statement that was interrupted, of a command that was left.
            raise Stopped if self._stopping.is_set() else failure from error

    def _told(self, error: BaseException) -> LaunchError:
        """The error as something to tell a person; the log gets the rest of it."""
        if self._stopping.is_set():
            return LaunchError("The start was interrupted", "")
        if isinstance(error, LaunchError):
            title, detail, trace = error.title, error.detail, error.__cause__
        else:
            title, detail, trace = "The app could not be started", f"{reason(error)}.", error
        log.error("%s: %s", title, detail, exc_info=trace)
        return LaunchError(title, self._log.redacted(detail) if self._log else detail)

    def _let_go(self, asked: float) -> None:
        """End what was begun, the web server and the worker side by side. Each part goes once."""
        worker, self._worker = self._worker, None
        server, self._server = self._server, None
        listener, self._listener = self._listener, None
        if self._log is not None and self._lock is not None:
            # Django's logging may have been set up since the last phase.
            self._log.attach()
        if worker is not None:
            worker.ask_to_stop()
        if server is not None and self._serving is not None:
            server.stop()
            self._serving.join(max(0.0, asked + DRAIN_SECS - time.monotonic()))
            if not server.drain(asked + DRAIN_SECS):
                log.warning("a request did not end in time and is cut off")
        elif listener is not None:
            listener.close()
        if worker is not None:
            worker.wait(asked + WORKER_SECS)
        if self._has_project:
            self._has_project = False
            self._close_database()
        held, self._lock = self._lock, None
        if held is not None:
            log.info("stopped")
            if self._log is not None:
                self._log.finish()
            held.release()

    def _close_database(self) -> None:
        from . import prepare

        try:
            prepare.close_database()
        except Exception:
            # Nothing is lost: SQLite reads its write-ahead log on the next start.
            log.exception("the database's write-ahead log stays")
