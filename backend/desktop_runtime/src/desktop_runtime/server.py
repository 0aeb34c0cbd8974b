"""The web server: waitress on a socket, with an orderly end and no way to be starved by idle connections.

`serve` and `drain` run in whichever thread calls them, `stop` may be called from any thread and from a signal handler.
"""

from __future__ import annotations

import logging
import select
import time
from typing import TYPE_CHECKING

from .faults import LaunchError, reason
from .foreign import Adjustments, HTTPChannel, TcpWSGIServer, wasyncore

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

# An idle connection is closed after this time; a window that stays open opens a new one.
IDLE_SECS = 120
# One that has not sent a whole request by then is closed, however slowly it goes on sending.
FIRST_REQUEST_SECS = 10
LOOK_FOR_IDLE_SECS = 2
# With so many open, the oldest idle ones make room for new ones. A browser has six for a site.
CONNECTIONS = 100
CLOSED_AT_ONCE = 10
ACCEPTED_AT_ONCE = 64
# waitress stops listening here: only requests that are being answered can add up to so many.
CONNECTION_LIMIT = 400
# The server is woken when there is something to do; this only bounds the time to a signal on Windows.
LOOK_EVERY_SECS = 1.0
DRAIN_LOOK_EVERY_SECS = 0.05
USE_POLL = hasattr(select, "poll")


def load_application() -> Callable[..., Any]:
    """The project's WSGI application, with its middleware and addresses already imported."""
    from django.conf import settings
    from django.urls import get_resolver
    from django.utils.module_loading import import_string

    from .foreign import WSGIHandler

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


class _Connection(HTTPChannel):  # type: ignore[misc]
    """Knows whether a whole request has ever come in on it."""

    has_asked = False

    def received(self, data: bytes) -> bool:
        taken: bool = super().received(data)
        self.has_asked = self.has_asked or bool(self.requests)
        return taken

    @property
    def is_idle(self) -> bool:
        """Nothing is being answered; a request may have come in half."""
        return not (self.requests or self.total_outbufs_len)


class _Waitress(TcpWSGIServer):  # type: ignore[misc]
    """Makes room for a new connection, and has no patience with one that does not ask."""

    channel_class = _Connection

    def handle_accept(self) -> None:
        # Several in one turn of the loop, which looks at every connection: the window's may be behind many others.
        for _ in range(ACCEPTED_AT_ONCE):
            self._make_room()
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                break

    def _make_room(self) -> None:
        if len(self.active_channels) < CONNECTIONS:
            return
        idle = [connection for connection in self.active_channels.values() if connection.is_idle]
        # Those that never asked go first: the window's own have.
        idle.sort(key=lambda connection: (connection.has_asked, connection.last_activity))
        for connection in idle[:CLOSED_AT_ONCE]:
            connection.handle_close()

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for connection in list(self.active_channels.values()):
            if not connection.has_asked and connection.creation_time < now - FIRST_REQUEST_SECS:
                connection.will_close = True


class Server:
    """Answers requests from the moment it is made; `serve` has to run for that."""

    def __init__(self, application: Callable[..., Any], listener: socket.socket, threads: int) -> None:
        # waitress reports each request that has to wait for a thread; that is nothing to tell.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._map: dict[int, Any] = {}
        self._stopping = False
        self._waitress = _Waitress(
            application,
            self._map,
            _sock=listener,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            adj=_Adjustments(
                threads=threads,
                ident=None,
                channel_timeout=IDLE_SECS,
                cleanup_interval=LOOK_FOR_IDLE_SECS,
                connection_limit=CONNECTION_LIMIT,
            ),
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
        for connection in list(self._waitress.active_channels.values()):
            if connection.is_idle and not connection.request:
                connection.handle_close()
        return len(self._waitress.active_channels)
