"""What the tests share. Most run in the backend's environment, with Toga's stand-in for a window toolkit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

os.environ["TOGA_BACKEND"] = "toga_dummy"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell `cargo xtask test`, which names this file, of each skipped test and what it would need."""
    log = os.environ.get("DDS_SKIP_LOG")
    if log and report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{report.nodeid}: {reason}\n")
