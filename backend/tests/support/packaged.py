"""The environment of the shipped app, for tests that start it in processes of its own."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

BACKEND = Path(__file__).resolve().parents[2]

type Environment = dict[str, str]
type RunPython = Callable[..., subprocess.CompletedProcess[str]]


def make_environment(folder: Path) -> Environment:
    """Make `data` and `bundle` below `folder`, and name them as a shell would."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DESKTOP_DJANGO_", "DJANGO_"))}
    for name in ("data", "bundle"):
        (folder / name).mkdir()
    return kept | {
        "PYTHONPATH": str(BACKEND / "src"),
        "DJANGO_SETTINGS_MODULE": "desktop_django_starter.settings.packaged",
        "DJANGO_SECRET_KEY": "a key for tests",
        "DESKTOP_DJANGO_APP_DATA_DIR": str(folder / "data"),
        "DESKTOP_DJANGO_BUNDLE_DIR": str(folder / "bundle"),
    }
