"""Loads what a request needs in the staged tree: settings, apps, addresses, the WSGI application.

Usage: python -s -B check_stage.py SOURCES REPORT, in the working folder of the staged project

The interpreter is the staged one; SOURCES are the folders on the import path, below the staged tree, separated as on
PATH. The report has `step`, what was loaded when it failed; `outside`, folders of the import path that do not lie in
the tree; and `migrations`, the project's apps whose models have changes without one.
"""

import io
import os
import re
import sys

import run_project


def load(sources, begin):
    """Loads everything; `begin` is told before each step what it is."""
    begin("the settings module " + os.environ["DJANGO_SETTINGS_MODULE"])
    from django.conf import settings

    _ = settings.INSTALLED_APPS
    begin("the apps in INSTALLED_APPS")
    import django

    django.setup()
    begin(f"the URLconf {settings.ROOT_URLCONF}")
    from django.urls import get_resolver

    # The names of all addresses, and so each URLconf that is included.
    _ = get_resolver().reverse_dict
    begin(f"the WSGI application {settings.WSGI_APPLICATION or 'of Django'}")
    from django.core.handlers.wsgi import WSGIHandler
    from django.utils.module_loading import import_string

    _ = import_string(settings.WSGI_APPLICATION) if settings.WSGI_APPLICATION else WSGIHandler()
    if settings.USE_I18N:
        begin(f"the translations for LANGUAGE_CODE = {settings.LANGUAGE_CODE!r}")
        from django.utils import translation

        with translation.override(settings.LANGUAGE_CODE):
            translation.gettext("")
    begin("the migrations")
    return missing_migrations(sources)


def missing_migrations(sources):
    """The labels of the project's own apps for which `makemigrations` would write something."""
    from django.apps import apps
    from django.core.management import CommandError, call_command

    folders = tuple(os.path.join(os.path.realpath(folder), "") for folder in sources)
    installed = os.path.join(os.path.realpath(sys.prefix), "")
    paths = {app.label: os.path.realpath(app.path) for app in apps.get_app_configs()}
    own = [label for label, path in paths.items() if path.startswith(folders) and not path.startswith(installed)]
    said = io.StringIO()
    try:
        if own:
            switches = {"check_changes": True, "dry_run": True, "interactive": False, "verbosity": 1}
            call_command("makemigrations", *own, **switches, stdout=said, stderr=said)
    except CommandError as error:
        return [str(error)]
    except SystemExit:
        return re.findall(r"Migrations for '(\w+)'", said.getvalue())
    return []


def main(sources, report):
    """Loads everything; what fails is told in the report."""
    tree = os.environ["DESKTOP_DJANGO_BUNDLE_DIR"]
    sources = [os.path.normpath(os.path.join(tree, folder)) for folder in sources.split(os.pathsep)]
    project = run_project.Project(tree, os.path.dirname(report))
    sys.path[:1] = []
    facts = {"outside": [folder for folder in sys.path if project.relative(folder) is None]}
    sys.path[:0] = [os.getcwd(), *sources]
    watch = run_project.Watch(project)
    try:
        facts["migrations"] = load(sources, lambda step: facts.update(step=step))
    except BaseException as error:
        run_project.write(report, **facts, failure=run_project.failure(project, error))
        raise
    read = watch.read()
    # What is staged beside the project's own sources has a name of its own in what the check depends on.
    own = read and [name for name in read if not name.startswith(("python/", "staticfiles/", "desktop-staticfiles/"))]
    run_project.write(report, **facts, read=own, written=sorted(watch.written))


if __name__ == "__main__":
    with run_project.quick_end():
        main(*sys.argv[1:])
