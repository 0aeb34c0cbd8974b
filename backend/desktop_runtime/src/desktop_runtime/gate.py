"""Keeps other programs on the computer out: only the desktop shell, which knows the token, gets an answer.

A server on a loopback port can be reached by every process and, through a web page, by every browser on the machine. So
each request has to carry the token: in the header `X-Desktop-Django-Token`, which a shell that controls the requests
adds, or in a cookie, which the bootstrap address sets for a shell that can only open a page:

    /desktop-auth/bootstrap/?token=…&next=/

`Gate` stands around the whole application, so that no middleware, static file or forgotten setting comes before it. The
application sees neither header nor cookie. Nothing here may log an address: the bootstrap address holds the token.
"""

from __future__ import annotations

import hmac
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, quote, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from typing import Any

    Application = Callable[..., Iterable[bytes]]

AUTH_COOKIE = "desktop_django_auth_token"
AUTH_HEADER = "X-Desktop-Django-Token"
BOOTSTRAP_PATH = "/desktop-auth/bootstrap/"

PERSON = "desktop_runtime.person"
"""Set in the environment of each request that the token let in: it comes from the person's own window."""

HEADER_KEY = "HTTP_X_DESKTOP_DJANGO_TOKEN"
REASONS = {302: "302 Found", 403: "403 Forbidden", 405: "405 Method Not Allowed"}
# What a browser may send in an address as it is; the rest is escaped.
LEGAL_IN_ADDRESSES = "/#%[]=:;$&()+,!?*@'~"


class Request(NamedTuple):
    """What counts of a request."""

    method: str
    path: str
    query: str
    given: tuple[str, ...]
    """Values that may be the token, from header and cookies."""


class Answer(NamedTuple):
    """An answer that the application must not give: a refusal, or the redirect of the bootstrap address."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    lets_in: bool = False
    """The cookie has to be set."""


FORBIDDEN = Answer(403, (("Content-Type", "text/plain; charset=utf-8"),), b"Forbidden")


def judge(token: str, request: Request) -> Answer | None:
    """Decide on a request. None lets it through. Without a token everybody is let through."""
    if request.path == BOOTSTRAP_PATH:
        return _bootstrap(token, request)
    if not token or any(is_same(value, token) for value in request.given):
        return None
    return FORBIDDEN


def is_path_on_this_site(target: str) -> bool:
    """Whether a redirect to `target` stays on this site, for every way in which a browser may read it."""
    path = unquote(target.partition("?")[0].partition("#")[0])
    return (
        target.startswith("/")
        and not path.startswith("//")
        and "\\" not in target + path
        and not any(_is_control(character) for character in target + path)
    )


def is_same(given: str, token: str) -> bool:
    """Compare without telling by the time it takes how much was right."""
    # compare_digest takes text only if it is ASCII; what a stranger sends may be anything, lone surrogates included.
    return hmac.compare_digest(given.encode(errors="surrogatepass"), token.encode(errors="surrogatepass"))


def bootstrap_address(origin: str, token: str, target: str) -> str:
    """The address that lets a browser in and leads to `target`. It is as secret as the token."""
    return f"{origin}{BOOTSTRAP_PATH}?token={quote(token, safe='')}&next={quote(target, safe='')}"


class Gate:
    """The WSGI application with the token before it."""

    def __init__(self, application: Application, token: str, hosts: Collection[str]) -> None:
        """`hosts` are the values of the header Host that mean this server: another one is a page of somebody else."""
        self._application = application
        self._token = token
        self._hosts = frozenset(hosts)
        cookie: SimpleCookie = SimpleCookie({AUTH_COOKIE: token})
        # Not Secure: the site is plain http on loopback, and a browser would drop the cookie.
        cookie[AUTH_COOKIE].update({"path": "/", "samesite": "Strict"})
        cookie[AUTH_COOKIE]["httponly"] = True
        self._set_cookie = ("Set-Cookie", cookie[AUTH_COOKIE].OutputString())
        self._coded = cookie[AUTH_COOKIE].coded_value

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_HOST", "").lower() in self._hosts:
            answer = judge(self._token, self._request(environ))
        else:
            answer = FORBIDDEN
        if answer is None:
            # No client can set a variable of this name.
            environ[PERSON] = True
            return self._application(environ, start_response)
        cookies = [self._set_cookie] if answer.lets_in else []
        start_response(REASONS[answer.status], [*answer.headers, *cookies, ("Content-Length", str(len(answer.body)))])
        return [answer.body]

    def _request(self, environ: dict[str, Any]) -> Request:
        """What counts of the request, with the token taken out of the environment that the application gets."""
        header = environ.pop(HEADER_KEY, "")
        given, others = [], []
        for part in environ.pop("HTTP_COOKIE", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == AUTH_COOKIE:
                given.append(self._token if is_same(value, self._coded) else value)
            elif part.strip():
                others.append(part.strip())
        if others:
            environ["HTTP_COOKIE"] = "; ".join(others)
        query = environ.get("QUERY_STRING", "")
        return Request(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""), query, (header, *given))


def _bootstrap(token: str, request: Request) -> Answer:
    if request.method not in {"GET", "HEAD"}:
        return Answer(405, (("Allow", "GET, HEAD"),))
    query = parse_qs(request.query)
    target = query.get("next", ["/"])[-1]
    if token and not is_same(query.get("token", [""])[-1], token):
        return FORBIDDEN
    if not is_path_on_this_site(target):
        return FORBIDDEN
    headers = (
        ("Location", quote(target, safe=LEGAL_IN_ADDRESSES)),
        # The address of this page holds the token: it must neither be kept nor be told to the page that follows.
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
    )
    return Answer(302, headers, lets_in=bool(token))


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f"
