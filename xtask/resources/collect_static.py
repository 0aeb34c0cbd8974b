"""Runs `manage.py collectstatic` and writes down which of the project's Python sources it read, and its languages.

Usage: python -B collect_static.py MANAGE ROOT REPORT

The paths of the sources below ROOT, relative to it, go into the JSON file REPORT as "read"; null goes there when
another process was started, because nobody knows what that one read. "languages" has what the settings say of them.
"""

import json
import os
import runpy
import sys

STARTS_A_PROCESS = frozenset(
    ["os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "subprocess.Popen"]
)


def main(manage, root, report):
    """Runs the command; its exceptions go through."""
    # Imports know the folder by the name they were given, settings often by the one without links.
    names = {os.path.join(name, "") for name in (root, os.getcwd(), os.path.realpath(root))}
    folders = [(os.path.normcase(name), len(name)) for name in names]
    reads = set()
    alone = True

    def watch(event, arguments):
        nonlocal alone
        if event == "open":
            path = arguments[0]
            if isinstance(path, bytes):
                path = os.fsdecode(path)
            if isinstance(path, str) and path.endswith(".py"):
                path = os.path.abspath(path)
                like = os.path.normcase(path)
                reads.update(path[length:].replace(os.sep, "/") for name, length in folders if like.startswith(name))
        elif event in STARTS_A_PROCESS:
            alone = False

    sys.argv = [manage, "collectstatic", "--no-input", "--verbosity", "0"]
    sys.path[0] = os.path.dirname(os.path.abspath(manage))
    sys.addaudithook(watch)
    try:
        runpy.run_path(manage, run_name="__main__")
    finally:
        with open(report, "w", encoding="utf-8") as file:
            json.dump({"read": sorted(reads) if alone else None, "languages": languages()}, file)


def languages():
    """What the settings say of languages; nothing where they could not be read."""
    from django.conf import global_settings, settings

    if not settings.configured:
        return None
    chosen = [code for code, _ in settings.LANGUAGES]
    middleware = [name.rsplit(".", 1)[-1] for name in settings.MIDDLEWARE]
    return {
        "language_code": settings.LANGUAGE_CODE,
        "languages": chosen,
        "is_chosen": chosen != [code for code, _ in global_settings.LANGUAGES],
        "follows_browser": any(name.endswith("LocaleMiddleware") for name in middleware),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
