"""`python -m desktop_runtime VERB`: what a shell asks the running app for, as commands of a terminal.

The result goes to stdout (as JSON with `--json`), everything else to stderr. Exit codes are 0 done, 1 failed, 2 wrong
usage. The environment is the launcher's: the settings module and the app-data folder. The app may run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from . import paths, prepare, verbs
from .faults import LaunchError
from .lock import AlreadyRunning, InstanceLock

if TYPE_CHECKING:
    from pathlib import Path

    from .paths import Places


def main(project_root: Path | None = None) -> int:
    """Do what the command line says."""
    options = _parser().parse_args()
    # What an app prints while it is loaded is no part of the result.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if options.explain:
        # Not yet: the overlay would be made by the import of its package, and the report wants to be asked first.
        os.environ.pop(paths.SETTINGS_MODULE, None)
        from .overlay import explain

        return explain.main(out, as_json=options.json)
    if options.verb is None:
        _parser().error(f"name a verb: {', '.join(verbs.VERBS)}; or --explain")
    given = {key: value for key, value in vars(options).items() if key in verbs.VERBS[options.verb].options}
    try:
        result = _run(options.verb, {key: value for key, value in given.items() if value is not None}, project_root)
    except LaunchError as error:
        sys.stderr.write(f"{error.title}. {error.detail}\n")
        return 1
    with out:
        out.write(json.dumps(result, indent=2) + "\n" if options.json else _worded(result))
    return 0


def _run(verb: str, options: dict[str, Any], project_root: Path | None) -> dict[str, Any]:
    places = paths.Places.from_environment(project_root)
    # The settings may want to know an address; nothing is served here.
    prepare.environment(places, "127.0.0.1", 0)
    prepare.load_settings()
    result = verbs.run(verb, options, places, _tell)
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    return _restored(places, result) if verb == "restore" else result


def _restored(places: Places, result: dict[str, Any]) -> dict[str, Any]:
    """Put the backup in place right now if the app doesn't run; else its next start does that."""
    from . import restore

    lock = InstanceLock(places.lock)
    try:
        lock.acquire()
    except AlreadyRunning:
        return result
    try:
        return {**result, "restart": False, "kept": restore.apply(places)}
    finally:
        lock.release()


def _tell(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done * 100 // total} %")


def _worded(result: dict[str, Any]) -> str:
    lines = []
    for name, value in result.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines += ["  ".join(str(one) for one in row.values() if one not in (None, "")) for row in value]
        elif name == "summary":
            lines.append(str(value))
        else:
            lines.append(f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}")
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m desktop_runtime", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--explain", action="store_true", help="print what the overlay changed, and why")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    chosen = parser.add_subparsers(dest="verb", metavar="VERB")
    for name, verb in verbs.VERBS.items():
        one = chosen.add_parser(name, help=verb.help, description=verb.help)
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print the result as JSON")
        for option, kind in verb.options.items():
            if option in verb.needed:
                one.add_argument(option, metavar={"to": "FILE"}.get(option, option.upper()))
            elif kind is bool:
                one.add_argument(f"--{option}", action="store_true", default=None)
            else:
                one.add_argument(f"--{option}", metavar="FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
