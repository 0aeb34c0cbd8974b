"""The demo as it is shipped, started as a shell starts it: `manage.py desktop` with the packaged settings."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from launch import Installation, fresh_installation, wait_until
from support.packaged import BACKEND

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "token-of-the-shell"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Installation]:
    """The demo with a bundle of collected static files."""
    (tmp_path / "bundle").mkdir()
    with fresh_installation(tmp_path) as installation:
        installation.project = tmp_path
        installation.command = [sys.executable, str(BACKEND / "manage.py"), "desktop"]
        installation.environment |= {
            "DJANGO_SETTINGS_MODULE": "",
            "DESKTOP_DJANGO_RUNTIME_MODE": "packaged",
            "DESKTOP_DJANGO_BUNDLE_DIR": str(tmp_path / "bundle"),
            "PYTHONPATH": "",
        }
        yield installation


def test_the_demo_starts_with_its_ponies(demo: Installation) -> None:
    launched = demo.start()
    assert launched.names == ["phase:prepare", "phase:migrate", "phase:seed", "phase:serve", "ready"]
    status, page = launched.get("/")
    assert status == 200
    assert "My Ponies" in page
    assert launched.get("/health/") == (200, '{"status": "ok"}')
    launched.stop()
    launched = demo.start()
    assert launched.names == ["phase:prepare", "phase:serve", "ready"]
    launched.stop()


def test_a_shell_that_can_only_open_a_page_gets_in_by_the_bootstrap_address(demo: Installation) -> None:
    launched = demo.start(DESKTOP_DJANGO_AUTH_TOKEN=TOKEN)
    assert launched.get("/health/") == (403, "Forbidden")
    connection = http.client.HTTPConnection(urlsplit(launched.url).netloc)
    connection.request("GET", f"/desktop-auth/bootstrap/?token={TOKEN}&next=/tasks/")
    response = connection.getresponse()
    response.read()
    connection.close()
    assert (response.status, response.headers["Location"]) == (302, "/tasks/")
    cookie = response.headers["Set-Cookie"].partition(";")[0]
    assert launched.get("/tasks/", Cookie=cookie)[0] == 200
    launched.stop()
    assert TOKEN not in demo.log


def test_static_files_are_served_from_the_bundle(demo: Installation, tmp_path: Path) -> None:
    collect = [*demo.command[:-1], "collectstatic", "--noinput"]
    subprocess.run(collect, env=demo.environment | {"DJANGO_SECRET_KEY": "x" * 50}, check=True, capture_output=True)
    launched = demo.start()
    path = next((tmp_path / "bundle" / "staticfiles").rglob("*.css"))
    status, style = launched.get(f"/static/{path.relative_to(tmp_path / 'bundle' / 'staticfiles').as_posix()}")
    assert (status, style) == (200, path.read_text())
    launched.stop()


def test_a_routine_is_run_by_the_worker(demo: Installation) -> None:
    launched = demo.start()
    address = urlsplit(launched.url).netloc
    connection = http.client.HTTPConnection(address)
    connection.request("GET", "/tasks/")
    page = connection.getresponse()
    page.read()
    csrf = page.headers["Set-Cookie"].partition(";")[0]
    headers = {"Cookie": csrf, "X-CSRFToken": csrf.partition("=")[2], "Origin": f"http://{address}"}
    connection.request("POST", "/tasks/run/", headers=headers)
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    connection.close()

    def statuses() -> list[str]:
        return [task["status"] for task in json.loads(launched.get("/tasks/status/")[1])["tasks"]]

    wait_until(lambda: statuses() == ["RUNNING"], "the worker takes the routine")
    launched.stop()
    launched = demo.start()
    wait_until(lambda: statuses() == ["FAILED"], "what was given up is told")
    launched.stop()
