"""Keeps other programs on the computer out: only the desktop shell, which knows the token, gets an answer.

A server on a loopback port can be reached by every process and, through a web page, by every browser on the machine.
When `DESKTOP_DJANGO_AUTH_TOKEN` is set, each request has to carry it: in the header `X-Desktop-Django-Token`, which a
shell that controls the requests adds, or in a cookie, which the bootstrap address sets for a shell that can only open a
page:

    /desktop-auth/bootstrap/?token=…&next=/

Put the middleware first in `MIDDLEWARE`, before the one that serves static files. Without a token everything is open,
as in development. The module must not log addresses: the bootstrap address holds the token.
"""

from __future__ import annotations

import hmac
import os
from typing import TYPE_CHECKING
from urllib.parse import unquote

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

DESKTOP_AUTH_COOKIE = "desktop_django_auth_token"
DESKTOP_AUTH_HEADER = "X-Desktop-Django-Token"
BOOTSTRAP_PATH = "/desktop-auth/bootstrap/"
TOKEN_VARIABLE = "DESKTOP_DJANGO_AUTH_TOKEN"  # noqa: S105 - the variable's name, not a token


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
    token = os.environ.get(TOKEN_VARIABLE, "")
    if request.path_info == BOOTSTRAP_PATH:
        return _bootstrap(request, token)
    if not token or _carries(request, token):
        return None
    return _forbidden()


def is_path_on_this_site(target: str) -> bool:
    """Whether a redirect to `target` stays on this site, for every way in which a browser may read it."""
    path = unquote(target.partition("?")[0].partition("#")[0])
    return (
        target.startswith("/")
        and not path.startswith("//")
        and "\\" not in target + path
        and not any(_is_control(character) for character in target + path)
    )


def _bootstrap(request: HttpRequest, token: str) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    target = request.GET.get("next") or "/"
    if token and not _same(request.GET.get("token", ""), token):
        return _forbidden()
    if not is_path_on_this_site(target):
        return _forbidden()
    response = HttpResponseRedirect(target)
    # The address of this page holds the token: it must neither be kept nor be told to the page that follows.
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    if token:
        # Not Secure: the site is plain http on loopback, and a browser would drop the cookie.
        response.set_cookie(DESKTOP_AUTH_COOKIE, token, path="/", httponly=True, samesite="Strict")
    return response


def _carries(request: HttpRequest, token: str) -> bool:
    given = (request.headers.get(DESKTOP_AUTH_HEADER, ""), request.COOKIES.get(DESKTOP_AUTH_COOKIE, ""))
    return any(_same(value, token) for value in given)


def _same(given: str, token: str) -> bool:
    # compare_digest takes text only if it is ASCII; what a stranger sends may be anything, lone surrogates included.
    return hmac.compare_digest(given.encode(errors="surrogatepass"), token.encode(errors="surrogatepass"))


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f"


def _forbidden() -> HttpResponse:
    return HttpResponse("Forbidden", status=403, content_type="text/plain; charset=utf-8")


async def _awaitable(answer: HttpResponse) -> HttpResponse:
    return answer
