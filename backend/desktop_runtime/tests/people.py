"""The test project with two databases and media: what a person can lose. Tests put things in and look what is there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from launch import Installation

SETTINGS = """
from notebook import *
import os
from pathlib import Path
DATA = Path(os.environ["DESKTOP_DJANGO_APP_DATA_DIR"])
DATABASES["second"] = {**DATABASES["default"], "NAME": DATA / "second.sqlite3"}
MEDIA_ROOT = DATA / "media"
MEDIA_URL = "/media/"
DESKTOP_RUNTIME = {"VERSION": os.environ.get("TEST_VERSION", "1.0"), **DESKTOP_RUNTIME}
"""


def use_people(installation: Installation) -> None:
    """Have the installation use these settings."""
    (installation.project / "people.py").write_text(SETTINGS)
    installation.environment["DJANGO_SETTINGS_MODULE"] = "people"


def add(installation: Installation, text: str) -> None:
    """One more row in each database, and one more file; as the app does it, while it runs or not."""
    for name in ("app.sqlite3", "second.sqlite3"):
        with contextlib.closing(sqlite3.connect(installation.data / name, timeout=20)) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (text TEXT)")
            connection.execute("INSERT INTO kept VALUES (?)", [text])
            connection.commit()
    folder = installation.data / "media" / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{text}.bin").write_bytes(text.encode() * 1000)


def there(installation: Installation) -> dict[str, Any]:
    """What a person finds: rows of both databases, and the media by their digests."""
    return {
        "default": rows(installation.data / "app.sqlite3"),
        "second": rows(installation.data / "second.sqlite3"),
        "media": files_below(installation.data / "media"),
    }


def rows(file: Path) -> list[str]:
    """The rows that `add` has made."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        has_any = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'kept'").fetchone()
        return [text for (text,) in connection.execute("SELECT text FROM kept ORDER BY rowid")] if has_any else []


def files_below(folder: Path) -> dict[str, str]:
    """Each file with its digest."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def command(installation: Installation, *words: str, code: int = 0) -> Any:
    """Run a verb as a command; its result, or what it says when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "desktop_runtime", *words, "--json"],
        cwd=installation.project,
        env=installation.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if code == 0 else done.stderr
