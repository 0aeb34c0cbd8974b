"""The two pages that must answer whatever state the data is in."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse


def test_health_reads_no_data(client: Client) -> None:
    # Without the `db` fixture, any query would be an error.
    response = client.get(reverse("health"))
    assert response.status_code == HTTPStatus.OK
    assert response.json() == {"status": "ok"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("name", ["health", "splash"])
def test_only_reading_is_allowed(client: Client, name: str) -> None:
    assert client.post(reverse(name)).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_splash_is_whole_in_itself(client: Client) -> None:
    page = client.get(reverse("splash")).content.decode()
    assert "Saddling up…" in page
    assert 'id="splash-phase"' in page
    assert not re.search(r"<script|<link|<img|\bsrc=|\bhref=|url\(|@import|https?://", page)


def test_splash_has_a_sentence_for_each_phase_of_the_launcher(client: Client) -> None:
    page = client.get(reverse("splash")).content.decode()
    for phase in ("prepare", "backup", "migrate", "seed", "serve", "worker"):
        assert f'[data-phase="{phase}"] .{phase}' in page
        assert f'<span class="{phase}">' in page
