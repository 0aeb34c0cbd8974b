"""Hours of use: pages, tasks and backups. What the processes hold at the end is what they held early on."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from launch import PATIENCE_SECS, Installation, Launched, wait_until, worker_pids
from people import add, use_people

# What a person looks at between two things that she does.
PAGES = ("/address/", "/media/uploads/first.bin", "/address/?again=1", "/nothing-there/")
TOKEN = "a-token-of-the-window"
# Parts of the whole; the first fills caches and pools.
PARTS = 10


class Held(NamedTuple):
    """What a process has taken from the system."""

    threads: int
    descriptors: int
    memory_kb: int


def held(pid: int) -> Held:
    """By the kernel's account. The memory is what the process has for itself."""
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    smaps = dict(line.split(":", 1) for line in (process / "smaps_rollup").read_text().splitlines()[1:])
    memory = sum(int(value.split()[0]) for name, value in smaps.items() if name.startswith("Private_"))
    return Held(int(status["Threads"]), len(list((process / "fd").iterdir())), memory)


class Person:
    """Somebody at the window of one launch, on one connection as a browser keeps it."""

    def __init__(self, installation: Installation, launched: Launched) -> None:
        self.installation, self.launched = installation, launched
        self.connection = http.client.HTTPConnection(urlsplit(launched.url).netloc, timeout=PATIENCE_SECS)
        self.enqueued = self.backups = 0

    def get(self, path: str) -> bytes:
        """A page."""
        self.connection.request("GET", path, headers={"X-Desktop-Django-Token": TOKEN})
        return self.connection.getresponse().read()

    def use(self, requests: int, tasks: int, backups: int) -> None:
        """Look at pages, and now and then have something done."""
        for number in range(requests - tasks):
            self.get(PAGES[number % len(PAGES)])
        for _ in range(tasks):
            assert self.get(f"/enqueue/?text=task-{self.enqueued}") == b"queued"
            self.enqueued += 1
        for _ in range(backups):
            self.backups += 1
            self.launched.say(json.dumps({"verb": "backup", "id": str(self.backups), "media": True}))
            self.launched.wait_for("done")
        wait_until(self._is_all_done, "the tasks are done")
        # A server closes a connection that is idle for long; each part begins with a new one.
        self.connection.close()

    def _is_all_done(self) -> bool:
        notes = json.loads(self.get("/"))["notes"]
        return sum(text.startswith("task-") for text in notes) == self.enqueued


@pytest.mark.usefixtures("with_worker")
@pytest.mark.parametrize(
    ("requests", "tasks", "backups"),
    [(400, 20, 10), pytest.param(20_000, 500, 50, marks=pytest.mark.long)],
)
def test_hours_of_use_leave_nothing_behind(installation: Installation, requests: int, tasks: int, backups: int) -> None:
    use_people(installation)
    installation.environment["DESKTOP_DJANGO_AUTH_TOKEN"] = TOKEN
    installation.run_once()
    add(installation, "first")
    launched = installation.start()
    launched.wait_for("phase:worker")
    person = Person(installation, launched)
    with closing(person.connection):
        person.use(requests // PARTS, tasks // PARTS, backups // PARTS)
        before = [held(pid) for pid in (launched.pid, *worker_pids(installation))]
        for _ in range(PARTS - 1):
            person.use(requests // PARTS, tasks // PARTS, backups // PARTS)
        after = [held(pid) for pid in (launched.pid, *worker_pids(installation))]
    assert (person.enqueued, person.backups) == (tasks, backups)
    assert [now[:2] for now in after] == [then[:2] for then in before], (before, after)
    for then, now in zip(before, after, strict=True):
        assert now.memory_kb <= 1.1 * then.memory_kb, (before, after)
    print(f"held early {before}, at the end {after}")  # noqa: T201 - a figure for people who run it with -s
    launched.stop()
