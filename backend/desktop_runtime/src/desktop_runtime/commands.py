"""`python -m desktop_runtime VERB`: what a shell asks the running program for, as commands of a terminal.

The result goes to stdout (as JSON with `--json`), everything else to stderr. Exit codes are 0 done, 1 failed, 2 wrong
usage. The environment is the launcher's: the settings module and the app-data folder.
"""

from __future__ import annotations

import argparse
import os
import sys

from . import paths


def main() -> int:
    """Do what the command line says."""
    options = _parser().parse_args()
    if options.explain:
        # Not yet: the overlay would be made by the import of its package, and the report wants to be asked first.
        os.environ.pop(paths.SETTINGS_MODULE, None)
        from .overlay import explain

        return explain.main(as_json=options.json)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m desktop_runtime", description=__doc__)
    parser.add_argument("--explain", action="store_true", help="print what the overlay changed, and why")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
