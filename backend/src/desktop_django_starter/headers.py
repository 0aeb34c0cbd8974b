"""Response headers that Django and WhiteNoise do not choose well for an app on the reader's own computer.

The settings import this module, so it must not import Django.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.headers import Headers

    from django.http import HttpRequest, HttpResponseBase

# A desktop page asks for none of these, and a web view should not even offer them.
PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


def isolation_headers(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: no page of another origin may embed a response, and no response gets device access."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    return middleware


def add_static_headers(headers: Headers, path: str, _url: str) -> None:
    """Make a web view ask before it reuses a static file, and recognise it by content.

    The names carry no hash, and the file times of an installed app may all be the same. WhiteNoise's own
    ETag (time and size) could therefore be equal for the old and the new version of a file, and any
    `max-age` would show yesterday's style sheet after an update. Asking costs a millisecond on loopback.
    """
    headers["Cache-Control"] = "no-cache"
    headers["ETag"] = f'"{hashlib.sha256(Path(path).read_bytes()).hexdigest()[:32]}"'
