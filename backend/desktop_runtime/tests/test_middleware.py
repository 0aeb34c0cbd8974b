"""Who is let in, and where the bootstrap address leads."""

from __future__ import annotations

import asyncio

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, RequestFactory

from desktop_runtime.middleware import DESKTOP_AUTH_COOKIE, DesktopAuthMiddleware

TOKEN = "correct-horse-battery-staple"


def page(_request: HttpRequest) -> HttpResponse:
    """What the middleware protects."""
    return HttpResponse("secret")


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    """A token is set."""
    monkeypatch.setenv("DESKTOP_DJANGO_AUTH_TOKEN", TOKEN)
    return TOKEN


def answer(path: str, *, method: str = "GET", cookie: str | None = None, **headers: str) -> HttpResponse:
    """The answer to one request."""
    request = RequestFactory().generic(method, path, headers=headers)
    if cookie is not None:
        request.COOKIES[DESKTOP_AUTH_COOKIE] = cookie
    response = DesktopAuthMiddleware(page)(request)
    assert isinstance(response, HttpResponse)
    return response


def bootstrap(target: str | None, given: str | None = TOKEN) -> HttpResponse:
    """Follow the bootstrap address."""
    query = {key: value for key, value in (("token", given), ("next", target)) if value is not None}
    response = DesktopAuthMiddleware(page)(RequestFactory().get("/desktop-auth/bootstrap/", query))
    assert isinstance(response, HttpResponse)
    return response


@pytest.mark.parametrize("unset", ["", None])
def test_without_a_token_everything_is_open(monkeypatch: pytest.MonkeyPatch, unset: str | None) -> None:
    if unset is None:
        monkeypatch.delenv("DESKTOP_DJANGO_AUTH_TOKEN", raising=False)
    else:
        monkeypatch.setenv("DESKTOP_DJANGO_AUTH_TOKEN", unset)
    assert answer("/").content == b"secret"
    response = bootstrap("/tasks/", given=None)
    assert (response.status_code, response["Location"]) == (302, "/tasks/")
    assert not response.cookies
    assert bootstrap("//example.org/").status_code == 403


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("path", ["/", "/health/", "/static/css/app.css", "/desktop-auth/bootstrap", "/desktop-auth/"])
def test_a_stranger_is_refused_everywhere(path: str) -> None:
    response = answer(path)
    assert response.status_code == 403
    assert response.content == b"Forbidden"
    assert response["Content-Type"].startswith("text/plain")


def test_header_or_cookie_let_in(token: str) -> None:
    assert answer("/", **{"X-Desktop-Django-Token": token}).content == b"secret"
    assert answer("/", cookie=token).content == b"secret"
    assert answer("/", cookie="wrong", **{"X-Desktop-Django-Token": token}).content == b"secret"
    assert answer("/", method="POST", cookie=token).content == b"secret"


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(
    "wrong", ["", " ", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "pöny", "\udcff", "\0", "x" * 100_000]
)
def test_anything_else_does_not(wrong: str) -> None:
    assert answer("/", cookie=wrong).status_code == 403
    assert answer("/", **{"X-Desktop-Django-Token": wrong}).status_code == 403
    assert bootstrap("/", given=wrong.replace("\udcff", "?")).status_code == 403


def test_a_token_outside_ascii_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKTOP_DJANGO_AUTH_TOKEN", "pöny")
    assert answer("/", cookie="pöny").content == b"secret"
    assert answer("/", cookie="pony").status_code == 403


def test_the_bootstrap_address_sets_the_cookie(token: str) -> None:
    response = bootstrap(None)
    assert (response.status_code, response["Location"]) == (302, "/")
    cookie = response.cookies[DESKTOP_AUTH_COOKIE]
    assert cookie.value == token
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "Strict", "/", "")
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"


@pytest.mark.usefixtures("token")
def test_the_bootstrap_address_takes_no_form() -> None:
    assert answer(f"/desktop-auth/bootstrap/?token={TOKEN}", method="POST").status_code == 405


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(
    "target",
    ["/", "/tasks/", "/items/1/edit/", "/?page=2&q=a//b", "/tasks/#top", "/ponies/é", "/a?next=https://b", "/a b"],
)
def test_it_leads_to_a_path_on_this_site(target: str) -> None:
    response = bootstrap(target)
    assert response.status_code == 302
    assert response["Location"].startswith("/")
    assert not response["Location"].startswith("//")


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/",
        "http:/example.org",
        "http:example.org",
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org/",
        "///example.org/",
        "//example.org@127.0.0.1/",
        "/\\example.org/",
        "\\/example.org/",
        "\\\\example.org/",
        "/a\\b",
        "/%5Cexample.org/",
        "/%2Fexample.org/",
        "/%2f%2fexample.org/",
        "%2F%2Fexample.org/",
        "/\t/example.org/",
        "/\n/example.org/",
        "\t//example.org/",
        " //example.org/",
        " /",
        "/a\r\nSet-Cookie: a=b",
        "/%0d%0aSet-Cookie:%20a=b",
        "/%09/example.org",
        "/a\0b",
        "/a\x7fb",
        "/a\x85b",
        "tasks/",
        "./tasks/",
        "../tasks/",
        "?a=b",
        "#top",
        "example.org",
    ],
)
def test_and_nowhere_else(target: str) -> None:
    response = bootstrap(target)
    assert response.status_code == 403
    assert response.content == b"Forbidden"
    assert not response.cookies


def test_it_works_under_asgi_too(token: str) -> None:
    async def async_page(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("secret")

    async def ask(**headers: str) -> HttpResponse:
        response = DesktopAuthMiddleware(async_page)(AsyncRequestFactory().get("/", headers=headers))
        assert not isinstance(response, HttpResponse)
        awaited = await response  # type: ignore[misc]
        assert isinstance(awaited, HttpResponse)
        return awaited

    assert asyncio.run(ask()).status_code == 403
    assert asyncio.run(ask(**{"X-Desktop-Django-Token": token})).content == b"secret"
