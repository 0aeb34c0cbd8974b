"""The gate around a WSGI application: what gets through, and what the application sees of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from desktop_runtime.gate import AUTH_COOKIE, Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TOKEN = 'a token; with "odd" characters'
HOST = "127.0.0.1:20001"


class Answered:
    """One request through the gate."""

    def __init__(self, path: str = "/", query: str = "", method: str = "GET", host: str = HOST, **environ: str) -> None:
        self.seen: dict[str, Any] = {}
        self.status = ""
        self.headers: dict[str, str] = {}
        given = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": host, **environ}
        self.body = b"".join(Gate(self._page, TOKEN, {HOST, "localhost:20001"})(given, self._start))

    def _page(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.seen = dict(environ)
        start_response("200 OK", [])
        return [b"page"]

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = status, dict(headers)


def cookie() -> str:
    """The cookie as a browser sends it back."""
    query = "token=a+token%3B+with+%22odd%22+characters&next=/ponies/%3Fq%3D%C3%A9"
    answered = Answered("/desktop-auth/bootstrap/", query)
    assert answered.status == "302 Found"
    assert answered.headers["Location"] == "/ponies/?q=%C3%A9"
    value, *attributes = answered.headers["Set-Cookie"].rsplit("; ", 3)
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict"]
    assert (answered.headers["Cache-Control"], answered.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    return value


def test_header_or_cookie_let_in_and_the_application_sees_neither() -> None:
    by_header = Answered(HTTP_X_DESKTOP_DJANGO_TOKEN=TOKEN)
    by_cookie = Answered(HTTP_COOKIE=cookie())
    among_others = Answered(HTTP_COOKIE=f"sessionid=1; {cookie()}; csrftoken=2")
    for answered in (by_header, by_cookie, among_others):
        assert answered.body == b"page"
        assert "odd" not in repr(answered.seen)
        assert "HTTP_X_DESKTOP_DJANGO_TOKEN" not in answered.seen
    assert "HTTP_COOKIE" not in by_cookie.seen
    assert among_others.seen["HTTP_COOKIE"] == "sessionid=1; csrftoken=2"


@pytest.mark.parametrize("environ", [{}, {"HTTP_X_DESKTOP_DJANGO_TOKEN": ""}, {"HTTP_COOKIE": f"{AUTH_COOKIE}=guess"}])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_anybody_else_is_refused(method: str, environ: dict[str, str]) -> None:
    answered = Answered(method=method, **environ)
    assert (answered.status, answered.body, answered.seen) == ("403 Forbidden", b"Forbidden", {})


@pytest.mark.parametrize("host", ["example.org", "example.org:20001", "127.0.0.1", "127.0.0.1:20002", ""])
def test_a_page_of_another_name_is_refused_whatever_it_knows(host: str) -> None:
    assert Answered(host=host, HTTP_X_DESKTOP_DJANGO_TOKEN=TOKEN).status == "403 Forbidden"


def test_a_name_of_this_computer_is_good_in_any_case() -> None:
    assert Answered(host="LocalHost:20001", HTTP_X_DESKTOP_DJANGO_TOKEN=TOKEN).body == b"page"


@pytest.mark.parametrize("query", ["", "token=", "token=guess", "token=guess&next=/", "token=%FF", "&&&=", "token"])
def test_the_bootstrap_address_needs_the_token(query: str) -> None:
    answered = Answered("/desktop-auth/bootstrap/", query)
    assert (answered.status, "Set-Cookie" in answered.headers) == ("403 Forbidden", False)


def test_the_bootstrap_address_takes_no_form() -> None:
    assert Answered("/desktop-auth/bootstrap/", method="POST").status == "405 Method Not Allowed"
