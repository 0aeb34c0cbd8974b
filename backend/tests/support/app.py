"""The app in a process of its own: how to start it, how to put data into it, and the browser that looks at it."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Playwright

from support.packaged import BACKEND, make_environment

# Keep the browser from doing anything of its own.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """The browser's program, if there is one on this computer."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("DDS_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def launch(playwright: Playwright, chromium: str) -> Browser:
    """Start the browser without its own traffic."""
    return playwright.chromium.launch(executable_path=chromium, args=FLAGS)


@dataclass(frozen=True)
class App:
    """The running app, and a way to put data into it behind its back."""

    url: str
    data: Path

    def execute(self, statement: str, *rows: tuple[object, ...]) -> None:
        """Run one statement for each row, in one transaction."""
        with closing(sqlite3.connect(self.data / "app.sqlite3", timeout=20)) as database, database:
            database.executemany(statement, rows)

    def empty(self) -> None:
        """No pony, no routine, and good luck. The worker can't do without the record of what it is working on."""
        self.execute("DELETE FROM example_app_item", ())
        self.execute("DELETE FROM tasks_demo_simulatedtask", ())
        self.execute("DELETE FROM django_tasks_database_dbtaskresult WHERE status <> 'RUNNING'", ())
        self.let_routines_fail(False)

    def add_pony(self, title: str, notes: str = "Likes apples.", status: str = "backlog") -> None:
        """A pony, newer than those that are there."""
        now = datetime.now(UTC).isoformat(" ")
        self.execute(
            "INSERT INTO example_app_item (title, notes, status, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
            (title, notes, status, now, now),
        )

    def add_routine(self, label: str, status: str, result: str = "") -> None:
        """A routine that is not in the queue: only good for a finished one."""
        self.execute(
            "INSERT INTO tasks_demo_simulatedtask (label, backend_task_id, status, result, created_at)"
            " VALUES (?, '', ?, ?, ?)",
            (label, status, result, datetime.now(UTC).isoformat(" ")),
        )

    def let_routines_fail(self, fail: bool) -> None:
        """Decide how the routines started from now on end; see `support/app_process.py`."""
        flag = self.data / "fail"
        if fail:
            flag.touch()
        else:
            flag.unlink(missing_ok=True)


@contextmanager
def start(folder: Path, *, routine_seconds: float = 0.5) -> Iterator[App]:
    """Run the app with its data below `folder`."""
    environment = make_environment(folder)
    process = subprocess.Popen(
        [sys.executable, "tests/support/app_process.py", str(routine_seconds)],
        cwd=BACKEND,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        port = process.stdout.readline().strip() if process.stdout else ""
        assert port, "The app did not start; its complaint is above."
        yield App(f"http://127.0.0.1:{port}", Path(environment["DESKTOP_DJANGO_APP_DATA_DIR"]))
