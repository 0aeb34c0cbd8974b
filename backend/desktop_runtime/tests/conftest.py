"""A fresh installation of the test project for each test, and the check that no process outlives its test."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import django
import pytest
from django.conf import settings

from launch import Installation, fresh_installation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_configure() -> None:
    """Tests that need no process need settings: any will do."""
    if not settings.configured and not os.environ.get("DJANGO_SETTINGS_MODULE"):
        has_tasks = importlib.util.find_spec("django_tasks_db") is not None
        settings.configure(ALLOWED_HOSTS=["127.0.0.1"], INSTALLED_APPS=["django_tasks_db"] if has_tasks else [])
        django.setup()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """The test project in a folder of its own, with an app-data folder that does not exist yet."""
    with fresh_installation(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def used_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app-data folder after a first run; made once, because so many tests begin there."""
    with fresh_installation(tmp_path_factory.mktemp("used")) as made:
        made.run_once()
    return made.data


@pytest.fixture
def used_before(installation: Installation, used_data: Path) -> None:
    """Begin with an app-data folder that has been used before."""
    shutil.copytree(used_data, installation.data)
    shutil.rmtree(installation.data / "logs")


@pytest.fixture
def with_worker(installation: Installation) -> None:
    """The test project with a task queue, and so with a worker."""
    installation.environment["TEST_TASKS"] = "1"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
