"""Whatever goes wrong in a start, an update, a backup, a restore or a trial: nothing is lost, the next start works."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from launch import GOOD_MIGRATION, PATIENCE_SECS
from people import add, command, there, use_people
from test_trial import BUSY, BUSY_COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launch import Installation

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
DISK_BYTES = 64_000_000
OPERATIONS = ("start", "update", "trial", "backup", "restore")
# A version with more migrations than that tests nothing new and takes longer.
MOST_UPDATES = 25
ASKED_KEPT = 3


@pytest.fixture
def disk(installation: Installation) -> Iterator[Path | None]:
    """A small disk of its own for the app data, which can be full and read-only; None where that takes more rights."""
    installation.data.mkdir()
    mounted = not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", str(installation.data)], capture_output=True
    ).returncode
    yield installation.data if mounted else None
    if mounted:
        subprocess.run(["umount", "-l", str(installation.data)], check=True)


class Trouble:
    """One person, one operation after the other, each with something that goes wrong."""

    def __init__(self, person: Installation, disk: Path | None, seed: int) -> None:
        self.person = person
        self.numbers = random.Random(seed)
        self.disk = disk
        self.updates = 0
        self.version = 1
        self.faults = [
            "kill",
            "locked",
            *(["full", "read-only"] if disk else []),
            *(["clock"] if FAKETIME.exists() else []),
        ]

    def round(self, number: int) -> None:
        """Put something in, do something that goes wrong, look whether everything is there."""
        add(self.person, f"row-{number}")
        expected = [there(self.person)]
        operation, fault = self.numbers.choice(OPERATIONS), self.numbers.choice(self.faults)
        told = f"round {number}: {fault} in {operation}"
        environment, words = self._operation(operation)
        if operation == "restore":
            backup = command(self.person, "backup", "--media")["file"]
            add(self.person, f"late-{number}")
            expected.append(there(self.person))
            words = ["restore", backup]
        with self._fault(fault, environment):
            self._do(environment, words, killed=fault == "kill")
        launched = self.person.start(TEST_VERSION=f"{self.version}.0")
        assert launched.notes() == ["one", "two", "three"], told
        launched.stop()
        found = there(self.person)
        assert found in expected, told
        self._tidy()

    def _operation(self, name: str) -> tuple[dict[str, str], list[str]]:
        environment = {"TEST_VERSION": f"{self.version}.0"}
        if name == "update" and self.updates < MOST_UPDATES:
            after = f"{self.updates + 1:04}_more" if self.updates else "0001_initial"
            self.updates += 1
            self.version += 1
            source = GOOD_MIGRATION.format(after=after, field=f"field{self.updates}")
            self.person.migration(f"{self.updates + 1:04}_more", source)
            environment["TEST_VERSION"] = f"{self.version}.0"
        if name == "trial":
            environment = {**BUSY, "TEST_FAILS": "1", "TEST_VERSION": f"{self.version}.9"}
        return environment, ["backup", "--media"] if name == "backup" else []

    def _do(self, environment: dict[str, str], words: list[str], *, killed: bool) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "desktop_runtime", *words],
            cwd=self.person.project,
            env=self.person.environment | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin is not None and process.stdout is not None
        with process:
            if killed:
                time.sleep(self.numbers.uniform(0.02, 0.9))
                process.kill()
            elif words:
                process.wait(PATIENCE_SECS)
            else:
                for line in process.stdout:
                    if b'"ready"' in line or b'"failed"' in line:
                        break
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()

    @contextlib.contextmanager
    def _fault(self, name: str, environment: dict[str, str]) -> Iterator[None]:
        with contextlib.ExitStack() as undone:
            if name == "full":
                self._fill(undone)
            elif name == "read-only":
                self._remount("ro")
                undone.callback(self._remount, "rw")
            elif name == "clock":
                days = self.numbers.choice([-400, 400])
                environment |= {"LD_PRELOAD": str(FAKETIME), "FAKETIME": f"{days:+}d"}
            elif name == "locked":
                file = self.person.data / self.numbers.choice(["app.sqlite3", "second.sqlite3"])
                other = undone.enter_context(contextlib.closing(sqlite3.connect(file, isolation_level=None)))
                other.execute("BEGIN EXCLUSIVE")
            yield

    def _fill(self, undone: contextlib.ExitStack) -> None:
        assert self.disk is not None
        ballast = self.disk / "ballast"
        left = self.numbers.choice([0, 4096, 100_000, 200_000, 400_000, 1_000_000, 2_500_000])
        free = max(0, shutil.disk_usage(self.disk).free - left)
        with ballast.open("wb") as file, contextlib.suppress(OSError):
            os.posix_fallocate(file.fileno(), 0, free)
        undone.callback(ballast.unlink)

    def _remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.disk)], check=True)

    def _tidy(self) -> None:
        """What only a person would remove, and what must not be there at all."""
        backups = self.person.data / "backups"
        for why in ("asked", "before-restore"):
            for old in sorted(backups.glob(f"*-{why}.zip"))[:-ASKED_KEPT]:
                old.unlink()
        shutil.rmtree(backups / "media-of-a-failed-start", ignore_errors=True)
        left: list[Any] = [path.name for path in self.person.data.iterdir() if ".partial" in path.name]
        left += [path.name for path in (self.person.data / "restore").glob("*")]
        assert left == []


@pytest.mark.parametrize(("seed", "rounds"), [(20261126, 6), pytest.param(20261127, 1000, marks=pytest.mark.long)])
def test_nothing_is_lost(
    installation: Installation, disk: Path | None, used_data: Path, seed: int, rounds: int
) -> None:
    use_people(installation)
    commands = installation.project / "notes" / "management" / "commands"
    (commands / "busy.py").write_text(BUSY_COMMAND)
    shutil.copytree(used_data, installation.data, dirs_exist_ok=True)
    trouble = Trouble(installation, disk, seed)
    for number in range(rounds):
        trouble.round(number)
