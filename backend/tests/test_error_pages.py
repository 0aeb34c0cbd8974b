"""Error pages look like the rest of the app, and need neither a request nor the database."""

from http import HTTPStatus
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import path

from desktop_django_starter.urls import handler500 as server_error
from desktop_django_starter.urls import urlpatterns as app_urls


def broken(_request: HttpRequest) -> None:
    raise RuntimeError("a secret detail")


def closed(_request: HttpRequest) -> None:
    raise PermissionDenied


handler500 = server_error

urlpatterns = [path("broken/", broken), path("closed/", closed), *app_urls]


@pytest.fixture
def client(settings: LazySettings) -> Client:
    settings.DEBUG = False
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/nowhere/", HTTPStatus.NOT_FOUND, "There is nothing at this address"),
        ("/closed/", HTTPStatus.FORBIDDEN, "The app may not show this page"),
        ("/broken/", HTTPStatus.INTERNAL_SERVER_ERROR, "The app ran into an error of its own"),
    ],
)
def test_errors_have_a_page(client: Client, address: str, status: HTTPStatus, sentence: str) -> None:
    # No `db` fixture here: a query would turn the page into an error about an error.
    response = client.get(address)
    page = response.content.decode()
    assert response.status_code == status
    assert sentence in page
    assert "Back to My Ponies" in page
    assert "/static/css/tokens.css" in page
    assert "a secret detail" not in page


def test_an_error_of_the_app_says_where_the_log_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKTOP_DJANGO_APP_DATA_DIR", "/home/me/<ponies>")
    page = client.get("/broken/").content.decode()
    assert str(Path("/home/me/<ponies>/logs/desktop.log")).replace("<", "&lt;").replace(">", "&gt;") in page
    monkeypatch.delenv("DESKTOP_DJANGO_APP_DATA_DIR")
    assert "The log:" not in client.get("/broken/").content.decode()


def test_a_form_that_can_not_be_trusted(settings: LazySettings) -> None:
    settings.DEBUG = False
    response = Client(enforce_csrf_checks=True).post("/items/clear/")
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert "This Form Has Grown Old" in response.content.decode()


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_render_without_a_request(name: str) -> None:
    page = render_to_string(f"{name}.html")
    assert "Nothing was changed" in page or "error 404" in page or "error 500" in page
    assert 'aria-current="page"' not in page
