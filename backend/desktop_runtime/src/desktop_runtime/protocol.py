"""The launcher protocol: events go out on stdout, one JSON object a line; requests come in on stdin, `stop` among them.

Both streams are taken away from everybody else: a `print` in the app can't be mistaken for an event, a child process
can't swallow the request. Which request means what is for the launcher.
"""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Phase: TypeAlias = Literal["prepare", "backup", "migrate", "seed", "serve", "worker"]

# A request names a file or two.
LONGEST_REQUEST = 64 * 1024


def open_missing_streams() -> None:
    """Give a process that was started without stdin, stdout or stderr empty ones.

    Otherwise the next file to be opened gets the free number, and whoever writes to stdout writes into it."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


class Events:
    """Sends events to the shell, from any thread.

    A shell that closed its end is gone or going. That is for stdin to tell, so a failed write is not an error here."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        self._lock = threading.Lock()

    @classmethod
    def claim(cls) -> Events:
        """Keep stdout for events; let file descriptor 1 point to where errors go, also for child processes."""
        descriptor = os.dup(1)
        os.dup2(2, 1)
        return cls(descriptor)

    def phase(self, name: Phase) -> None:
        """What the launch is doing now, for the splash."""
        self._send("phase", name=name)

    def ready(self, url: str) -> None:
        """The server listens at `url`; the first request will be answered."""
        self._send("ready", url=url, pid=os.getpid())

    def failed(self, title: str, detail: str, log: str | None) -> None:
        """The launch is over. `log` is the path of the log, None when there is none yet."""
        self._send("failed", title=title, detail=detail, log=log)

    def already_running(self, pid: int) -> None:
        """Another instance, process `pid` (0: unknown), holds this app-data folder."""
        self._send("already-running", pid=pid)

    def stopped(self) -> None:
        """The last line of a clean stop."""
        self._send("stopped")

    def tell(self, event: str, **fields: Any) -> None:
        """What came of a request: `progress`, `done` or `refused`, see `service`."""
        self._send(event, **fields)

    def _send(self, event: str, **fields: Any) -> None:
        # json escapes everything outside ASCII, so the line is the same in every locale.
        line = json.dumps({"event": event, **fields}).encode() + b"\n"
        with self._lock:
            if self._descriptor is None:
                return
            try:
                while line:
                    line = line[os.write(self._descriptor, line) :]
            except OSError:
                self._descriptor = None


def take_stdin() -> int:
    """Keep stdin for the caller: the app and its child processes read from nowhere."""
    pipe = os.dup(0)
    silence(0)
    return pipe


def await_stop(pipe: int, ask: Callable[[bytes], None] = lambda _line: None) -> str:
    """Read until the shell says `stop` or closes its end; return in words which it was. `ask` gets its requests."""
    rest = b""
    while block := _read(pipe):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            if line.strip() == b"stop":
                return "the shell said stop"
            if line.lstrip()[:1] == b"{":
                ask(line)
        rest = rest[-LONGEST_REQUEST:]
    return "stdin was closed"


def _read(pipe: int) -> bytes:
    try:
        return os.read(pipe, 1000)
    except OSError:  # A terminal that has gone, or a broken pipe on Windows: an end like any other.
        return b""


def silence(descriptor: int) -> None:
    """Point a standard descriptor to nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, descriptor)
    if nowhere != descriptor:
        os.close(nowhere)
