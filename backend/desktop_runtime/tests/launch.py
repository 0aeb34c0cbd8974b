"""Starts the launcher the way a shell does, and talks to it: events, pages, the log, the processes it leaves.

Waiting is by event, never by the clock; the limits here only end a test that hangs. `WITHIN_SECS` is the one figure
that the launcher protocol promises.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import queue
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).resolve().parent
# Where the runtime is imported from.
SOURCES = HERE.parent / "src"

WITHIN_SECS = 5.0
PATIENCE_SECS = 60.0
# Found in the environment of every process that a test has started, and in that of their children.
MARK = "DESKTOP_RUNTIME_TEST"

Event: TypeAlias = dict[str, Any]

GOOD_MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("notes", "{after}")]
    operations = [migrations.AddField("note", "{field}", models.CharField(max_length=20, default="-", null=True))]
"""

# Commits each step, so that only a copy can undo it; then does what the test wants.
HALF_MIGRATION = """
from pathlib import Path
import time
from django.db import migrations, models

def lose_half(apps, schema_editor):
    schema_editor.execute("DELETE FROM notes_note WHERE id % 2 = 0")

def then(apps, schema_editor):
    {then}

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("notes", "0001_initial")]
    operations = [
        migrations.RunPython(lose_half),
        migrations.AddField("note", "half", models.CharField(max_length=20, default="-", null=True)),
        migrations.RunPython(then),
    ]
"""


@dataclass
class Installation:
    """One person's installation: the app's code, its data, and the environment a shell gives it."""

    project: Path
    data: Path
    environment: dict[str, str]
    command: list[str] = field(default_factory=lambda: [sys.executable, "-m", "desktop_runtime"])
    launches: list[Launched] = field(default_factory=list)

    @property
    def database(self) -> Path:
        """The database of the app."""
        return self.data / "app.sqlite3"

    @property
    def log(self) -> str:
        """All of the log, oldest line first."""
        files = sorted((self.data / "logs").glob("desktop.log*"), reverse=True)
        return "".join(path.read_text(encoding="utf-8") for path in files)

    @property
    def backups(self) -> list[Path]:
        """The copies of the database, oldest first."""
        return sorted((self.data / "backups").glob("*.sqlite3"))

    def launch(self, **environment: str) -> Launched:
        """Start the launcher and return at once."""
        launched = Launched(
            subprocess.Popen(
                self.command,
                cwd=self.project,
                env=self.environment | environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )
        self.launches.append(launched)
        return launched

    def start(self, **environment: str) -> Launched:
        """Start the launcher and wait until it is ready."""
        launched = self.launch(**environment)
        launched.wait_for("ready")
        return launched

    def run_once(self, **environment: str) -> Launched:
        """Start and stop, as a person does who looks at the first page only."""
        launched = self.start(**environment)
        launched.stop()
        return launched

    def fail(self, **environment: str) -> Event:
        """Start the launcher, which must fail; return the `failed` event."""
        launched = self.launch(**environment)
        failed = launched.wait_for("failed")
        assert launched.wait() == 1
        assert launched.names[-1] == "failed"
        return failed

    def migration(self, name: str, source: str) -> Path:
        """Give the app one more migration: a new version of it."""
        path = self.project / "notes" / "migrations" / f"{name}.py"
        path.write_text(source)
        # A file that is rewritten within a second, in the same size, would be taken from the bytecode cache.
        shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
        return path

    def rows(self, query: str = "SELECT text FROM notes_note WHERE text != 'started' ORDER BY id") -> list[Any]:
        """The first column of a query on the database, while nobody else uses it."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            return [row[0] for row in connection.execute(query)]


class Launched:
    """A running launcher."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.lines: list[bytes] = []
        self.events: list[Event] = []
        self._incoming: queue.Queue[Event | None] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        self.errors = b""
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The process id of the launcher."""
        return self.process.pid

    @property
    def names(self) -> list[str]:
        """The events so far, in short: `phase:migrate`, `ready`."""
        return [f"phase:{event['name']}" if event["event"] == "phase" else event["event"] for event in self.events]

    @property
    def url(self) -> str:
        """The address from the `ready` event."""
        return str(next(event["url"] for event in self.events if event["event"] == "ready"))

    def wait_for(self, name: str) -> Event:
        """The next event of this name, `phase:…` for a phase. The end of the stream fails the test."""
        for event in self.events:
            if self._matches(event, name) and not event.get("seen"):
                event["seen"] = True
                return event
        while (event := self._incoming.get(timeout=PATIENCE_SECS)) is not None:
            self.events.append(event)
            if self._matches(event, name):
                event["seen"] = True
                return event
        raise AssertionError(f"no {name!r} in {self.names}; stderr: {self.errors.decode()}")

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and text of a page, asked for as the shell asks: with the token, if the address has one."""
        if token := parse_qs(urlsplit(self.url).query).get("token"):
            headers.setdefault("X_Desktop_Django_Token", token[0])
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_SECS)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return response.status, response.read().decode()

    def notes(self) -> list[str]:
        """The notes as the app shows them, without those about its starts."""
        status, body = self.get("/")
        assert status == 200, body
        return [text for text in json.loads(body)["notes"] if text != "started"]

    def say(self, line: str) -> None:
        """Write a line to the launcher's stdin."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def close_stdin(self) -> None:
        """What happens when the shell ends, in whatever way."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def stop(self, how: Callable[[], None] | None = None) -> None:
        """Ask for an end in a way (default: close stdin) and check that it is the promised one."""
        asked = time.monotonic()
        (how or self.close_stdin)()
        assert self.wait() == 0, self.names
        assert time.monotonic() - asked < WITHIN_SECS
        assert self.names[-1] == "stopped"

    def wait(self) -> int:
        """Wait for the end and for the last event; return the exit code."""
        code = self.process.wait(timeout=PATIENCE_SECS)
        self._readers[0].join(timeout=PATIENCE_SECS)
        while not self._incoming.empty():
            event = self._incoming.get()
            if event is not None:
                self.events.append(event)
        return code

    def kill(self) -> None:
        """SIGKILL: no code of the launcher runs any more."""
        self.process.kill()
        self.process.wait(timeout=PATIENCE_SECS)

    def dispose(self) -> None:
        """For the end of a test."""
        if self.process.poll() is None:
            self.kill()
        for reader in self._readers:
            reader.join(timeout=PATIENCE_SECS)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _read_events(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError):  # The test has closed it.
            for line in self.process.stdout:
                self.lines.append(line)
                self._incoming.put(json.loads(line))
        self._incoming.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors += line

    @staticmethod
    def _matches(event: Event, name: str) -> bool:
        return event["event"] == name or (event["event"] == "phase" and name == f"phase:{event['name']}")


