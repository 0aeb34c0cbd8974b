"""The token, through the addresses of the real app: what it guards, and where the bootstrap may lead."""

from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from desktop_django_starter.middleware import DESKTOP_AUTH_COOKIE, DesktopAuthMiddleware

TOKEN = "the-token-of-this-launch"
BOOTSTRAP = "/desktop-auth/bootstrap/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch, no_token: None) -> None:  # noqa: ARG001 - it has to come first
    monkeypatch.setenv("DESKTOP_DJANGO_AUTH_TOKEN", TOKEN)


def assert_forbidden(response: HttpResponse) -> None:
    assert (response.status_code, response.content) == (HTTPStatus.FORBIDDEN, b"Forbidden")


def bootstrap(client: Client, **query: str) -> HttpResponse:
    return client.get(f"{BOOTSTRAP}?{urlencode(query)}")


def test_names_can_be_imported_from_the_project() -> None:
    assert DESKTOP_AUTH_COOKIE == "desktop_django_auth_token"
    assert callable(DesktopAuthMiddleware)


EVERYWHERE = ["/", "/health/", "/splash/", "/tasks/status/", "/static/css/tokens.css", "/nowhere/"]


@pytest.mark.parametrize("address", EVERYWHERE)
def test_nothing_answers_without_the_token(client: Client, address: str) -> None:
    assert_forbidden(client.get(address))
    assert_forbidden(client.get(address, headers={"X-Desktop-Django-Token": "a-guess"}))
    client.cookies[DESKTOP_AUTH_COOKIE] = "a-guess"
    assert_forbidden(client.get(address))


def test_writing_needs_the_token_too(client: Client) -> None:
    assert_forbidden(client.post("/items/clear/"))


@pytest.mark.usefixtures("static_files")
@pytest.mark.parametrize("address", EVERYWHERE[:-1])
def test_header_or_cookie_opens_everything(client: Client, address: str) -> None:
    by_header = client.get(address, headers={"X-Desktop-Django-Token": TOKEN})
    client.cookies[DESKTOP_AUTH_COOKIE] = TOKEN
    by_cookie = client.get(address)
    assert by_header.status_code == by_cookie.status_code == HTTPStatus.OK
    # Reading a static file to its end also closes it.
    assert by_header.getvalue()
    assert by_cookie.getvalue()


def test_bootstrap_hands_out_the_cookie(client: Client) -> None:
    response = bootstrap(client, token=TOKEN)
    assert (response.status_code, response["Location"]) == (HTTPStatus.FOUND, "/")
    cookie = response.cookies[DESKTOP_AUTH_COOKIE]
    assert (cookie["path"], cookie["samesite"], cookie["httponly"], cookie["secure"]) == ("/", "Strict", True, "")
    assert client.get("/health/").status_code == HTTPStatus.OK


@pytest.mark.parametrize("query", [{}, {"token": ""}, {"token": "a-guess"}, {"token": TOKEN + "x"}])
def test_bootstrap_wants_the_right_token(client: Client, query: dict[str, str]) -> None:
    response = bootstrap(client, **query)
    assert_forbidden(response)
    assert not response.cookies


@pytest.mark.parametrize("target", ["/", "/tasks/", "/items/new/?from=menu", "/tasks/#last"])
def test_bootstrap_leads_on_to_a_page_of_this_site(client: Client, target: str) -> None:
    response = bootstrap(client, token=TOKEN, next=target)
    assert (response.status_code, response["Location"]) == (HTTPStatus.FOUND, target)


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "///elsewhere.example/",
        "/\\elsewhere.example/",
        "\\\\elsewhere.example/",
        "/tasks\\..\\",
        "javascript:alert(1)",
        "data:text/html,hello",
        "tasks/",
        "./tasks/",
        "?next=/",
        " /tasks/",
        "/\t/elsewhere.example/",
        "/tasks/\r\nSet-Cookie: a=b",
        "/%5Celsewhere.example/",
        "/%2Felsewhere.example/",
        "/%09/elsewhere.example/",
        "/tasks/\x00",
    ],
)
def test_bootstrap_leads_nowhere_else(client: Client, target: str) -> None:
    response = bootstrap(client, token=TOKEN, next=target)
    assert_forbidden(response)
    assert not response.cookies


def test_csrf_protection_stays_on(strict_client: Client) -> None:
    strict_client.cookies[DESKTOP_AUTH_COOKIE] = TOKEN
    response = strict_client.post("/items/clear/")
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert response.content != b"Forbidden"


@pytest.mark.parametrize("value", ["", None])
def test_without_a_token_everything_is_open(client: Client, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is None:
        monkeypatch.delenv("DESKTOP_DJANGO_AUTH_TOKEN")
    else:
        monkeypatch.setenv("DESKTOP_DJANGO_AUTH_TOKEN", value)
    assert client.get("/").status_code == HTTPStatus.OK


def test_the_token_is_written_into_no_page(client: Client) -> None:
    client.cookies[DESKTOP_AUTH_COOKIE] = TOKEN
    for address in ("/", "/tasks/", "/splash/"):
        assert TOKEN.encode() not in client.get(address).content
    assert not [path for path in Path().glob("*.log") if TOKEN in path.read_text()]
