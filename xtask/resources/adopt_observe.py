"""Imports a project's settings as a desktop program would have them, and reports what Django makes of the project.

Usage: python -s adopt_observe.py ORDER REPORT

ORDER is a JSON file:

    bundle     a folder with a copy of the project in `project`; everything that is written lies below its parent
    data       the folder that stands for a person's data
    runtime    the folder with the package `desktop_runtime`
    settings   the project's settings module
    roots      folders below `bundle` that go on the import path
    cwd        the working folder, below `bundle`
    env        variables, as `[backend.env]` has them
    overlay    settings, as `[backend.overlay]` has them
    start      the path of the first page, or nothing
    as_owner   whether the window is logged in as the one user of an installation
    limit      seconds after which it ends

A stranger's code runs here. It gets a throw-away copy, may connect to nothing, start nothing and write nowhere else,
but for the bytecode of the packages: they are imported several times before all is known, and again after the next
change. Code in C is not heard, so this guards against accidents and not against malice.
"""

import contextlib
import importlib
import inspect
import io
import json
import os
import re
import sys
import threading
import traceback

import adopt_folders
import adopt_guard
import adopt_hurry
import adopt_pages
import run_project

# SQLite keeps texts in whatever type a column has, so fields for searches and without case are left to the migrations.
FOREIGN_FIELDS = ("django.contrib.postgres.fields", "django.contrib.gis")
FIELDS_OF_TEXT = "django.contrib.postgres.fields.citext"
# The names of settings by which task queues are known.
QUEUES = ("CELERY", "HUEY", "RQ_QUEUES", "Q_CLUSTER", "BACKGROUND_TASK", "DRAMATIQ", "TASKS")

# As long as that of an installation: settings may look at its length.
SECRET = "a-key-that-only-adopt-uses-in-place-of-that-of-an-installation"
# Of what a program said before it ended itself, so many lines are told.
LAST_LINES = 6


class Telling:
    """The report. Each part is made by itself, so that a failure of one does not hide the others."""

    def __init__(self, project, report, limit):
        self.project, self.report = project, report
        self.facts = {"failures": []}
        self.aside = Aside(sys.stderr)
        self.step = ""
        self.lock = threading.Lock()
        timer = threading.Timer(limit, self._too_late, [limit, threading.main_thread().ident])
        timer.daemon = True
        timer.start()

    def part(self, step, make):
        """Adds what `make` tells; true when it did not fail."""
        self.step = step
        try:
            self.facts[step] = make()
        except BaseException as error:
            failure = run_project.failure(self.project, error)
            # Its code alone tells nobody anything.
            if isinstance(error, SystemExit) and not isinstance(error.code, str) and (said := self.aside.last()):
                for told in (failure["first"], failure["last"]):
                    told["text"] += f", after it said: {self.project.anonymous(said)}"
            failure["stopped"] = adopt_guard.has_stopped(error)
            self.facts["failures"].append({"step": step, **failure})
        return step in self.facts

    def write(self):
        """Writes the report; the first one counts."""
        if self.lock.acquire(blocking=False):
            run_project.write(self.report, **self.facts)

    def _too_late(self, limit, main):
        place = adopt_guard.own_place(self.project, traceback.walk_stack(sys._current_frames()[main]))
        told = run_project.ending(self.project, f"not done after {limit} s")
        told["first"]["place"] = told["last"]["place"] = place
        self.facts["failures"].append({"step": self.step, **told})
        self.write()
        os._exit(0)


def main(order_file, report):
    """Looks at the project, from the settings to the first page."""
    with open(order_file, encoding="utf-8") as file:
        order = json.load(file)
    copy = os.path.join(order["bundle"], "project")
    project = run_project.Project(copy, os.path.dirname(order["bundle"]), sys.prefix)
    prepare(order)
    telling = Telling(project, report, order["limit"])
    guard = adopt_guard.Guard(project, os.path.dirname(order["bundle"]), lambda: telling.step)
    telling.facts |= {"refused": guard.refused, "made": guard.made}
    # What a project prints is of no interest, unless it fails.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(telling.aside):
        look(telling, order, project, guard)
    telling.write()


