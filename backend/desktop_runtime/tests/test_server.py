"""The web server by itself."""

from __future__ import annotations

import socket
import threading
import urllib.request
from typing import TYPE_CHECKING

from desktop_runtime import listener, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    import pytest


def hello(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


def test_it_serves_its_socket_and_looks_up_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[object] = []
    bound = listener.bind(None, None)
    port = bound.getsockname()[1]
    with monkeypatch.context() as watched:
        # A look-up loads code, reads the resolver's files, and may wait for a network.
        watched.setattr(socket, "getaddrinfo", lambda host, *_: names.append(host) or [])
        web = server.Server(hello, bound, threads=2)
    assert names == []
    serving = threading.Thread(target=web.serve)
    serving.start()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            assert answer.read() == b"hello"
    finally:
        web.stop()
        serving.join(10)
        web.drain(0)
