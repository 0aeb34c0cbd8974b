"""Starts the launcher for `desktop`, Django for everything else."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Hand over."""
    sys.path.insert(0, str(HERE / "src"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meadow.settings")
    if sys.argv[1:] == ["desktop"]:
        from desktop_runtime.launcher import main as launch

        sys.exit(launch(HERE))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