def prepare(order):
    """The import path, working folder and variables that a shell would start the project with."""
    sys.path[:1] = [os.path.join(order["bundle"], root) for root in order["roots"]]
    sys.path.append(order["runtime"])
    os.chdir(os.path.join(order["bundle"], order["cwd"]))
    os.environ.update(filled(order))
    os.environ["DESKTOP_DJANGO_APP_DATA_DIR"] = order["data"]
    os.environ["DESKTOP_DJANGO_BUNDLE_DIR"] = order["bundle"]
    os.environ["DESKTOP_DJANGO_PORT"] = "8000"
    os.environ["DJANGO_SECRET_KEY"] = SECRET
    # For what the project's own code asks of it; the overlay takes its place as soon as the project's module is read.
    os.environ["DJANGO_SETTINGS_MODULE"] = order["settings"]


def filled(order):
    """The variables, with what their placeholders stand for."""
    places = {"{data}": order["data"], "{root}": os.path.join(order["bundle"], "project"), "{port}": "8000"}
    places |= {"{static}": os.path.join(order["bundle"], "staticfiles"), "{secret}": SECRET}
    values = order["env"]
    for place, text in places.items():
        values = {name: value.replace(place, text) for name, value in values.items()}
    return values


def look(telling, order, project, guard):
    """The parts, each of which needs the ones before it, apart from the static files."""
    if not telling.part("settings", lambda: settings_facts(importlib.import_module(order["settings"]), project)):
        return
    databases = telling.facts["settings"]["databases"]
    if not telling.part("overlay", lambda: lay_over(order, databases)) or not telling.part("apps", apps_facts):
        return
    adopt_hurry.hurry()
    telling.part("folders", lambda: run_project.named_folders(project))
    can_be_named = telling.part("unmade", lambda: adopt_folders.unmade(project))
    telling.part("models", lambda: models_facts(project))
    telling.part("local_storages", lambda: local_storages(telling.facts["settings"]["storages"]))
    telling.part("static", collect)
    # From now on they are part of the program.
    guard.collected = run_project.Project(os.path.join(order["bundle"], "staticfiles"))
    if telling.part("migrations", lambda: migrations_facts(project)) and telling.part("migrate", migrate):
        telling.part("page", lambda: adopt_pages.first_page(order["start"], project))
        if order["as_owner"] and is_closed(telling.facts.get("page")) and not no_owner():
            telling.part("page", lambda: adopt_pages.first_page(order["start"], project, as_owner=True))
        if telling.facts["apps"]["user"] and telling.facts.get("page", {}).get("asks_for_password"):
            telling.facts["no_owner"] = no_owner()
            if not telling.facts["no_owner"]:
                path = telling.facts["page"]["path"]
                telling.part("owner_fails", lambda: adopt_pages.owner_fails(path, project))
    # It asks for the same settings; one that fails when it is asked for is told already.
    if can_be_named:
        adopt_folders.name_settings(guard.refused, project)


