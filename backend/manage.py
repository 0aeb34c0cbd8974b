#!/usr/bin/env python
"""Runs the project's management commands; `manage.py desktop` is what a desktop shell starts."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Choose the settings, then hand over: straight to the launcher for `desktop`, to Django for everything else."""
    sys.path.insert(0, str(HERE / "src"))
    if not os.environ.get("DJANGO_SETTINGS_MODULE"):
        os.environ["DJANGO_SETTINGS_MODULE"] = f"desktop_django_starter.settings.{_role()}"
    if sys.argv[1:] == ["desktop"]:
        # Not by way of Django's command discovery: a person is waiting for a window.
        from desktop_runtime.launcher import main as launch

        sys.exit(launch(HERE))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def _role() -> str:
    """A staged backend has a manifest beside this file."""
    is_packaged = (
        os.environ.get("DESKTOP_DJANGO_RUNTIME_MODE") == "packaged" or (HERE / "runtime-manifest.json").exists()
    )
    return "packaged" if is_packaged else "local"


if __name__ == "__main__":
    main()
