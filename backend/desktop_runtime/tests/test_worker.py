"""The background workers: alive while the app runs and not a moment longer, and what becomes of their tasks."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
from functools import partial
from pathlib import Path

import pytest

from launch import WITHIN_SECS, Installation, Launched, kill, wait_until, worker_pids

pytestmark = pytest.mark.usefixtures("with_worker")


def wait_for_worker(installation: Installation, other_than: int = 0) -> int:
    """The process id of the one worker."""
    wait_until(lambda: [pid for pid in worker_pids(installation) if pid != other_than], "a worker runs")
    (pid,) = worker_pids(installation)
    return pid


def run_task(launched: Launched, text: str) -> None:
    """Queue a task and wait for what it does."""
    launched.get(f"/enqueue/?text={text}")
    wait_until(lambda: any(note.startswith(f"{text} by") for note in launched.notes()), f"task {text} has run")


def test_a_task_runs_in_the_worker(installation: Installation) -> None:
    launched = installation.start()
    run_task(launched, "hello")
    assert f"hello by {wait_for_worker(installation)}" in launched.notes()
    launched.stop()


def test_a_worker_that_dies_is_restarted_after_growing_pauses(installation: Installation) -> None:
    launched = installation.start()
    pid = 0
    for _ in range(3):
        pid = wait_for_worker(installation, other_than=pid)
        kill(pid)
    run_task(launched, "survivor")
    launched.stop()
    pauses = re.findall(r"ended with code -9; next start in ([\d.]+) s", installation.log)
    assert pauses == ["0.5", "1.0", "2.0"]


def test_a_worker_command_that_fails_is_logged_and_the_pages_stay(installation: Installation) -> None:
    launched = installation.start(TEST_DESKTOP_RUNTIME='{"WORKER_COMMAND": ["no_such_command"]}')
    wait_until(lambda: "ended with code 1; next start" in installation.log, "the worker fails")
    assert launched.get("/")[0] == 200
    launched.stop()
    assert re.search(r"CommandError: Unknown command: 'no_such_command'", installation.log)


def test_without_a_worker_command_there_is_none(installation: Installation) -> None:
    launched = installation.start(TEST_DESKTOP_RUNTIME='{"WORKER_COMMAND": null}')
    time.sleep(1)
    assert not worker_pids(installation)
    launched.stop()
    assert "phase:worker" not in launched.names
    assert re.search(r"no worker runs: tasks of django_tasks[\w.]*\.DatabaseBackend wait for one", installation.log)


def test_several_workers_are_kept_running_and_ended_together(installation: Installation) -> None:
    for name in ("first", "second"):
        (installation.project / "notes" / "management" / "commands" / f"{name}.py").write_text(
            "import time\n"
            "from django.core.management.base import BaseCommand\n"
            "class Command(BaseCommand):\n"
            "    def handle(self, **options):\n"
            f"        print('{name} ä works', flush=True)\n"
            "        time.sleep(60)\n"
        )
    launched = installation.start(TEST_DESKTOP_RUNTIME='{"WORKER_COMMAND": [["first"], ["second"]]}')
    wait_until(lambda: all(f"output: {name} ä works" in installation.log for name in ("first", "second")), "both work")
    killed, _other = worker_pids(installation)
    kill(killed)
    wait_until(lambda: len(re.findall("output: .* works", installation.log)) == 3, "it was started again")
    assert len(worker_pids(installation)) == 2
    launched.stop()
    assert launched.names.count("phase:worker") == 1


@pytest.mark.parametrize(("policy", "status"), [("fail", "FAILED"), ("retry", "RUNNING")])
def test_a_task_of_a_worker_that_was_killed_is_finished_or_tried_again(
    installation: Installation, policy: str, status: str
) -> None:
    launched = installation.start(TEST_DESKTOP_RUNTIME=f'{{"INTERRUPTED_TASKS": "{policy}"}}')
    launched.get("/enqueue/?secs=60")
    wait_until(lambda: "sleeping" in launched.notes(), "the task runs")
    kill(wait_for_worker(installation))
    wait_until(lambda: "was interrupted and" in installation.log, "it is put right")
    if policy == "retry":
        wait_until(lambda: launched.notes().count("sleeping") == 2, "it runs again")
    assert task_states(installation) == [status]
    launched.stop()


@pytest.mark.parametrize(("policy", "runs"), [("fail", 1), ("retry", 3)])
def test_a_task_that_was_running_when_the_app_was_killed_is_put_right_by_the_next_start(
    installation: Installation, policy: str, runs: int
) -> None:
    settings = f'{{"INTERRUPTED_TASKS": "{policy}"}}'
    launched = installation.start(TEST_DESKTOP_RUNTIME=settings)
    launched.get("/enqueue/?secs=60")
    for number in range(1, runs + 1):
        wait_until(partial(has_begun, launched, number), "the task runs")
        launched.kill()
        wait_until(lambda: not worker_pids(installation), "the worker ends", WITHIN_SECS)
        with contextlib.closing(sqlite3.connect(installation.database)) as connection, connection:
            # As it is when the worker is killed, too, and can't give its task up.
            connection.execute("UPDATE django_tasks_database_dbtaskresult SET status = 'RUNNING'")
        launched = installation.start(TEST_DESKTOP_RUNTIME=settings)
    assert task_states(installation) == ["FAILED"]
    launched.stop()
    assert "Interrupted" in installation.rows("SELECT traceback FROM django_tasks_database_dbtaskresult")[0]


def has_begun(launched: Launched, times: int) -> bool:
    """Whether the sleeping task was begun so many times."""
    return launched.notes().count("sleeping") == times


def task_states(installation: Installation) -> list[str]:
    """How the queue says that its tasks are."""
    return [str(status) for status in installation.rows("SELECT status FROM django_tasks_database_dbtaskresult")]


def test_a_task_that_ends_soon_is_finished_at_the_stop(installation: Installation) -> None:
    launched = installation.start()
    launched.get("/enqueue/?secs=1")
    wait_until(lambda: "sleeping" in launched.notes(), "the task runs")
    launched.stop()
    # The second is the word of older releases.
    assert task_states(installation) in (["SUCCESSFUL"], ["SUCCEEDED"])


def test_a_long_task_is_marked_as_failed_at_the_stop(installation: Installation) -> None:
    launched = installation.start()
    launched.get("/enqueue/?secs=60")
    wait_until(lambda: "sleeping" in launched.notes(), "the task runs")
    launched.stop()
    assert installation.rows("SELECT status FROM django_tasks_database_dbtaskresult") == ["FAILED"]
    assert not list(installation.data.glob("*.sqlite3-*"))


def test_a_worker_that_ignores_every_request_is_killed(installation: Installation) -> None:
    stubborn = installation.project / "notes" / "management" / "commands" / "stubborn.py"
    stubborn.write_text(
        "import signal, time\n"
        "from django.core.management.base import BaseCommand\n"
        "class Command(BaseCommand):\n"
        "    def handle(self, **options):\n"
        "        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "        print('deaf', flush=True)\n"
        "        time.sleep(60)\n"
    )
    launched = installation.start(TEST_DESKTOP_RUNTIME='{"WORKER_COMMAND": ["stubborn"]}')
    wait_until(lambda: "output: deaf" in installation.log, "the worker is deaf")
    launched.stop()
    assert "is killed" in installation.log

    launched = installation.start(TEST_DESKTOP_RUNTIME='{"WORKER_COMMAND": ["stubborn"]}')
    wait_until(lambda: installation.log.count("output: deaf") == 2, "the worker is deaf")
    launched.kill()
    wait_until(lambda: not worker_pids(installation), "the worker notices by itself", WITHIN_SECS)


def test_the_launcher_keeps_lock_and_pipes_from_the_worker(installation: Installation) -> None:
    launched = installation.start()
    pid = wait_for_worker(installation)
    its_files, our_files = open_files(pid), open_files(launched.pid)
    assert not [name for name in its_files if name.endswith(("desktop.lock", "desktop.log"))]
    shared = {name for name in its_files & our_files if name.startswith(("pipe:", "socket:"))}
    assert len(shared) == 2, "its stdin and its output, nothing else"
    launched.stop()


def open_files(pid: int) -> set[str]:
    """What a process has open: paths, and names of pipes and sockets."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # Closed since it was listed.
            found.add(str(link.readlink()))
    return found
