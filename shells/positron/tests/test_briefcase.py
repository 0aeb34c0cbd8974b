"""Briefcase as far as it goes without GitHub: its own `create` with a stand-in for its template, and what comes out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from desktop_django_starter_positron import facts
from programs import PYTHON, REPOSITORY, SHELL, smoke

if TYPE_CHECKING:
    from pathlib import Path

    from programs import Machine

pytestmark = pytest.mark.window

TEMPLATE = """
[briefcase]
[paths]
app_path = "app"
app_requirements_path = "requirements.txt"
"""

# Briefcase packages for the Python of the system only, which may be too old for the app; nothing is built here.
CREATE = """
import sys
from briefcase.__main__ import main
from briefcase.platforms.linux.system import LinuxSystemCreateCommand
LinuxSystemCreateCommand.verify_system_python = lambda *args: None
sys.argv = ["briefcase", "create", "linux", "system", "--no-input", "-C", sys.argv[1]]
sys.exit(main())
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what packaging needs, so that nothing is left in this checkout; returns the shell's folder."""
    found = facts.read()
    for path in (found.sources, found.runtime / "desktop_runtime", SHELL / "src"):
        shutil.copytree(path, tmp_path / path.relative_to(REPOSITORY))
    for path in (SHELL / "pyproject.toml", REPOSITORY / facts.FILE_NAME, REPOSITORY / "LICENSE", found.words):
        shutil.copy(path, tmp_path / path.relative_to(REPOSITORY))
    template = tmp_path / "template" / "{{ cookiecutter.format }}"
    template.mkdir(parents=True)
    (template / "briefcase.toml").write_text(TEMPLATE)
    (template.parent / "cookiecutter.json").write_text('{"format": ""}')
    return tmp_path / SHELL.relative_to(REPOSITORY)


def test_what_briefcase_copies_is_a_program(machine: Machine, checkout: Path, tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("needs Linux: each system packages for itself")
    home = tmp_path / "briefcase"
    home.mkdir()
    environment = os.environ | {"BRIEFCASE_HOME": str(home), "HOME": str(home)}
    done = subprocess.run(
        [PYTHON, "-c", CREATE, f'template="{tmp_path / "template"}"'],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (requirements,) = checkout.glob("build/**/requirements.txt")
    (app,) = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["briefcase"][
        "app"
    ].values()
    lines = requirements.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == app["requires"]

    machine.folder = requirements.parent / "app"
    assert not list(machine.folder.rglob("__pycache__"))
    code, out, err = smoke(machine)
    assert code == 0, err
    assert " status 200 “" in out
