"""The package itself: what it needs, and the lock that staging takes that from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

tomllib = pytest.importorskip("tomllib", reason="needs Python 3.11, which reads TOML")

PACKAGE = Path(__file__).resolve().parents[1]
PINNED = re.compile(r"^([\w.-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


def test_the_lock_for_staging_is_fresh_and_leaves_django_to_the_project() -> None:
    text = (PACKAGE / "requirements.lock").read_text()
    command = next(line.strip("# ") for line in text.splitlines() if "uv pip compile" in line)
    pinned = {name: version for name, version, _hashes in PINNED.findall(text)}
    wanted = [Requirement(line) for line in project()["dependencies"]]
    wanted = [requirement for requirement in wanted if requirement.name != "django"]
    stale = f"requirements.lock is stale. In {PACKAGE}, run: {command}"
    assert set(pinned) == {requirement.name for requirement in wanted}, stale
    for requirement in wanted:
        assert pinned[requirement.name] in requirement.specifier, stale


def test_types_are_shipped() -> None:
    assert (PACKAGE / "src" / "desktop_runtime" / "py.typed").is_file()


def project() -> dict[str, list[str]]:
    """What pyproject.toml says of the package."""
    found: dict[str, list[str]] = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    return found
