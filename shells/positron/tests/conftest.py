"""What the tests share. Most run in the backend's environment, with Toga's stand-in for a window toolkit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from programs import Machine, install, missing, virtual_display, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

os.environ["TOGA_BACKEND"] = "toga_dummy"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell `cargo xtask test`, which names this file, of each skipped test and what it would need."""
    log = os.environ.get("DDS_SKIP_LOG")
    if log and report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{report.nodeid}: {reason}\n")


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A display for all tests."""
    if sys.platform != "linux":
        pytest.skip("needs Linux: it looks for processes through /proc")
    if environment := missing():
        pytest.skip(f"needs {environment}")
    if programs := [program for program in ("Xvfb", "xdotool") if shutil.which(program) is None]:
        pytest.skip(f"needs {' and '.join(programs)} (apt-get install xvfb xdotool)")
    with virtual_display() as name:
        yield name


@pytest.fixture
def machine(display: str, tmp_path: Path) -> Iterator[Machine]:
    """A machine on which the program has never run."""
    made = Machine(display, tmp_path / "data", install(tmp_path))
    yield made
    try:
        made.nothing_is_left()
    finally:
        made.clean_up()


@pytest.fixture
def manager(machine: Machine) -> Iterator[None]:
    """What moves, minimizes and closes windows for a person."""
    if absent := [program for program in ("openbox", "wmctrl") if shutil.which(program) is None]:
        pytest.skip(f"needs {' and '.join(absent)} (apt-get install openbox wmctrl)")
    environment = os.environ | {"DISPLAY": machine.display}
    with subprocess.Popen(["openbox", "--sm-disable"], env=environment, stderr=subprocess.DEVNULL) as running:
        try:
            wait_until(lambda: machine.manage("-m"), "the window manager is there")
            yield
        finally:
            running.terminate()
