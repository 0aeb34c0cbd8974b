"""A background worker on a thread, for a program that can't start processes of its own kind.

The launcher runs the worker in a child process (see `worker`), which can be killed and leaves the web process alone. A
program bundled with its interpreter has no interpreter to start. So django_tasks_db's worker runs here without its
signal handlers; a task that does not end in time is given up, and its thread ends with the process.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from .faults import LaunchError, reason
from .worker import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django_tasks_db.models import DBTaskResult

    from .logs import Log

log = logging.getLogger(__name__)

COMMAND = "db_worker"


class GivenUp(Exception):  # noqa: N818 - told to a person as the end of a task
    """The app was closed while the task was running."""


class WorkerThread(Supervisor):
    """Keeps one worker running on its own thread, with the launcher's pauses."""

    def __init__(
        self, command: Sequence[str], log_file: Log, report: Callable[[], None], environment: Mapping[str, str]
    ) -> None:
        if command[0] != COMMAND:
            raise LaunchError(
                "The background worker can't be started",
                f"Inside this program only the command {COMMAND} can work off tasks; the app names {command[0]}.",
            )
        super().__init__(command, log_file, report, environment)
        # Set by the worker's thread, read by the one that stops it.
        self._running: _Worker | None = None
        self._is_given_up = False

    def ask_to_stop(self) -> None:
        self._stopping.set()
        if (worker := self._running) is not None:
            worker.end()

    def wait(self, deadline: float) -> None:
        if not self._is_given_up:
            super().wait(deadline)

    def insist(self) -> None:
        if self._thread.is_alive() and (worker := self._running) is not None:
            self._is_given_up = True
            worker.give_up()

    def cut_off(self) -> None:
        """A thread can't be killed. It ends with the process."""

    def kill(self) -> None:
        """Likewise."""
        self._stopping.set()

    def _run_once(self) -> str:
        try:
            self._running = _Worker(self._command[1:])
            if not self._stopping.is_set():
                log.info("the worker runs on a thread")
                self._running.run()
        except (Exception, SystemExit) as error:
            log.exception("the worker failed")
            return f"the worker ended ({reason(error)})"
        return "the worker ended"


class _Worker:
    """django_tasks_db's worker, made from the options of its command."""

    def __init__(self, options: Sequence[str]) -> None:
        from .foreign import db_worker

        class Noting(db_worker.Worker):  # type: ignore[misc]
            """Knows which task it is at."""

            task: DBTaskResult[Any, Any] | None = None

            def run_task(self, db_task_result: DBTaskResult[Any, Any]) -> None:
                self.task = db_task_result
                super().run_task(db_task_result)
                self.task = None

        given = db_worker.Command().create_parser("", COMMAND).parse_args([*options])
        # Older releases know no queues to leave out.
        excluded = {}
        if hasattr(given, "exclude_queues"):
            excluded["excluded_queue_names"] = given.exclude_queues.split(",") if given.exclude_queues else []
        self._worker = Noting(
            queue_names=given.queue_name.split(","),
            interval=given.interval,
            batch=given.batch,
            backend_name=given.backend_name,
            startup_delay=given.startup_delay,
            max_tasks=given.max_tasks,
            worker_id=given.worker_id,
            **excluded,
        )

    def run(self) -> None:
        """Work until `end` is called."""
        from django.db import connections

        try:
            self._worker.run()
        finally:
            connections.close_all()

    def end(self) -> None:
        """Make `run` return after the task that is running, and after the pause between two looks."""
        self._worker.running = False

    def give_up(self) -> None:
        """Mark the task that is running as failed, from another thread: the process is about to end."""
        task = self._worker.task
        if task is None:
            return
        log.warning("task %s does not end in time and is given up", task.id)
        try:
            task.set_failed(GivenUp("The app was closed while the task was running."))
        except Exception:
            log.exception("task %s could not be marked as failed", task.id)
