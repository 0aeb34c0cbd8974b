"""`manage.py desktop`: the order of things from the start of the process to its end, as its shell sees it.

The only module that knows about signals, stdin and exit codes. What it promises is the launcher protocol: events on
stdout (`protocol`), and an end, within five seconds, when stdin closes, when the line `stop` arrives or on a signal.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

from . import interrupt, paths, protocol
from .core import App
from .lock import AlreadyRunning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

    from .server import Server

log = logging.getLogger(__name__)

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_ALREADY_RUNNING = 3

# After a request to stop: when everything is over. `core` has what comes before.
LAST_SECS = 4.7

# New objects between two garbage collections while starting.
COLLECT_EVERY = 200_000

STOP_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")


class StopRequested(BaseException):
    """Raised in the main thread, wherever it is, when a stop is requested during start-up."""


class StopRequest:
    """A request to stop, from a signal or from stdin. Only the first one counts.

    During start-up it interrupts the main thread with StopRequested; once serving, it calls what `call` was given. In
    both cases a watchdog ends the process the hard way if it is not gone in time: what a kill leaves behind at any
    moment, the next start puts right."""

    def __init__(self) -> None:
        self.reason = ""
        self.moment = 0.0
        self.last_resort: Callable[[], None] = lambda: None
        self.exit_code = EXIT_FAILED
        self._callback: Callable[[], None] | None = None
        self._raised = False
        # A bare lock that the first request releases: a signal handler must not wait for anything.
        self._watching = threading.Lock()
        self._watching.acquire()

    @property
    def is_requested(self) -> bool:
        """Whether the process has to end."""
        return bool(self.reason)

    def listen_to_signals(self) -> None:
        """From now on a signal is a request."""
        threading.Thread(target=self._watchdog, name="stop-watchdog", daemon=True).start()
        for name in STOP_SIGNALS:
            number = getattr(signal, name, None)
            # Started by nohup, the process is to outlive its terminal.
            if number is not None and not (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
                signal.signal(number, self._on_signal)

    def listen_to_stdin(self, ask: Callable[[bytes], None]) -> None:
        """From now on `stop` from the shell is a request, and so is its end. `ask` gets what else it says."""
        pipe = protocol.take_stdin()
        threading.Thread(target=self._read, args=(pipe, ask), name="stdin-watch", daemon=True).start()

    def call(self, callback: Callable[[], None]) -> None:
        """From now on call this (from any thread, more than once) instead of raising in the main thread."""
        self._callback = callback
        if self.is_requested:
            callback()

    def settle(self, why: str) -> None:
        """The process is on its way out: further requests change nothing, the watchdog sees to the end."""
        self._callback = lambda: None
        self._request(why)

    def _request(self, why: str) -> None:
        if not self.is_requested:
            self.moment = time.monotonic()
            self.reason = why
            with contextlib.suppress(RuntimeError):  # Another thread was as quick.
                self._watching.release()
        if self._callback is not None:
            self._callback()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._request(signal.Signals(number).name)
        if self._callback is None and not self._raised:
            self._raised = True
            raise StopRequested

    def _read(self, pipe: int, ask: Callable[[bytes], None]) -> None:
        self._request(protocol.await_stop(pipe, ask))
        if self._callback is None:
            interrupt.main_thread()

    def _watchdog(self) -> None:
        self._watching.acquire()
        time.sleep(LAST_SECS)
        self.last_resort()
        os._exit(self.exit_code)


class Launch:
    """One launch: the app in a process that belongs to its shell."""

    def __init__(self, events: protocol.Events, stop: StopRequest) -> None:
        self._events = events
        self._stop = stop
        self._app = App(events.phase, lambda: stop.is_requested)

    def run(self, project_root: Path) -> int:
        """Start, serve, stop; return the exit code."""
        try:
            self._stop.listen_to_signals()
            return self._run(project_root)
        except StopRequested:
            return self._end()

    def _run(self, project_root: Path) -> int:
        usual_collection = gc.get_threshold()
        # Little that the start-up makes is garbage; looking for it would be a fifth of the time.
        gc.set_threshold(COLLECT_EVERY)
        try:
            server = self._start(project_root)
            # What was made up to here stays until the end: the collector need never look at it.
            gc.freeze()
            gc.set_threshold(*usual_collection)
            server.serve()
        except AlreadyRunning as other:
            self._events.already_running(other.pid)
            return EXIT_ALREADY_RUNNING
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it is told to the shell and logged
            # A stop may show itself as any error: of a statement that was interrupted, of a command that was left.
            if not self._stop.is_requested:
                return self._fail(error)
        return self._end()

    def _start(self, project_root: Path) -> Server:
        app = self._app
        # Before anything of the project runs: no child process and no page of errors is to have it.
        token = os.environ.pop(paths.AUTH_TOKEN, "")
        app.hold(project_root)
        # Not before: that another instance runs, or the folder is missing, is told to a caller without a stdin, too.
        self._stop.listen_to_stdin(app.service.ask)
        app.report("prepare")
        app.claim(paths.variable(paths.HOST), paths.variable(paths.PORT), token)
        server = app.start(lambda application: application)
        self._stop.call(server.stop)
        self._events.ready(f"{app.origin}{app.start_path}")
        log.info("ready at %s", app.origin)

        from .worker import Supervisor

        self._stop.last_resort = app.kill_workers
        app.start_workers(Supervisor)
        app.start_service(self._events.tell)
        return server

    def _end(self) -> int:
        self._stop.settle("end")
        log.info("stopping: %s", self._stop.reason)
        self._app.let_go(self._stop.moment)
        self._stop.exit_code = EXIT_DONE
        self._events.stopped()
        return EXIT_DONE

    def _fail(self, error: BaseException) -> int:
        self._stop.settle("failure")
        told = self._app.told(error)
        self._events.failed(told.title, told.detail, self._app.log_path)
        self._app.let_go(self._stop.moment)
        return EXIT_FAILED


def main(project_root: Path | None = None) -> int:
    """Run a launch from the environment; return the exit code. `project_root` is the default of the bundle folder."""
    protocol.open_missing_streams()
    events = protocol.Events.claim()
    return Launch(events, StopRequest()).run(project_root or paths.project_root())