def settings_facts(module, project):
    """What the project's own module says. Values that may be secret are left out."""
    from django import get_version
    from django.conf import global_settings

    def get(name, default=None):
        return getattr(module, name, getattr(global_settings, name, default))

    def backends(name, key="BACKEND"):
        table = get(name, {})
        return {alias: str(entry.get(key) or "") for alias, entry in table.items()} if isinstance(table, dict) else {}

    storages = backends("STORAGES")
    for alias, old in (("default", "DEFAULT_FILE_STORAGE"), ("staticfiles", "STATICFILES_STORAGE")):
        if hasattr(module, old):
            storages[alias] = str(getattr(module, old))

    def inside(path):
        """A path as the project has it, where it lies below its folder."""
        path = run_project.path_of(path)
        return project.relative(path) if path else None

    # Any value may stand there.
    databases = get("DATABASES", {})
    database = (databases.get("default") or {}) if isinstance(databases, dict) else {}
    names = [name for name in dir(module) if name.isupper()]
    return {
        "django": get_version(),
        "apps": [str(app) for app in get("INSTALLED_APPS")],
        "middleware": [str(entry) for entry in get("MIDDLEWARE")],
        "authentication": [str(entry) for entry in get("AUTHENTICATION_BACKENDS")],
        "databases": backends("DATABASES", "ENGINE"),
        "caches": backends("CACHES"),
        "storages": storages,
        "sessions": str(get("SESSION_ENGINE")),
        "mail": str(get("EMAIL_BACKEND")),
        "media": bool(get("MEDIA_ROOT")),
        "database_file": inside(database.get("NAME")) if "sqlite" in str(database.get("ENGINE")) else None,
        "media_folder": inside(get("MEDIA_ROOT")),
        "static": bool(get("STATIC_URL")) and "django.contrib.staticfiles" in get("INSTALLED_APPS"),
        "https": [name for name in names if name.startswith(("SECURE_SSL", "SECURE_HSTS")) and getattr(module, name)],
        "queues": [name for name in names if name.startswith(QUEUES)],
        "huey": huey(get("HUEY")),
        "offline_compression": bool(get("COMPRESS_OFFLINE", False)),
        "auth_model": str(get("AUTH_USER_MODEL")),
        "asgi": str(get("ASGI_APPLICATION", "") or ""),
    }


def huey(value):
    """How Huey keeps its queue: `file`, `server`, or `object` where the settings make it themselves."""
    if not isinstance(value, dict):
        return "object" if value is not None else ""
    words = [str(value.get(key, "")) for key in ("huey_class", "name", "filename")]
    return "file" if "filename" in value or "Sqlite" in words[0] else "server"


def lay_over(order, databases):
    """Makes `desktop_runtime.overlay` the settings, with what was decided so far."""
    overlay = dict(order["overlay"])
    engines = {alias: engine for alias, engine in databases.items() if engine and "sqlite" not in engine}
    engines = {alias: engine for alias, engine in engines.items() if not engine.endswith(("spatialite", "dummy"))}
    tables = {alias: {"ENGINE": "django.db.backends.sqlite3"} for alias in engines}
    overlay["DATABASES"] = {**tables, **overlay.get("DATABASES", {})}
    written = {
        "schemaVersion": 1,
        "settings-module": order["settings"],
        "root": "project",
        "source-roots": order["roots"],
        "env": order["env"],
        "overlay": overlay,
    }
    with open(os.path.join(order["bundle"], "desktop-overlay.json"), "w", encoding="utf-8") as file:
        json.dump(written, file)
    os.environ["DJANGO_SETTINGS_MODULE"] = "desktop_runtime.overlay"
    from django.conf import settings
    from django.utils.functional import empty

    # Settings that ask for settings while they are imported have filled it with themselves.
    settings._wrapped = empty
    wrong = [alias for alias, entry in settings.DATABASES.items() if not is_thrown_away(entry, order)]
    if wrong:
        raise RuntimeError(f"the database {wrong[0]!r} would not lie in the throw-away folder")
    return sorted(engines)


def is_thrown_away(entry, order):
    """Whether a database is a file of the throw-away folder, in memory, or none at all."""
    name, engine = str(entry.get("NAME") or ""), entry.get("ENGINE") or ""
    return not engine or engine.endswith("dummy") or ":memory:" in name or name.startswith(order["data"])


def apps_facts():
    """All apps and their models are imported."""
    import django
    from django.apps import apps

    django.setup()
    return {"models": len(apps.get_models()), "user": apps.is_installed("django.contrib.auth")}


