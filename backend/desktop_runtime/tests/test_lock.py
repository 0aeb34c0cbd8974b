"""Who may have the app-data folder, told by what its lock says."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from desktop_runtime.lock import AlreadyRunning, InstanceLock
from launch import SOURCES

if TYPE_CHECKING:
    from pathlib import Path

# Holds the lock with each text for as long as told, then lets go.
HOLDER = """
import pathlib, sys, time
from desktop_runtime import lock

held = lock.InstanceLock(pathlib.Path(sys.argv[1]))
held.acquire()
for text, secs in zip(sys.argv[2::2], sys.argv[3::2]):
    held._write(text)
    print(flush=True)
    time.sleep(float(secs))
"""


def hold(path: Path, *texts_and_secs: str) -> subprocess.Popen[bytes]:
    """Another process that has the lock and says these texts in turn."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path, *texts_and_secs],
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline()
    return holder


def test_a_holder_that_stops_late_and_has_just_emptied_the_file_is_waited_for(tmp_path: Path) -> None:
    # It has stopped for longer than a lock without an id is believed, when its last act is seen half done.
    with hold(tmp_path / "lock", "7 stopping", "0.7", "", "0.2"):
        lock = InstanceLock(tmp_path / "lock")
        lock.acquire()
    lock.release()


@pytest.mark.parametrize(("text", "pid"), [("7", 7), ("", 0)])
def test_a_holder_that_stays_is_told(tmp_path: Path, text: str, pid: int) -> None:
    with hold(tmp_path / "lock", text, "60") as holder:
        with pytest.raises(AlreadyRunning) as told:
            InstanceLock(tmp_path / "lock").acquire()
        holder.kill()
    assert told.value.pid == pid
