"""The socket that the app is served on: loopback only, and the same port each time.

Browsers tie localStorage and service workers to the port. So it is chosen once for an installation, kept in the
app-data folder and taken again when it is free; else the app gets another one for this time.
"""

from __future__ import annotations

import contextlib
import random
import socket
import sys
from typing import TYPE_CHECKING

from . import files
from .faults import LaunchError, reason

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below the ports that systems lend to outgoing connections, above those that browsers refuse to talk to.
CHOICE = range(20_000, 32_768)
TRIES = 20
# As many connections wait while the app answers others.
BACKLOG = 1024


def bind(host: str | None, port: str | None, kept: Path | None = None) -> socket.socket:
    """Listen on `host` (default 127.0.0.1) and `port`, both as given in text; `kept` is the file of the usual port.

    Nobody answers yet: what arrives waits."""
    address = LOOPBACK if host in (None, "localhost") else str(host)
    if not _is_loopback(address):
        raise LaunchError(
            "The app must not be reachable from outside",
            f"The host {host} is not an address of this computer alone. Use 127.0.0.1, ::1 or localhost.",
        )
    if port is not None:
        if not (port.isascii() and port.isdecimal() and int(port) <= 65535):
            raise LaunchError("The port can't be used", f"{port!r} is not a port number.")
        return _told(address, int(port))
    return _usual(address, kept) if kept is not None else _told(address, 0)


def _usual(address: str, kept: Path) -> socket.socket:
    """The port of the last time, else a new one; the first is kept."""
    usual = _read(kept)
    if usual:
        with contextlib.suppress(OSError):
            return _listening(address, usual)
    for port in random.sample(CHOICE, TRIES):
        with contextlib.suppress(OSError):
            listener = _listening(address, port)
            if not usual:
                _write(kept, port)
            return listener
    return _told(address, 0)


def _told(address: str, port: int) -> socket.socket:
    try:
        return _listening(address, port)
    except OSError as error:
        raise LaunchError("The port can't be used", f"Port {port} of {address}: {reason(error)}.") from error


def _listening(address: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        if sys.platform == "win32":
            # There, "reuse" would let another program take the port while it is in use.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # The last run's connections may linger on the port for a minute.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        # At once: two programs that "reuse" may both bind, and only one can listen.
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _read(kept: Path) -> int:
    try:
        text = kept.read_bytes().decode("ascii", "replace").strip()
    except OSError:
        return 0
    return int(text) if text.isdecimal() and 0 < int(text[:6]) <= 65535 else 0


def _write(kept: Path, port: int) -> None:
    # An address that is new the next time is no reason to stop.
    with contextlib.suppress(OSError):
        files.write_atomically(kept, f"{port}\n".encode())


def _is_loopback(address: str) -> bool:
    numbers = address.split(".")
    is_ipv4 = len(numbers) == 4 and all(part.isascii() and part.isdecimal() and int(part) < 256 for part in numbers)
    return address == "::1" or (is_ipv4 and numbers[0] == "127")
