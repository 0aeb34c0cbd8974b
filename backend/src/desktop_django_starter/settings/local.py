"""Settings for a developer: `python manage.py runserver` beside `python manage.py db_worker`."""

from pathlib import Path

from .base import *  # noqa: F403
from .base import BACKEND_ROOT, INSTALLED_APPS, sqlite_database
from .environment import optional

DEBUG = True

# Sessions and accounts are not part of the demo, so this key protects nothing worth stealing here.
SECRET_KEY = optional("DJANGO_SECRET_KEY") or "a-key-for-development-which-is-never-shipped"

# A shell in development mode names a folder of its own; otherwise the data lies beside manage.py.
DATABASES = {"default": sqlite_database(Path(optional("DESKTOP_DJANGO_APP_DATA_DIR") or BACKEND_ROOT) / "db.sqlite3")}

# Makes `runserver` leave static files to WhiteNoise, as in the shipped app: the token guards them too.
INSTALLED_APPS = ["whitenoise.runserver_nostatic", *INSTALLED_APPS]
