"""Settings for any Django that a project may have. Everything about the machine comes from the environment."""

import os
from pathlib import Path

import django

DEBUG = False
SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ROOT_URLCONF = "meadow.urls"
INSTALLED_APPS = ["desktop_runtime", "meadow", "django.contrib.staticfiles"]
MIDDLEWARE = [
    "desktop_runtime.middleware.DesktopAuthMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(os.environ["DESKTOP_DJANGO_APP_DATA_DIR"]) / "app.sqlite3",
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL"} if django.VERSION >= (5, 1) else {},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ["DESKTOP_DJANGO_BUNDLE_DIR"]) / "staticfiles"
# Nobody stages this project, so nothing was collected.
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = Path(os.environ["DESKTOP_DJANGO_APP_DATA_DIR"]) / "media"
USE_I18N = False
USE_TZ = True
DESKTOP_RUNTIME = {"FIRST_RUN_COMMANDS": [["sow"]], "WORKER_COMMAND": ["graze"]}
