"""What goes for all tests of the backend: the demo's and the runtime's."""

import os
from pathlib import Path

import pytest


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell `cargo xtask test`, which names this file, of each skipped test and what it would need."""
    log = os.environ.get("DDS_SKIP_LOG")
    if log and report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{report.nodeid}: {reason}\n")


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token of a developer's shell must not close the app to the tests."""
    monkeypatch.delenv("DESKTOP_DJANGO_AUTH_TOKEN", raising=False)
