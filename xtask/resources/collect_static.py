"""Runs `manage.py collectstatic` and reports what it read, what the settings name, their languages, and how it failed.

Usage: python -s -S -B collect_static.py MANAGE SOURCES PACKAGES REPORT [MORE], in the project's working folder

The project lies in `app` beside the report. MANAGE is its entry script, or "-" where commands run as
`python -m django`; SOURCES are the folders on the import path, separated as on PATH; both are relative to it. MORE is
JSON: `before` and `after`, commands that run around it, and `collect`, whether it runs at all.

The packages are not where this interpreter looks for them yet. They are put on its import path the way `site` does it,
so that `.pth` files count as they do in a virtual environment and in the staged tree.
"""

# Before all that has its bytecode there.
import _bytecode_finder

# isort: split
import collections
import contextlib
import io
import json
import os
import runpy
import site
import sys

import run_project

COLLECT = ["collectstatic", "--no-input", "--verbosity", "0"]
# Compilers in C read other files, which nobody sees: those of Sass, Less, TypeScript.
COPIED = (
    *(".css", ".js", ".mjs", ".json", ".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico"),
    *(".woff", ".woff2", ".ttf", ".otf", ".wasm"),
)


def import_like_the_stage(first, sources, packages):
    """Makes the import path what it is in the staged tree, and the project's path what `manage.py` sees."""
    own = site.getsitepackages()
    site.getsitepackages = lambda prefixes=None: [*own, packages]  # noqa: ARG005
    _bytecode_finder.FOUND += _bytecode_finder.archives({packages})
    sys.path[:1] = []
    sys.path.append(packages)
    site.main()
    sys.path[:0] = [first, *sources]
    if os.pathsep not in packages:
        # For processes that the project starts.
        os.environ["PYTHONPATH"] = packages


def run(manage, command):
    """Runs one management command as it is run by hand."""
    sys.argv = [manage or "django-admin", *command]
    try:
        if manage:
            runpy.run_path(manage, run_name="__main__")
        else:
            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)
    except SystemExit as end:
        if end.code:
            raise


def load():
    """Loads the settings and the apps, where no command does."""
    import django

    django.setup()


def main(manage, sources, packages, report, more="{}"):
    """Runs the commands; what they raise is told in the report, and goes on."""
    root = os.path.join(os.path.dirname(report), "app")
    more = json.loads(more)
    project = run_project.Project(root, packages, sys.base_prefix, os.path.dirname(report))
    manage = None if manage == "-" else os.path.join(root, manage)
    sources = [os.path.normpath(os.path.join(root, folder)) for folder in sources.split(os.pathsep)]
    import_like_the_stage(os.path.dirname(manage) if manage else os.getcwd(), sources, packages)
    watch = run_project.Watch(project)
    collect = [COLLECT] if more.get("collect", True) else []
    commands = [*more.get("before", []), *collect, *more.get("after", [])]
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            for command in commands:
                run(manage, command)
            if not commands:
                load()
    except SystemExit as end:
        # Django has said why; whoever ends the program with a text says it there.
        text = end.code if isinstance(end.code, str) else said.getvalue()
        run_project.write(report, failure=run_project.ending(project, text))
        raise
    except BaseException as error:
        run_project.write(report, failure=run_project.failure(project, error))
        raise
    run_project.write(
        report,
        read=watch.read(),
        verbatim=verbatim(project, watch) if commands == [COLLECT] else [],
        names=run_project.named_folders(project),
        languages=languages(),
    )


def verbatim(project, watch):
    """[file, place] of the project's files that were collected as they are, and that nothing else has read.

    Only where everything that has a hand in it is Django's own: then other content would have been copied the same way.
    """
    from django.contrib.staticfiles import finders, storage
    from django.core.management import get_commands

    used = list(finders.get_finders())
    is_own = (
        get_commands().get("collectstatic") == "django.contrib.staticfiles"
        and storage.staticfiles_storage.__class__ is storage.StaticFilesStorage
        and all(type(finder) in (finders.FileSystemFinder, finders.AppDirectoriesFinder) for finder in used)
    )
    if not is_own:
        return []
    target = os.path.relpath(storage.staticfiles_storage.location, os.environ["DESKTOP_DJANGO_BUNDLE_DIR"])
    found = []
    for place in (place for finder in used for place in finder.storages.values()):
        if (root := project.relative(place.location)) is not None:
            start = f"{root}/" if root else ""
            prefix = os.path.join(target, getattr(place, "prefix", None) or "", "").replace(os.sep, "/")
            found += [
                [name, prefix + name[len(start) :]]
                for name, times in watch.opened.items()
                if times == 1 and name.startswith(start) and name.endswith(COPIED)
            ]
    # Where folders lie in each other, a file has several places.
    names = collections.Counter(name for name, _ in found)
    return sorted(pair for pair in found if names[pair[0]] == 1)


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
    with run_project.quick_end():
        main(*sys.argv[1:])
