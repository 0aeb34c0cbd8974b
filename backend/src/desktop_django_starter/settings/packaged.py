"""Settings of the shipped app: everything about the machine comes from the environment."""

from pathlib import Path

from desktop_django_starter import lean_imports

from .base import *  # noqa: F403
from .base import sqlite_database
from .environment import required

lean_imports.without_django_stubs_ext()

DEBUG = False

SECRET_KEY = required("DJANGO_SECRET_KEY")

DATABASES = {"default": sqlite_database(Path(required("DESKTOP_DJANGO_APP_DATA_DIR")) / "app.sqlite3")}

STATIC_ROOT = Path(required("DESKTOP_DJANGO_BUNDLE_DIR")) / "staticfiles"
