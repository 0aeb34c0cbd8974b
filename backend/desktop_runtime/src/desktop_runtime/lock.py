"""One instance for each app-data folder: an operating-system lock that ends with its process, however that ends.

The lock file is never removed (removing it would let two processes lock two files of the same name); what counts is the
lock on it. It contains the holder's process id, and the word "stopping" once the holder is on its way out, so that a
program that is reopened at once waits for the old one instead of being turned away.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# A holder that says it is stopping is gone within five seconds; whoever waits for it must not take longer to stop.
STOPPING_WAIT_SECS = 4.8
RETRY_SECS = 0.02
# A holder writes its id right after it has locked, and empties the file right before it lets go; for as long as this a
# reader believes that a lock without an id is one of the two.
NO_PID_WAIT_SECS = 0.5
# On Windows a locked byte can't be read by others: lock one far behind the text.
WINDOWS_LOCK_OFFSET = 1 << 30


class AlreadyRunning(Exception):  # noqa: N818 - a state of affairs, not an error
    """Another process holds the lock. `pid` is its process id, 0 when it could not be read."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"process {pid} is running")
        self.pid = pid


class InstanceLock:
    """The lock of an app-data folder, held from `acquire` until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or raise AlreadyRunning; wait for a holder that is stopping."""
        # Descriptors that Python opens are not inherited by child processes.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            self._wait_for(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        self._write(f"{os.getpid()}\n")

    def announce_stop(self) -> None:
        """Tell a successor that this process is about to let go."""
        self._write(f"{os.getpid()} stopping\n")

    def release(self) -> None:
        """Let go. The end of the process does the same."""
        if self._descriptor is None:
            return
        self._write("")
        os.close(self._descriptor)
        self._descriptor = None

    def _wait_for(self, descriptor: int) -> None:
        started = had_pid = time.monotonic()
        while not _try_lock(descriptor):
            now = time.monotonic()
            pid, stopping = _holder(descriptor)
            if pid:
                had_pid = now
            is_there_to_stay = bool(pid) and not stopping
            if is_there_to_stay or now - had_pid > NO_PID_WAIT_SECS or now - started > STOPPING_WAIT_SECS:
                raise AlreadyRunning(pid)
            time.sleep(RETRY_SECS)

    def _write(self, text: str) -> None:
        if self._descriptor is None:
            return
        # The text only informs; a full disk must not keep the app from starting.
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, text.encode())


def _holder(descriptor: int) -> tuple[int, bool]:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        words = os.read(descriptor, 100).decode("ascii", "replace").split()
    except OSError:
        return 0, False
    pid = int(words[0]) if words and words[0].isdecimal() else 0
    return pid, "stopping" in words


if sys.platform == "win32":
    import msvcrt

    # Wine refuses without saying why.
    REFUSED = (errno.EACCES, 0)

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, WINDOWS_LOCK_OFFSET, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno not in REFUSED:
                raise
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        # A record lock (lockf), not flock: a process that the app forks does not inherit it, so that it can't
        # outlive the launcher in a forgotten child.
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
        return True
