"""Kills at random moments: whatever is cut off, the next start has all data, whole."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import time

import pytest

from launch import GOOD_MIGRATION, Installation

NOTES = ["one", "two", "three"]
ROUNDS = [2, pytest.param(100, marks=pytest.mark.long)]


def check_whole(installation: Installation) -> None:
    """Start once more, undisturbed: everything is there, nothing is left over."""
    launched = installation.start()
    assert launched.notes() == NOTES
    launched.stop()
    with contextlib.closing(sqlite3.connect(installation.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    left = {path.name for path in installation.data.iterdir()}
    assert left <= {
        "app.sqlite3",
        "secret-key",
        "desktop.lock",
        "port",
        "version.json",
        "logs",
        "backups",
        "started",
        "migrations-checked",
    }
    if (installation.data / "backups").exists():
        assert len(installation.backups) <= 4
        assert not list((installation.data / "backups").glob("*.partial*"))


@pytest.mark.parametrize("rounds", ROUNDS)
def test_kills_during_first_starts(installation: Installation, rounds: int) -> None:
    moments = random.Random(20261122)
    for _ in range(rounds):
        shutil.rmtree(installation.data, ignore_errors=True)
        for _ in range(2):
            launched = installation.launch()
            time.sleep(moments.uniform(0, 0.9))
            launched.kill()
        check_whole(installation)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_kills_during_updates(installation: Installation, rounds: int) -> None:
    moments = random.Random(20261123)
    installation.run_once()
    after = "0001_initial"
    for number in range(2, rounds + 2):
        name = f"{number:04}_more"
        installation.migration(name, GOOD_MIGRATION.format(after=after, field=f"field{number}"))
        after = name
        for _ in range(2):
            launched = installation.launch()
            time.sleep(moments.uniform(0.1, 0.7))
            launched.kill()
        check_whole(installation)
