"""What counts as the app's own page, and that everything else ends with 1."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from desktop_django_starter_positron.smoke import Page, Smoke, verdict

ORIGIN = "http://127.0.0.1:4000"
SOURCES = Path(__file__).resolve().parents[1] / "src"


@pytest.mark.parametrize(
    ("page", "status", "expected"),
    [
        (Page(f"{ORIGIN}/", "Ponies", 90), 200, True),
        (Page(f"{ORIGIN}/?page=2", "Ponies", 90), 200, True),
        (Page(f"{ORIGIN}/", "Server Error", 90), 500, False),
        (Page(f"{ORIGIN}/", "Forbidden", 9), 403, False),
        # A web view's own page about a server that is not there has the address of the page that was wanted.
        (Page(f"{ORIGIN}/", "Problem loading page", 90), None, False),
        # May still come.
        (Page(f"{ORIGIN}/", "Ponies", 0), 200, None),
        (Page("about:blank", "Flying Stable", 30), 200, None),
        (Page(f"{ORIGIN}/desktop-auth/bootstrap/?token=x", "", 0), 302, None),
        (Page("http://127.0.0.1:40001/", "Another app", 90), 200, None),
        (Page("https://127.0.0.1:4000/", "Another app", 90), 200, None),
    ],
)
def test_only_the_apps_own_page_counts(page: Page, status: int | None, expected: bool | None) -> None:
    is_good, told = verdict(page, ORIGIN, {"/": status} if status else {})
    assert is_good is expected
    assert "token=x" not in told
    if expected is not None:
        assert told == f"{page.href} status {status} “{page.title}”"


def test_a_pass_is_one_line_and_said_once() -> None:
    said: list[str] = []
    smoke = Smoke(said.append, said.append, lambda: None)
    smoke.passed("a page")
    smoke.failed("too late")
    (line,) = said
    assert line.startswith("smoke test: a page after ")
    assert line.endswith(" ms")


@pytest.mark.parametrize("program", ["smoke.failed('no page', 1)", "import time; time.sleep(30)"])
def test_a_failure_stops_the_backend_and_ends_the_process(program: str) -> None:
    begin = "from desktop_django_starter_positron import smoke as s; s.LIMIT_SECS = 0.2; import sys; "
    make = "smoke = s.Smoke(print, lambda text: print(text, flush=True), lambda: print('stopped', flush=True)); "
    done = subprocess.run(
        [sys.executable, "-c", begin + make + program],
        env={"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        timeout=20,
    )
    assert done.returncode == 1
    first, second = done.stdout.decode().splitlines()
    assert first.startswith("smoke test failed: ")
    assert second == "stopped"
