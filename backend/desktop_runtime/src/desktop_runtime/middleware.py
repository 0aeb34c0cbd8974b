"""The gate for a server that `desktop_runtime` did not start, such as `runserver` under a shell in development.

The runtime itself stands before every middleware (see `gate`) and takes `DESKTOP_DJANGO_AUTH_TOKEN` out of the
environment, so this middleware has nothing to do there. Elsewhere it asks for the token while that variable is set; put
it first in `MIDDLEWARE`, before the one that serves static files. Without a token everything is open.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpResponse

from . import gate, paths

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

DESKTOP_AUTH_COOKIE = gate.AUTH_COOKIE
DESKTOP_AUTH_HEADER = gate.AUTH_HEADER


class DesktopAuthMiddleware:
    """Answers 403 to a request without the token, and the bootstrap address itself. For WSGI and for ASGI."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        answer = gatekeep(request)
        if answer is None:
            return self.get_response(request)
        return _awaitable(answer) if iscoroutinefunction(self) else answer


def gatekeep(request: HttpRequest) -> HttpResponse | None:
    """The answer that the project must not give: a refusal or the bootstrap redirect. None lets the request through."""
    # Read for each request, not once: it is a dictionary look-up, and a test can set it at any time.
    token = os.environ.get(paths.AUTH_TOKEN, "")
    given = (request.headers.get(gate.AUTH_HEADER, ""), request.COOKIES.get(gate.AUTH_COOKIE, ""))
    query = request.META.get("QUERY_STRING", "")
    answer = gate.judge(token, gate.Request(request.method or "", request.path_info, query, given))
    if answer is None:
        return None
    response = HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))
    if answer.lets_in:
        response.set_cookie(gate.AUTH_COOKIE, token, path="/", httponly=True, samesite="Strict")
    return response


async def _awaitable(answer: HttpResponse) -> HttpResponse:
    return answer
