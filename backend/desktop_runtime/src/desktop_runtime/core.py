"""One start of the app in this process, and its end: what the launcher and `embedded` have in common.

It knows the order of things, and nothing about signals, standard streams, exit codes or whose thread this is.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from . import files, paths
from .faults import LaunchError, Text, reason
from .lock import InstanceLock
from .service import Service

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .archive import Tell
    from .conf import RuntimeSettings
    from .gate import Application
    from .logs import Log
    from .protocol import Phase
    from .server import Server
    from .worker import Supervisor

log = logging.getLogger(__name__)

Part = TypeVar("Part")

# After a request to stop: how long running requests may take, and when the workers are killed.
DRAIN_SECS = 3.0
WORKER_SECS = 3.5


class App:
    """The app and its parts, in the order in which they are made; `let_go` ends those that are there."""

    def __init__(self, tell: Callable[[Phase], None], is_stopping: Callable[[], bool]) -> None:
        """`tell` hears the phases; `is_stopping` is asked now and then during long work."""
        self._tell = tell
        self._is_stopping = is_stopping
        self._places: paths.Places | None = None
        self._lock: InstanceLock | None = None
        self._log: Log | None = None
        self._listener: socket.socket | None = None
        self._secret_key = ""
        self._has_project = False
        self._config: RuntimeSettings | None = None
        self._server: Server | None = None
        self._serving: threading.Thread | None = None
        self._workers: list[Supervisor] = []
        self.service = Service()
        """What the person asks for, and the copies of every day."""

        self.token = ""

    @property
    def log_path(self) -> str | None:
        """Where the log is, for a person who wants to know more. None when there is none yet."""
        return self._log.baseFilename if self._log else None

    @property
    def origin(self) -> str:
        """Scheme, host and port that the app is served at."""
        host, port = _made(self._listener).getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def start_path(self) -> str:
        """The path of the first page."""
        return _made(self._config).start_path

    def hold(self, project_root: Path | None = None) -> None:
        """Take the app-data folder; raises AlreadyRunning or LaunchError. `project_root`: default of the bundle."""
        places = paths.Places.from_environment(project_root)
        lock = InstanceLock(places.lock)
        try:
            lock.acquire()
            self._lock = lock
            places.close_to_others()
            files.sweep(places.app_data)
        except OSError as error:
            raise LaunchError("The folder for the app's data can't be used", f"{reason(error)}.") from error
        files.probe(places.app_data)
        self._places = places

    def claim(self, host: str | None, port: str | None, token: str) -> None:
        """Open the log, bind the port, import the settings: all that changes the environment of the process."""
        from . import listener, prepare

        places = _made(self._places)
        self._log = _opened_log(places)
        self.token = token
        # Bound before the settings are imported: they may want to know the address.
        self._listener = listener.bind(host, port, places.port)
        prepare.environment(places, *self._listener.getsockname()[:2])
        self._log.hide(os.environ[paths.SECRET_KEY], token)
        prepare.load_settings()
        # The workers get it again, because they import the settings; no other child process has any use for it.
        self._secret_key = os.environ.pop(paths.SECRET_KEY, "")

    def start(self, wrap: Callable[[Application], Application], *, collects_static: bool = False) -> Server:
        """Do all that comes before the first page. `wrap` goes around the project's application.

        `collects_static`: the bundle folder is the app's own, and is to have its static files."""
        from . import prepare

        places = _made(self._places)
        try:
            server = self._start(wrap, collects_static=collects_static)
            if self._is_stopping():
                # The first page may not have been tried to its end.
                prepare.give_back(places)
            else:
                prepare.passed(places, _made(self._config))
        except BaseException as error:
            outcome = prepare.give_back(places)
            if isinstance(error, LaunchError) and outcome:
                detail = Text("{detail}{outcome}", detail=error.detail, outcome=outcome)
                raise LaunchError(error.title, detail) from error.__cause__
            raise
        return server

    def _start(self, wrap: Callable[[Application], Application], *, collects_static: bool) -> Server:
        from . import media, prepare, server, static_files

        places, listener, opened = _made(self._places), _made(self._listener), _made(self._log)
        self._has_project = True
        config = self._config = prepare.project(places, self.report, self._is_stopping)
        if collects_static:
            static_files.refresh(places)
        self.report("serve")
        application = wrap(server.load_application())
        # A wsgi module sets Django's logging up once more.
        opened.attach()
        application = media.wrap(static_files.served(application, places), places)
        application = self._guarded(application)
        if config.try_first_page:
            self._try_first_page(application, config)
        self._server = server.Server(application, listener, config.threads)
        return self._server

    def start_service(self, send: Callable[..., None] = lambda _event, **_fields: None) -> None:
        """Answer requests from now on, also those that came before, and make the copies of every day."""
        self.service.start(_made(self._places), _made(self._config).backup_every, send)

    def ask(self, verb: str, options: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
        """Do what the person asks for, in this thread; raises LaunchError with what to tell, in English."""
        from . import verbs

        return verbs.run(verb, options, _made(self._places), tell)

    def start_workers(self, kind: type[Supervisor]) -> None:
        """Have the background workers started in a moment."""
        from . import conf

        commands, log_file = _made(self._config).worker_command, _made(self._log)
        secret = {paths.SECRET_KEY: self._secret_key} if self._secret_key else {}
        for number, command in enumerate(commands):
            # The phase is told once.
            report = _nothing if number else partial(self.report, "worker")
            self._workers.append(kind(command, log_file, report, secret))
        if not commands and (waiting := conf.queues()):
            log.warning("no worker runs: tasks of %s wait for one", ", ".join(waiting.values()))
        elif not commands:
            log.info("no worker runs")
        for worker in self._workers:
            worker.start()

    def serve_on_a_thread(self) -> None:
        """Answer requests until `let_go`."""
        self._serving = threading.Thread(target=_made(self._server).serve, name="web-server", daemon=True)
        self._serving.start()

    def report(self, phase: Phase) -> None:
        """Tell the phase, and log it."""
        if self._log is not None:
            # Django may have set up its logging since the last phase, and that takes handlers away.
            self._log.attach()
        log.info("%s", phase)
        self._tell(phase)

    def told(self, error: BaseException) -> LaunchError:
        """The error as something to tell a person, without secrets; the log gets the rest of it."""
        if isinstance(error, LaunchError):
            # What was expected is told by its cause; anything else needs its traceback.
            title, detail, trace = error.title, error.detail, error.__cause__
        else:
            title, detail, trace = "The app could not be started", f"{reason(error)}.", error
        if self._listener is not None:
            # The settings may be of a version that has never worked here.
            from . import prepare

            detail = Text("{detail}{advice}", detail=detail, advice=prepare.advice(_made(self._places)))
        log.error("%s: %s", title, detail, exc_info=trace)
        from . import words

        told = words.translated(LaunchError(title, detail))
        return LaunchError(told.title, self._log.redacted(told.detail) if self._log is not None else told.detail)

    def announce_stop(self) -> None:
        """Tell a successor that this process is about to let go of the app-data folder."""
        if self._lock is not None:
            self._lock.announce_stop()

    def kill_workers(self) -> None:
        """End the workers without asking."""
        for worker in self._workers:
            worker.kill()

    def let_go(self, asked: float) -> None:
        """End what was begun, the web server and the workers side by side; `asked` is when (time.monotonic).

        Each part goes once, so that it can be called again."""
        self.announce_stop()
        if self._log is not None and self._lock is not None:
            # Django's logging may have been set up since the last phase.
            self._log.attach()
        self.service.stop()
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.ask_to_stop()
        self._stop_serving(asked + DRAIN_SECS)
        if workers:
            from .worker import end

            end(workers, asked + WORKER_SECS)
        if self._has_project:
            self._has_project = False
            _close_database()
        lock, self._lock = self._lock, None
        if lock is not None:
            log.info("stopped")
            if self._log is not None:
                self._log.finish()
            lock.release()

    def _stop_serving(self, deadline: float) -> None:
        server, self._server = self._server, None
        listener, self._listener = self._listener, None
        if server is not None:
            if self._serving is not None:
                server.stop()
                self._serving.join(max(0.0, deadline - time.monotonic()))
            if not server.drain(deadline):
                log.warning("a request did not end in time and is cut off")
        elif listener is not None:
            listener.close()

    def _try_first_page(self, application: Application, config: RuntimeSettings) -> None:
        from . import first_page, trial

        address = f"{self.origin}{config.start_path}"
        finding = first_page.try_out(application, address, self.token, self._is_stopping)
        if not self._is_stopping():
            first_page.decide(finding, address, has_worked=not trial.is_another(_made(self._places), config))

    def _guarded(self, application: Application) -> Application:
        """The application behind the token, if there is one."""
        if not self.token:
            log.warning("no token was given: every program on this computer may ask the app")
            return application
        from .gate import Gate

        port = self.origin.rpartition(":")[2]
        own = self.origin.removeprefix("http://")
        return Gate(application, self.token, {own, *(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))})


def _nothing() -> None:
    pass


def _made(part: Part | None) -> Part:
    """A part that an earlier step has made."""
    if part is None:
        raise RuntimeError("a step was left out, or everything was let go")
    return part


def _opened_log(places: paths.Places) -> Log:
    """The log of this process, with stdout and stderr leading into it."""
    from . import logs

    try:
        opened = logs.start(places.log)
    except OSError as error:
        raise LaunchError("The log can't be written", f"{reason(error)}.") from error
    opened.capture_output()
    version = ".".join(map(str, sys.version_info[:3]))
    log.info("Python %s, %s, data in %s", version, os.environ.get(paths.SETTINGS_MODULE), places.app_data)
    return opened


def _close_database() -> None:
    from . import prepare

    try:
        prepare.close_database()
    except Exception:
        # Nothing is lost: SQLite reads its write-ahead log on the next start.
        log.exception("the database's write-ahead log stays")
