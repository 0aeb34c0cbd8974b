"""Headers: a strict policy on every page, and static files that can't go stale."""

import os
import re
from http import HTTPStatus
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client
from whitenoise.middleware import WhiteNoiseMiddleware

from desktop_django_starter.headers import add_static_headers

PAGES = ["/", "/items/new/", "/tasks/", "/splash/", "/health/", "/nowhere/", "/static/css/tokens.css"]


def policy(response: HttpResponse) -> dict[str, str]:
    """The Content-Security-Policy, directive by directive."""
    directives = response["Content-Security-Policy"].split(";")
    return dict(directive.strip().partition(" ")[::2] for directive in directives)


@pytest.mark.django_db
@pytest.mark.usefixtures("static_files")
@pytest.mark.parametrize("address", PAGES)
def test_every_response_is_locked_down(client: Client, address: str) -> None:
    response = client.get(address)
    response.getvalue()
    rules = policy(response)
    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == "'none'"
    assert rules["base-uri"] == "'none'"
    assert rules["form-action"] in {"'self'", "'none'"}
    assert not re.search(r"unsafe|\*|https?:|data:|blob:", response["Content-Security-Policy"])
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in response


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES[:3])
def test_pages_have_no_inline_script_style_or_handler(client: Client, address: str) -> None:
    page = client.get(address).content.decode()
    assert not re.search(r"<style|<script(?![^>]* src=)|\bstyle=|\son[a-z]+=|javascript:", page)


def test_splash_allows_its_own_style_and_nothing_else(client: Client) -> None:
    rules = policy(client.get("/splash/"))
    assert re.fullmatch(r"'sha256-[\w+/]+='", rules["style-src"])
    assert "script-src" not in rules


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1.elsewhere.example", ""])
def test_strange_hosts_are_refused(client: Client, host: str) -> None:
    # DNS rebinding: a page elsewhere whose name suddenly means this computer.
    assert client.get("/items/new/", headers={"Host": host}).status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:41234", "[::1]:80"])
def test_loopback_hosts_are_served(client: Client, host: str) -> None:
    assert client.get("/items/new/", headers={"Host": host}).status_code == HTTPStatus.OK


@pytest.fixture
def static_file(tmp_path: Path, settings: LazySettings) -> Path:
    """A collected style sheet, served as in the shipped app."""
    settings.STATIC_ROOT = tmp_path
    settings.DEBUG = False
    return tmp_path / "look.css"


def serve_like_a_fresh_launch(path: Path, text: str) -> Client:
    """Write the file with a time that is the same in every version, and start the app anew."""
    path.write_text(text)
    os.utime(path, (0, 315_532_800))
    return Client()


def test_an_updated_file_of_the_same_size_and_time_is_fetched_anew(static_file: Path) -> None:
    old = serve_like_a_fresh_launch(static_file, "a { color: red }").get("/static/look.css")
    assert old.getvalue() == b"a { color: red }"
    assert old["Cache-Control"] == "no-cache"
    seen = {"If-None-Match": old["ETag"]}

    same = serve_like_a_fresh_launch(static_file, "a { color: red }").get("/static/look.css", headers=seen)
    assert same.status_code == HTTPStatus.NOT_MODIFIED

    new = serve_like_a_fresh_launch(static_file, "a { color: tan }").get("/static/look.css", headers=seen)
    assert new.status_code == HTTPStatus.OK
    assert new.getvalue() == b"a { color: tan }"


def test_static_files_are_found_once_at_the_start(static_file: Path, settings: LazySettings) -> None:
    static_file.write_text("a {}")
    middleware = WhiteNoiseMiddleware(lambda _request: None, settings=settings)
    assert list(middleware.files) == ["/static/look.css"]
    assert settings.WHITENOISE_ADD_HEADERS_FUNCTION is add_static_headers