def wait_until(condition: Callable[[], object], what: str, secs: float = PATIENCE_SECS) -> None:
    """Look again and again until something is so."""
    deadline = time.monotonic() + secs
    while not condition():
        assert time.monotonic() < deadline, f"not within {secs} s: {what}"
        time.sleep(0.02)


def processes(mark: str) -> list[int]:
    """All processes that carry the mark of a test, children and orphans too."""
    return sorted(pid for pid, environment, _ in _others() if environment.get(MARK) == mark)


def worker_pids(installation: Installation) -> list[int]:
    """The worker processes of an installation."""
    mark = installation.environment[MARK]
    return sorted(
        pid
        for pid, environment, command in _others()
        if environment.get(MARK) == mark and "desktop_runtime.worker_process" in command
    )


def kill(pid: int) -> None:
    """No code of the process runs any more. On Windows that is what every signal does that has no console."""
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def _others() -> Iterator[tuple[int, dict[str, str], list[str]]]:
    """The other processes that run, with their environment and command line, as far as they may be read."""
    read = _of_proc if sys.platform == "linux" else _of_psutil
    return (found for found in read() if found[0] != os.getpid())


def _of_proc() -> Iterator[tuple[int, dict[str, str], list[str]]]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            environment, command = ((folder / name).read_text(errors="replace") for name in ("environ", "cmdline"))
            if state != "Z":
                pairs = (entry.partition("=") for entry in environment.split("\0"))
                yield int(folder.name), {name: value for name, _, value in pairs}, command.split("\0")


def _of_psutil() -> Iterator[tuple[int, dict[str, str], list[str]]]:
    import psutil

    for process in psutil.process_iter():
        # One that has just ended, one of another person, and what Wine does not know of a process.
        with contextlib.suppress(psutil.Error, OSError):
            yield process.pid, process.environ(), process.cmdline()


@contextlib.contextmanager
def nothing_left(mark: str) -> Iterator[None]:
    """Whatever was started inside must be gone soon after."""
    try:
        yield
        wait_until(lambda: not processes(mark), f"processes of the test end: {processes(mark)}", WITHIN_SECS)
    finally:
        for pid in processes(mark):
            # It may have ended meanwhile; Windows calls that a wrong parameter.
            with contextlib.suppress(OSError):
                kill(pid)


@contextlib.contextmanager
def fresh_installation(folder: Path) -> Iterator[Installation]:
    """An installation below `folder`, and at its end the check that nothing of it still runs."""
    if sys.platform != "linux" and importlib.util.find_spec("psutil") is None:
        pytest.skip("finds left-over processes through psutil (uv sync)")
    project = folder / "project"
    shutil.copytree(HERE / "project", project, ignore=shutil.ignore_patterns("__pycache__"))
    mark = uuid.uuid4().hex
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DESKTOP_DJANGO_", "DJANGO_"))}
    # Compiling the runtime anew for each launch would take longer than the launch.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    environment = kept | {
        "PYTHONPATH": os.pathsep.join([str(SOURCES), str(project)]),
        "DJANGO_SETTINGS_MODULE": "notebook",
        "DESKTOP_DJANGO_APP_DATA_DIR": str(folder / "data"),
        MARK: mark,
    }
    made = Installation(project, folder / "data", environment)
    try:
        with nothing_left(mark):
            yield made
            for launched in made.launches:
                launched.dispose()
    finally:
        for launched in made.launches:
            launched.dispose()
