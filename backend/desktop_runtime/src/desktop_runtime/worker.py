"""The background workers: each started, restarted when it dies, stopped.

A worker is a child process running one management command (see `worker_process`, its inside). Its stdin is a pipe that
this process holds: a line `stop` asks it to end; the end of the pipe, which also comes when this process is killed,
makes it end by itself. So there is no way to leave one behind.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from .faults import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .logs import Log

log = logging.getLogger(__name__)

# The shell asks for its first page at the same moment: that comes first.
FIRST_PAUSE_SECS = 0.3
SHORTEST_PAUSE_SECS = 0.5
LONGEST_PAUSE_SECS = 30.0
# After so long a run, a death is an accident and not a habit.
GOOD_RUN_SECS = 60.0
# How long before it is killed the worker is asked for the second time: django_tasks_db's then gives its task up, and
# marks it as failed.
INSIST_SECS = 1.0

if sys.platform == "win32":
    # Never run here.
    CREATION_FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
else:
    CREATION_FLAGS = 0
# The working folder is no place to look for modules.
SAFE_PATH = ["-P"] if sys.version_info >= (3, 11) else []


def end(workers: Sequence[Supervisor], deadline: float) -> None:
    """After `ask_to_stop`: have all of them gone by `deadline` (time.monotonic), side by side."""
    for worker in workers:
        worker.wait(deadline - INSIST_SECS)
    for worker in workers:
        worker.insist()
    for worker in workers:
        worker.wait(deadline)
    for worker in workers:
        worker.cut_off()


class Supervisor:
    """Keeps one worker running from `start` until `ask_to_stop`."""

    def __init__(
        self, command: Sequence[str], log_file: Log, report: Callable[[], None], environment: Mapping[str, str]
    ) -> None:
        """`report` is called once, before the first start, on another thread. `environment` is for the worker alone."""
        self._command = command
        self._environment = environment
        self._log_file = log_file
        self._report = report
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        # So that nobody asks for a stop between the last look whether to start and the knowledge of the process.
        self._spawning = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="worker-supervisor", daemon=True)

    def start(self) -> None:
        """Start the worker in a moment."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Ask the worker to finish what it does, and return at once."""
        self._stopping.set()
        with self._spawning:
            process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.write(b"stop\n")

    def wait(self, deadline: float) -> None:
        """Return when the worker has ended, or at `deadline` (time.monotonic)."""
        self._thread.join(max(0.0, deadline - time.monotonic()))

    def insist(self) -> None:
        """Ask a worker that is still there for the second time."""
        if self._thread.is_alive():
            self.ask_to_stop()

    def cut_off(self) -> None:
        """Have a worker that is still there gone, by force."""
        if self._thread.is_alive():
            log.warning("the worker %s does not end by itself and is killed", self._command[0])
            self.kill()
            self._thread.join()

    def kill(self) -> None:
        """End the worker and its children without asking."""
        self._stopping.set()
        process = self._process
        if process is None or process.poll() is not None:
            return
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)

    def _run(self) -> None:
        if self._stopping.wait(FIRST_PAUSE_SECS):
            return
        self._report()
        pause = SHORTEST_PAUSE_SECS
        while not self._stopping.is_set():
            started = time.monotonic()
            how = self._run_once()
            if self._stopping.is_set():
                log.info("%s", how)
                return
            if time.monotonic() - started >= GOOD_RUN_SECS:
                pause = SHORTEST_PAUSE_SECS
            log.error("%s; next start in %.1f s", how, pause)
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECS)

    def _run_once(self) -> str:
        """Run the worker until it ends; return in words how it did."""
        try:
            with self._spawning:
                if self._stopping.is_set():
                    return f"the worker {self._command[0]} was not running"
                self._process = process = self._spawn()
        except OSError as error:
            return f"the worker {self._command[0]} could not be started ({reason(error)})"
        log.info("the worker %s runs as process %d", self._command[0], process.pid)
        return f"the worker {self._command[0]} (process {process.pid}) ended with code {process.wait()}"

    def _spawn(self) -> subprocess.Popen[bytes]:
        # The worker finds the same modules as this process does, however this one was started.
        environment = {**os.environ, **self._environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = subprocess.Popen(  # noqa: S603 - the project's own command
            [sys.executable, *SAFE_PATH, "-m", "desktop_runtime.worker_process", *self._command],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            creationflags=CREATION_FLAGS,
            # On POSIX: a Ctrl-C in the terminal is for the launcher alone, and the worker's children can be killed.
            start_new_session=True,
        )
        if process.stdout is not None:
            self._log_file.relay(process.stdout, process.pid)
        return process
