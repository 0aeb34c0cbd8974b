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
import sys
import threading
import time
from typing import TYPE_CHECKING

from . import files, interrupt, paths, protocol
from .faults import LaunchError, reason
from .lock import AlreadyRunning, InstanceLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

    from .logs import Log
    from .server import Server
    from .worker import Supervisor

log = logging.getLogger(__name__)

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_ALREADY_RUNNING = 3

# After a request to stop: how long running requests may take, when the worker is killed, when everything is over.
DRAIN_SECS = 3.0
WORKER_SECS = 3.5
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

    def listen_to_stdin(self) -> None:
        """From now on what the shell says is a request, and so is its end."""
        threading.Thread(target=self._read, args=(protocol.take_stdin(),), name="stdin-watch", daemon=True).start()

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

    def _read(self, pipe: int) -> None:
        self._request(protocol.await_stop(pipe))
        if self._callback is None:
            interrupt.main_thread()

    def _watchdog(self) -> None:
        self._watching.acquire()
        time.sleep(LAST_SECS)
        self.last_resort()
        os._exit(self.exit_code)


class Launch:
    """One launch: its parts appear in the order in which they are made."""

    def __init__(self, events: protocol.Events, stop: StopRequest) -> None:
        self._events = events
        self._stop = stop
        self._log: Log | None = None
        self._lock: InstanceLock | None = None
        self._close_database: Callable[[], None] | None = None
        self._server: Server | None = None
        self._worker: Supervisor | None = None

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
        places = paths.Places.from_environment(project_root)
        self._lock = locked(places)
        # Not before: that another instance runs, or the folder is missing, is told to a caller without a stdin, too.
        self._stop.listen_to_stdin()
        self._events.phase("prepare")
        self._log = opened_log(places)

        from . import prepare, server

        # Bound before the settings are imported: they may want to know the address.
        listener = server.bind(paths.variable(paths.HOST), paths.variable(paths.PORT))
        host, port = listener.getsockname()[:2]
        prepare.environment(places, host, port)
        self._log.hide(os.environ[paths.SECRET_KEY], paths.variable(paths.AUTH_TOKEN))
        self._close_database = prepare.close_database
        config = prepare.project(places, self._report, lambda: self._stop.is_requested)

        self._report("serve")
        application = server.load_application()
        # A wsgi module sets Django's logging up once more.
        self._log.attach()
        self._server = server.Server(application, listener, config.threads)
        self._stop.call(self._server.stop)
        self._events.ready(f"http://{f'[{host}]' if ':' in host else host}:{port}{config.start_path}")
        log.info("ready on port %d", port)
        if config.worker_command is not None:
            from .worker import Supervisor

            self._worker = Supervisor(config.worker_command, self._log, lambda: self._report("worker"))
            self._stop.last_resort = self._worker.kill
            self._worker.start()
        return self._server

    def _end(self) -> int:
        self._stop.settle("end")
        log.info("stopping: %s", self._stop.reason)
        self._let_go()
        self._stop.exit_code = EXIT_DONE
        self._events.stopped()
        return EXIT_DONE

    def _fail(self, error: BaseException) -> int:
        self._stop.settle("failure")
        if isinstance(error, LaunchError):
            title, detail = error.title, error.detail
        else:
            title, detail = "The app could not be started", f"{reason(error)}."
        # What was expected is told by its cause; anything else needs its traceback.
        log.error("%s: %s", title, detail, exc_info=error.__cause__ if isinstance(error, LaunchError) else error)
        if self._log is not None:
            detail = self._log.redacted(detail)
        self._events.failed(title, detail, self._log.baseFilename if self._log else None)
        self._let_go()
        return EXIT_FAILED

    def _let_go(self) -> None:
        """End what was begun, the web server and the worker side by side."""
        if self._lock is not None:
            self._lock.announce_stop()
        asked = self._stop.moment
        if self._worker is not None:
            self._worker.ask_to_stop()
        if self._server is not None and not self._server.drain(asked + DRAIN_SECS):
            log.warning("a request did not end in time and is cut off")
        if self._worker is not None:
            self._worker.wait(asked + WORKER_SECS)
        if self._close_database is not None:
            try:
                self._close_database()
            except Exception:
                # Nothing is lost: SQLite reads its write-ahead log on the next start.
                log.exception("the database's write-ahead log stays")
        if self._log is not None:
            self._log.finish()
        if self._lock is not None:
            self._lock.release()

    def _report(self, phase: protocol.Phase) -> None:
        if self._log is not None:
            # Django may have set up its logging since the last phase, and that takes handlers away.
            self._log.attach()
        log.info("%s", phase)
        self._events.phase(phase)


def main(project_root: Path | None = None) -> int:
    """Run a launch from the environment; return the exit code. `project_root` is the default of the bundle folder."""
    protocol.open_missing_streams()
    events = protocol.Events.claim()
    return Launch(events, StopRequest()).run(project_root or paths.project_root())


def locked(places: paths.Places) -> InstanceLock:
    """The lock of the app-data folder, with the folder tidied up; raises AlreadyRunning or LaunchError."""
    lock = InstanceLock(places.lock)
    try:
        lock.acquire()
        files.sweep(places.app_data)
    except OSError as error:
        raise LaunchError("The folder for the app's data can't be used", f"{reason(error)}.") from error
    return lock


def opened_log(places: paths.Places) -> Log:
    """The log of this process, with stdout and stderr leading into it; raises LaunchError."""
    from . import logs

    try:
        opened = logs.start(places.log)
    except OSError as error:
        raise LaunchError("The log can't be written", f"{reason(error)}.") from error
    opened.capture_output()
    version = ".".join(map(str, sys.version_info[:3]))
    log.info("Python %s, %s, data in %s", version, os.environ.get(paths.SETTINGS_MODULE), places.app_data)
    return opened
