"""The oldest Python and Django that the package says it works with: all of its quick tests, run with them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1]


def oldest_python() -> Path | None:
    """The interpreter of that version on this machine, if there is one."""
    (version,) = re.findall(r'requires-python = ">=([\d.]+)"', (PACKAGE / "pyproject.toml").read_text())
    on_path = shutil.which(f"python{version}")
    installed = (Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python3")
    candidates = [*([Path(on_path)] if on_path else []), *installed]
    # A name on the path may stand for a version that is not installed.
    return next(
        (one for one in candidates if not subprocess.run([one, "-c", ""], capture_output=True).returncode), None
    )


@pytest.mark.long
def test_the_quick_tests_pass_with_the_oldest_python_and_django(tmp_path: Path) -> None:
    python = oldest_python()
    uv = shutil.which("uv")
    if python is None or uv is None or sys.platform != "linux":
        pytest.skip("needs the oldest Python that the package works with, uv and Linux")
    # Of everything that the package names, the lowest version; of what only tests need, any.
    words = ["run", "--no-project", "--isolated", "--resolution", "lowest-direct", "--python", python]
    only_for_tests = ["django-tasks==0.9.*", "pytest>=9", "pytest-django>=4.11", "packaging>=25"]
    needed = ["--with-editable", PACKAGE, *(word for one in only_for_tests for word in ("--with", one))]
    tests = ["pytest", "-q", "-p", "no:cacheprovider", "tests"]
    environment = {name: value for name, value in os.environ.items() if name not in ("UV_PYTHON", "VIRTUAL_ENV")}
    done = subprocess.run(
        [uv, *words, *needed, *tests],
        cwd=PACKAGE,
        env=environment | {"PYTEST_DEBUG_TEMPROOT": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