def local_storages(storages):
    """The aliases of storages that keep files on this machine, whatever else their modules have."""
    from django.core.files.storage import FileSystemStorage
    from django.utils.module_loading import import_string

    found = []
    for alias, backend in storages.items():
        # One that can't be imported is told where it is needed.
        with contextlib.suppress(Exception):
            if issubclass(import_string(backend), FileSystemStorage):
                found.append(alias)
    return sorted(found)


def models_facts(project):
    """Fields that only another database has."""
    from django.apps import apps

    found = []
    for model in apps.get_models():
        for field in model._meta.local_fields:
            kinds = [kind.__module__ for kind in type(field).__mro__]
            if any(kind.startswith(FOREIGN_FIELDS) and kind != FIELDS_OF_TEXT for kind in kinds):
                name = f"{model._meta.label}.{field.name} ({type(field).__name__})"
                found.append({"what": name, "place": place_of_field(project, model, field.name)})
    return found


def place_of_field(project, model, field):
    """Where a field is written, or the package that it comes from."""
    try:
        lines, first = inspect.getsourcelines(model)
        path = project.relative(inspect.getsourcefile(model))
    except (OSError, TypeError):
        return None
    if path is None:
        return None
    wanted = re.compile(rf"\s*{re.escape(field)}\b\s*[:=]")
    at = next((first + number for number, line in enumerate(lines) if wanted.match(line)), first)
    return f"{path}:{at}"


def collect():
    """All static files are found and processed."""
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    if apps.is_installed("django.contrib.staticfiles"):
        call_command("collectstatic", interactive=False, verbosity=0)
        if getattr(settings, "COMPRESS_OFFLINE", False):
            call_command("compress", force=True, verbosity=0)


def migrations_facts(project):
    """Operations that only another database has."""
    from django.db.migrations.loader import MigrationLoader

    found = []
    for (app, name), migration in sorted(MigrationLoader(None).disk_migrations.items()):
        for operation in migration.operations:
            if type(operation).__module__.startswith("django.contrib.postgres"):
                path = project.relative(inspect.getsourcefile(type(migration)))
                found.append({"what": f"{type(operation).__name__} in {app}.{name}", "place": path})
    return found


def migrate():
    """A new database is made, as on the first start."""
    from django.core.management import CommandError, call_command
    from django.db import Error, connections

    said = io.StringIO()
    try:
        for alias in connections:
            if connections[alias].vendor == "sqlite":
                call_command("migrate", database=alias, interactive=False, verbosity=1, stdout=said)
    except BaseException as error:
        # What is applied is OK, and then the handlers of signals run.
        applying = re.search(r"Applying ([\w.]+)\.\.\.$", said.getvalue())
        if applying:
            how = "does not run on SQLite" if isinstance(error, Error) else "fails"
            raise CommandError(f"the migration {applying[1]} {how}") from error
        raise


def no_owner():
    """Why there can't be the one user of an installation, whom `account = "owner"` logs in; nothing where there can."""
    from desktop_runtime import accounts, faults

    try:
        accounts.owner()
    except faults.LaunchError as error:
        return error.detail.partition(" Write a management command")[0]
    except Exception as error:
        # What receivers of its signals raise.
        return f"{type(error).__name__}: {error}"
    return ""


def is_closed(page):
    """Whether nobody in particular finds no page, and no error either."""
    return page is not None and page["status"] != 200 and not page["error"]


class Aside(io.TextIOBase):
    """A stream that keeps what is written, too."""

    def __init__(self, stream):
        self.stream, self.kept = stream, io.StringIO()

    def write(self, text):
        self.kept.write(text)
        return self.stream.write(text)

    def flush(self):
        self.stream.flush()

    def last(self):
        """What was said last, on one line."""
        lines = [line.strip() for line in self.kept.getvalue().splitlines() if line.strip()]
        return " ".join(lines[-LAST_LINES:])


if __name__ == "__main__":
    main(*sys.argv[1:])
