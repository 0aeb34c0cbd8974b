"""Settings of the test project. Like a shipped app's: everything about the machine comes from the environment."""

import importlib.util
import json
import os
from pathlib import Path

import django

SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
ADDRESS_KNOWN_TO_SETTINGS = f"{os.environ['DESKTOP_DJANGO_HOST']}:{os.environ['DESKTOP_DJANGO_PORT']}"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ROOT_URLCONF = "notes.urls"
INSTALLED_APPS = ["desktop_runtime", "notes"]
MIDDLEWARE = ["desktop_runtime.middleware.DesktopAuthMiddleware", "django.middleware.common.CommonMiddleware"]
USE_TZ = True
TIME_ZONE = "Pacific/Auckland"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(os.environ["DESKTOP_DJANGO_APP_DATA_DIR"]) / "app.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        if django.VERSION >= (5, 1)
        else {"timeout": 20},
    }
}
if "TEST_TASKS" in os.environ:  # Its many migrations would make every other test slower.
    # The queue of older releases is part of django_tasks itself.
    queue = "django_tasks_db" if importlib.util.find_spec("django_tasks_db") else "django_tasks.backends.database"
    INSTALLED_APPS.append(queue)
    TASKS = {"default": {"BACKEND": f"{queue}.DatabaseBackend"}}
if "TEST_STATIC" in os.environ:
    INSTALLED_APPS.append("django.contrib.staticfiles")
    STATIC_URL = "/static/"
    STATIC_ROOT = Path(os.environ["DESKTOP_DJANGO_BUNDLE_DIR"]) / "staticfiles"
DESKTOP_RUNTIME = {
    "FIRST_RUN_COMMANDS": [["seed_notes"]],
    # A test may add to it, or break it.
    **json.loads(os.environ.get("TEST_DESKTOP_RUNTIME", "{}")),
}
