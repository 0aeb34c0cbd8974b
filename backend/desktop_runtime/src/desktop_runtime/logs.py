"""The log: one rotating file for everything that happens, written by one process.

Three sources end there: Python's logging of this process, whatever anybody prints to stdout or stderr here (also a C
library or a child process of the app), and the output of the worker. Each line has time (UTC, because the settings may
change the time zone), level and process id; what must stay secret is blotted out.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import logging
import os
import re
import sys
import threading
import time
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING
from urllib.parse import quote

from .protocol import silence

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

MAX_BYTES = 1_000_000
PREDECESSORS = 4
LONGEST_LINE = 64 * 1024
SHORTEST_SECRET = 8
LAST_OUTPUT_WAIT_SECS = 0.5

# The packages whose loggers stay on even if the project's LOGGING switches off those that exist already.
HEARD = ("desktop_runtime", "django", "waitress")

# How a worker's line starts, see `log_to_launcher`.
WORKER_LINE = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL) ([\w.-]+): (.*)", re.DOTALL)


class LineFormatter(logging.Formatter):
    """Puts the head of the record before each line of it, also of a traceback, and blots secrets out."""

    def __init__(self, head: str) -> None:
        super().__init__("%(message)s")
        self.default_msec_format = "%s.%03dZ"
        self.converter = time.gmtime
        self._head = head
        self._timed = "%(asctime)" in head
        self.secrets: tuple[str, ...] = ()

    def format(self, record: logging.LogRecord) -> str:
        text = self.redacted(super().format(record))
        if self._timed:
            record.asctime = self.formatTime(record)
        head = self._head % vars(record)
        return "\n".join(head + line for line in text.splitlines() or [""])

    def redacted(self, text: str) -> str:
        """The text with stars in place of each secret."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


class Log(RotatingFileHandler):
    """The file. There is one in a process; `start` makes it."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, maxBytes=MAX_BYTES, backupCount=PREDECESSORS, encoding="utf-8", errors="backslashreplace"
        )
        self.lines = LineFormatter("%(asctime)s %(levelname)s [%(process)d] %(name)s: ")
        self.setFormatter(self.lines)
        self._mirror: logging.Handler | None = None
        self._pump: threading.Thread | None = None

    def attach(self) -> None:
        """Make this the root's handler. To be repeated after Django has set up its logging, which undoes it."""
        root = logging.getLogger()
        _forget_console(root)
        for name in root.manager.loggerDict:
            if name.partition(".")[0] in HEARD:
                logging.getLogger(name).disabled = False
        # The project's errors must arrive here whatever it does with them otherwise.
        deaf = [logger for name in ("django", "django.request") if not (logger := logging.getLogger(name)).propagate]
        for logger in (root, *deaf):
            for handler in (self, self._mirror):
                if handler is not None and handler not in logger.handlers:
                    logger.addHandler(handler)

    def hide(self, *secrets: str | None) -> None:
        """Never write these values, nor as part of an address. A short one is in every other word, so it stays."""
        long = [secret for secret in secrets if secret and len(secret) >= SHORTEST_SECRET]
        self.lines.secrets += tuple(dict.fromkeys(form for secret in long for form in (secret, quote(secret, safe=""))))

    def redacted(self, text: str) -> str:
        """The text without the values to hide."""
        return self.lines.redacted(text)

    def capture_output(self) -> None:
        """From now on what is written to stdout and stderr is lines of this log. A terminal sees the log as well."""
        with contextlib.suppress(OSError):
            if os.isatty(2):
                self._mirror = logging.StreamHandler(os.fdopen(os.dup(2), "w", buffering=1))
                self._mirror.setFormatter(self.lines)
        reader, writer = os.pipe()
        for descriptor in (1, 2):
            os.dup2(writer, descriptor)
        os.close(writer)
        # New text streams: line by line, and never an error because of a locale that can't say "é".
        sys.stdout, sys.stderr = (
            io.TextIOWrapper(
                os.fdopen(descriptor, "wb", closefd=False),
                encoding="utf-8",
                errors="backslashreplace",
                line_buffering=True,
            )
            for descriptor in (1, 2)
        )
        self._pump = self.relay(os.fdopen(reader, "rb", buffering=0), os.getpid())

    def relay(self, pipe: IO[bytes], pid: int) -> threading.Thread:
        """Log what comes out of a pipe as lines of process `pid`, on a thread, until nobody can write to it."""
        thread = threading.Thread(target=self._relay, args=(pipe, pid), name=f"log-of-{pid}", daemon=True)
        thread.start()
        return thread

    def finish(self) -> None:
        """Write what has been printed up to now, and let go of stdout and stderr."""
        if self._pump is None:
            return
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        for descriptor in (1, 2):
            silence(descriptor)
        self._pump.join(LAST_OUTPUT_WAIT_SECS)
        self.flush()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """A line that can't be written (a full disk) is lost: a complaint on stderr would come back here as a line."""

    def _open(self) -> io.TextIOWrapper:
        # Called for the first file and after each rotation; a crash of the interpreter writes to the current one.
        stream = super()._open()
        faulthandler.enable(stream)
        return stream

    def _relay(self, pipe: IO[bytes], pid: int) -> None:
        rest = b""
        with pipe:
            while block := pipe.read(LONGEST_LINE):
                *lines, rest = (rest + block).split(b"\n")
                for line in lines:
                    self._log_line(line, pid)
                if len(rest) > LONGEST_LINE:
                    self._log_line(rest, pid)
                    rest = b""
        if rest:
            self._log_line(rest, pid)

    def _log_line(self, line: bytes, pid: int) -> None:
        text = line.decode("utf-8", "backslashreplace").rstrip("\r")
        match = WORKER_LINE.match(text)
        level, name, message = match.groups() if match else ("INFO", "output", text)
        record = logging.LogRecord(name, getattr(logging, level), "", 0, message, None, None)
        record.process = pid
        for handler in (self, self._mirror):
            if handler is not None:
                handler.handle(record)


def start(path: Path) -> Log:
    """Open the log and send this process's logging to it."""
    log = Log(path)
    logging.getLogger().setLevel(logging.INFO)
    # Warnings of Python are for the developer, who sees them in the tests.
    log.attach()
    return log


def log_to_launcher() -> None:
    """In the worker: log to stderr in the form that the launcher's `Log` reads."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter("%(levelname)s %(name)s: "))
    root = logging.getLogger()
    _forget_console(root)
    root.setLevel(logging.INFO)
    root.addHandler(handler)


def _forget_console(root: logging.Logger) -> None:
    """Take away the handlers that write to stderr, as Django's own do in development: each line would come twice."""
    for logger in (root, logging.getLogger("django")):
        for handler in logger.handlers[:]:
            if type(handler) is logging.StreamHandler and handler.stream in (sys.stdout, sys.stderr):
                logger.removeHandler(handler)
