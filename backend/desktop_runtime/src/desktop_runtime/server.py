"""The web server: a socket on loopback and waitress on it, with an orderly end.

`serve` and `drain` run in whichever thread calls them, `stop` may be called from any thread and from a signal handler.
"""

from __future__ import annotations

import logging
import select
import socket
import sys
import time
from typing import TYPE_CHECKING

from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]

from .faults import LaunchError, reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LOOPBACK = "127.0.0.1"
# An idle connection is closed after this time; a window that stays open opens a new one.
IDLE_SECS = 120
CONNECTION_LIMIT = 200
# The server is woken when there is something to do; this only bounds the time to a signal on Windows.
LOOK_EVERY_SECS = 1.0
DRAIN_LOOK_EVERY_SECS = 0.05
USE_POLL = hasattr(select, "poll")


def bind(host: str | None, port: str | None) -> socket.socket:
    """Bind, not yet listen: on `host` (default 127.0.0.1) and `port` (default: a free one), both as given in text."""
    address = LOOPBACK if host in (None, "localhost") else host
    if not _is_loopback(address):
        raise LaunchError(
            "The app must not be reachable from outside",
            f"The host {host} is not an address of this computer alone. Use 127.0.0.1, ::1 or localhost.",
        )
    if port is not None and not (port.isascii() and port.isdecimal() and int(port) <= 65535):
        raise LaunchError("The port can't be used", f"{port!r} is not a port number.")
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        if sys.platform == "win32":
            # There, "reuse" would let another program take the port while it is in use.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        elif port is not None:
            # The last run's connections may linger on the port for a minute.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, int(port or 0)))
    except OSError as error:
        listener.close()
        raise LaunchError("The port can't be used", f"Port {port or 0} of {address}: {reason(error)}.") from error
    return listener


def load_application() -> Callable[..., Any]:
    """The project's WSGI application, with its middleware and addresses already imported."""
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.urls import get_resolver
    from django.utils.module_loading import import_string

    try:
        path = settings.WSGI_APPLICATION
        application: Callable[..., Any] = import_string(path) if path else WSGIHandler()
        _ = get_resolver().url_patterns
    except (Exception, SystemExit) as error:
        raise LaunchError("The app could not be loaded", f"{reason(error)}.") from error
    return application


class _Adjustments(Adjustments):  # type: ignore[misc]
    """waitress's settings, without the look-up of an address to listen on: it would not be used, and takes time."""

    listen = ()


class Server:
    """Answers requests from the moment it is made; `serve` has to run for that."""

    def __init__(self, application: Callable[..., Any], listener: socket.socket, threads: int) -> None:
        # waitress reports each request that has to wait for a thread; that is nothing to tell.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._map: dict[int, Any] = {}
        self._stopping = False
        self._waitress = TcpWSGIServer(
            application,
            self._map,
            _sock=listener,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            adj=_Adjustments(threads=threads, ident=None, channel_timeout=IDLE_SECS, connection_limit=CONNECTION_LIMIT),
        )

    def serve(self) -> None:
        """Answer requests until `stop` is called; then take no new connection."""
        while not self._stopping:
            self._turn(LOOK_EVERY_SECS)
        # What has already arrived counts as a running request.
        self._turn(0)
        # Not the server's own close(): that ends the means to wake this loop, too.
        wasyncore.dispatcher.close(self._waitress)

    def stop(self) -> None:
        """Make `serve` return."""
        # Once only: the trigger is gone when the server is.
        if not self._stopping:
            self._stopping = True
            self._waitress.pull_trigger()

    def drain(self, deadline: float) -> bool:
        """Let running requests end, until `deadline` (time.monotonic) at most; True if all of them did."""
        while self._close_idle() and time.monotonic() < deadline:
            self._turn(DRAIN_LOOK_EVERY_SECS)
        drained = not self._waitress.active_channels
        self._waitress.task_dispatcher.shutdown(timeout=max(0.0, deadline - time.monotonic()))
        wasyncore.close_all(self._map, ignore_all=True)
        return drained

    def _turn(self, wait_secs: float) -> None:
        wasyncore.loop(timeout=wait_secs, use_poll=USE_POLL, map=self._map, count=1)

    def _close_idle(self) -> int:
        """Close the connections on which nothing is going on; return the number of the others."""
        channels = list(self._waitress.active_channels.values())
        for channel in channels:
            if not (channel.requests or channel.request or channel.total_outbufs_len):
                channel.handle_close()
        return len(self._waitress.active_channels)


def _is_loopback(address: str) -> bool:
    numbers = address.split(".")
    is_ipv4 = len(numbers) == 4 and all(part.isascii() and part.isdecimal() and int(part) < 256 for part in numbers)
    return address == "::1" or (is_ipv4 and numbers[0] == "127")
