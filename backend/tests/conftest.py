"""Fixtures for tests in more than one file.

Tests look at the app from outside: through its addresses, its commands and its processes.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from support.packaged import BACKEND, Environment, RunPython, make_environment


@pytest.fixture
def static_files(settings: LazySettings) -> None:
    """Serve static files from the sources, though the tests run without DEBUG and nothing was collected."""
    settings.WHITENOISE_USE_FINDERS = True


@pytest.fixture
def html() -> dict[str, str]:
    """What a browser says it would like when it sends a form."""
    return {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def strict_client() -> Client:
    """A client whose forms need a CSRF token, as in real life."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def packaged_environment(tmp_path: Path) -> Environment:
    """The environment of a shipped app whose data and bundle are below `tmp_path`."""
    return make_environment(tmp_path)


@pytest.fixture
def run_python(packaged_environment: Environment) -> RunPython:
    """Run `python ARGS…` as the shipped app would; a non-zero exit code fails the test unless `check=False`."""

    def run(*args: str, check: bool = True, **changes: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *args],
            cwd=BACKEND,
            env=packaged_environment | changes,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    return run
