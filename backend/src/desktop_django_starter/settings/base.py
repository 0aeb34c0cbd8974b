"""What every way of running the demo has in common.

The launch of the desktop app waits for these modules, so the lists below hold only what a page needs:
no accounts, no sessions, no admin, no translation catalogues. Add them when your own app does.
"""

from pathlib import Path
from typing import Any

from django.utils.csp import CSP

from desktop_django_starter import __version__
from desktop_django_starter.headers import add_static_headers

BACKEND_ROOT = Path(__file__).resolve().parents[3]


def sqlite_database(path: Path) -> dict[str, Any]:
    """A SQLite database that a web process and a task worker can write to at the same time.

    IMMEDIATE takes the write lock when a transaction begins, so two writers wait for each other (up to
    `timeout` seconds) instead of failing half-way; WAL lets readers go on meanwhile.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                "PRAGMA cache_size=-20000; PRAGMA mmap_size=134217728;"
            ),
        },
    }


# Requests

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ROOT_URLCONF = "desktop_django_starter.urls"
WSGI_APPLICATION = "desktop_django_starter.wsgi.application"

# The token check comes before everything else, so that not even a static file answers a stranger.
# Headers that belong on every response are added outside WhiteNoise, which answers by itself.
MIDDLEWARE = [
    "desktop_django_starter.middleware.DesktopAuthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "desktop_django_starter.headers.isolation_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

# Nothing is allowed except what the pages use, and that only from this server.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "desktop_django_starter.views.csrf_failure"

# Apps and templates

INSTALLED_APPS = [
    "desktop_django_starter",
    "desktop_runtime",
    "example_app",
    "tasks_demo",
    "django_tasks_db",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# There are no sessions: the one sentence shown after a form was saved travels in a signed cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# Static files

STATIC_URL = "/static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = None
WHITENOISE_ADD_HEADERS_FUNCTION = add_static_headers

# Background tasks

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Texts and times. Times are stored in UTC; the pages show them in the zone of the reader.

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# The desktop runtime

DESKTOP_RUNTIME: dict[str, Any] = {
    # Run once each, in this order, when a database has just been made.
    "FIRST_RUN_COMMANDS": [["seed_demo_content"]],
    "VERSION": __version__,
}
