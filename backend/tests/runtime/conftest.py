"""A fresh installation of the test project for each test, and the check that no process outlives its test."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import uuid
from typing import TYPE_CHECKING

import pytest

from .launch import BACKEND, HERE, MARK, Installation, nothing_left

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


@contextlib.contextmanager
def fresh_installation(folder: Path) -> Iterator[Installation]:
    """An installation below `folder`, and at its end the check that nothing of it still runs."""
    if sys.platform != "linux":
        pytest.skip("finds left-over processes through /proc")
    project = folder / "project"
    shutil.copytree(HERE / "project", project, ignore=shutil.ignore_patterns("__pycache__"))
    mark = uuid.uuid4().hex
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DESKTOP_DJANGO_", "DJANGO_"))}
    # Compiling the runtime anew for each launch would take longer than the launch.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    environment = kept | {
        "PYTHONPATH": os.pathsep.join([str(BACKEND / "src"), str(project)]),
        "DJANGO_SETTINGS_MODULE": "notebook",
        "DESKTOP_DJANGO_APP_DATA_DIR": str(folder / "data"),
        MARK: mark,
    }
    made = Installation(project, folder / "data", environment)
    try:
        with nothing_left(mark):
            yield made
            for launched in made.launches:
                launched.dispose()
    finally:
        for launched in made.launches:
            launched.dispose()
