"""Each rule of the overlay by itself: what it makes of a server's settings, and what it leaves alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import SimpleLazyObject

from desktop_runtime.overlay import databases, explain, folders, services, web
from desktop_runtime.overlay.draft import Draft, merged
from desktop_runtime.overlay.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path("/srv/ann/data")
BUNDLE = Path("/opt/shop")
SQLITE = "django.db.backends.sqlite3"
POSTGRES = "django.db.backends.postgresql"
FILES = services.FILE_CACHE


def draft(project: dict[str, Any], data: Path = DATA, **values: Any) -> Draft:
    """The settings of a project, before the rules."""
    spec = Spec({"settings-module": "shop.settings", "root": "src/shop", **values}, data, BUNDLE, "4711", "own-key" * 9)
    return Draft(project, spec)


def changed(rule: Callable[[Draft], None], project: dict[str, Any], data: Path = DATA, **values: Any) -> dict[str, Any]:
    """What a rule changes, by setting. Each change is told with a reason."""
    made = draft(project, data, **values)
    made.apply(rule)
    assert all(change.rule == rule.__name__ and len(change.why) > 20 for change in made.changes)
    assert {change.setting for change in made.changes} == {
        name for name in made.settings if name not in project or made.settings[name] != project[name]
    }
    return {change.setting: change.after for change in made.changes}


def test_no_rule_touches_what_is_right_already() -> None:
    right = {
        "DEBUG": False,
        "SECRET_KEY": "own-key" * 9,
        "ALLOWED_HOSTS": list(web.LOOPBACK_HOSTS),
        "DATABASES": {
            "default": {
                "ENGINE": SQLITE,
                "NAME": DATA / "app.sqlite3",
                "OPTIONS": {"timeout": 5, "transaction_mode": "DEFERRED", "init_command": ""},
            }
        },
        "MEDIA_ROOT": DATA / "media",
        "MEDIA_URL": "/media/",
        "STATIC_ROOT": BUNDLE / "staticfiles",
        "STATIC_URL": "static/",
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        "INSTALLED_APPS": [],
        "MIDDLEWARE": [],
        "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [Path("/opt/templates")]}],
    }
    for rule in (*folders.RULES, *databases.RULES, *services.RULES, *web.RULES):
        assert changed(rule, right) == {}, rule.__name__


@pytest.mark.parametrize(
    ("name", "engine", "expected"),
    [
        ("/srv/shop/db.sqlite3", SQLITE, str(DATA / "db.sqlite3")),
        (Path("/srv/shop/db.sqlite3"), SQLITE, Path("/srv/ann/data/db.sqlite3")),
        ("db.sqlite3", "django_prometheus.db.backends.sqlite3", str(DATA / "db.sqlite3")),
        ("C:\\shop\\db.sqlite3", "django.contrib.gis.db.backends.spatialite", str(DATA / "db.sqlite3")),
        ("file:/srv/db.sqlite3?cache=shared", SQLITE, str(DATA / "db.sqlite3")),
        ("/srv/ann/data/../other.sqlite3", SQLITE, str(DATA / "other.sqlite3")),
        ("", SQLITE, str(DATA / "app.sqlite3")),
        # For want of a server's address; what the person makes must not be gone with the window.
        (":memory:", SQLITE, str(DATA / "app.sqlite3")),
        ("file:memorydb?mode=memory&cache=shared", SQLITE, str(DATA / "app.sqlite3")),
    ],
)
def test_sqlite_files_move_below_app_data(name: str | Path, engine: str, expected: str | Path) -> None:
    given = {"DATABASES": {"default": {"ENGINE": engine, "NAME": name, "ATOMIC_REQUESTS": True}}}
    entry = changed(databases.sqlite_below_app_data, given)["DATABASES"]["default"]
    assert entry == {"ENGINE": engine, "NAME": expected, "ATOMIC_REQUESTS": True}
    assert type(entry["NAME"]) is type(expected)


def test_several_databases_keep_apart_what_is_apart_and_together_what_is_together() -> None:
    names = {"default": "/a/db.sqlite3", "replica": "/a/db.sqlite3", "other": "/b/db.sqlite3", "audit": ""}
    names["mem"] = ":memory:"
    given = {"DATABASES": {alias: {"ENGINE": SQLITE, "NAME": name} for alias, name in names.items()}}
    made = changed(databases.sqlite_below_app_data, given)["DATABASES"]
    assert {alias: entry["NAME"] for alias, entry in made.items()} == {
        "default": str(DATA / "db.sqlite3"),
        "replica": str(DATA / "db.sqlite3"),
        "other": str(DATA / "other-db.sqlite3"),
        "audit": str(DATA / "audit.sqlite3"),
        "mem": ":memory:",
    }


def test_another_engine_is_refused_unless_dds_toml_says_sqlite() -> None:
    server: dict[str, Any] = {"ENGINE": POSTGRES, "NAME": "shop", "HOST": "db", "USER": "shop", "PASSWORD": "pw"}
    server["OPTIONS"] = {"sslmode": "x"}
    made = draft({"DATABASES": {"default": {"ENGINE": SQLITE}, "stock": server}})
    with pytest.raises(ImproperlyConfigured, match=r"'stock' uses django.db.backends.postgresql.*DATABASES.stock"):
        databases.refuse_others(made)

    overlay = {"DATABASES": {"stock": {"ENGINE": SQLITE}}}
    made = draft({"DATABASES": {"stock": server}}, overlay=overlay)
    made.merge(overlay)
    for rule in databases.RULES:
        made.apply(rule)
    databases.refuse_others(made)
    entry = made.settings["DATABASES"]["stock"]
    assert entry["NAME"] == str(DATA / "shop")
    assert not {"HOST", "USER", "PASSWORD"} & set(entry)
    assert "sslmode" not in entry["OPTIONS"]


def test_a_project_without_a_database_is_left_without() -> None:
    databases.refuse_others(draft({"DATABASES": {"default": {"ENGINE": "django.db.backends.dummy"}}}))
    databases.refuse_others(draft({"DATABASES": {}}))


def test_writers_wait_for_each_other_with_the_projects_own_options_kept() -> None:
    entry = {"ENGINE": SQLITE, "NAME": "x", "OPTIONS": {"detect_types": 0}}
    made = changed(databases.two_processes_can_write, {"DATABASES": {"default": entry}})
    options = made["DATABASES"]["default"]["OPTIONS"]
    assert options["detect_types"] == 0
    assert options["timeout"] == 20
    assert ("init_command" in options) == databases.HAS_INIT_COMMAND


REMOTE_CACHES = [
    "django.core.cache.backends.redis.RedisCache",
    "django_redis.cache.RedisCache",
    "django.core.cache.backends.memcached.PyMemcacheCache",
    # No migration makes its table.
    "django.core.cache.backends.db.DatabaseCache",
    FILES,  # Somewhere on the server.
]


@pytest.mark.parametrize("backend", REMOTE_CACHES)
def test_caches_become_local(backend: str) -> None:
    entry = {"BACKEND": backend, "LOCATION": "redis://:pw@cache:6379/1", "TIMEOUT": 7, "OPTIONS": {"CLIENT_CLASS": "x"}}
    local = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    made = changed(services.local_caches, {"CACHES": {"default": entry, "quick": local}})["CACHES"]
    assert made["quick"] == local
    assert made["default"] == {
        "BACKEND": FILES,
        "LOCATION": str(DATA / "cache/default"),
        "TIMEOUT": 7,
        "OPTIONS": {"MAX_ENTRIES": services.CACHE_ENTRIES},
    }
    assert changed(services.local_caches, {"CACHES": made}) == {}


@pytest.mark.parametrize("engine", ["django.contrib.sessions.backends.cache", "redis_sessions.session"])
def test_sessions_do_not_depend_on_a_cache(engine: str) -> None:
    given = {"SESSION_ENGINE": engine, "INSTALLED_APPS": ["django.contrib.sessions"]}
    assert changed(services.local_sessions, given)["SESSION_ENGINE"] == services.SESSIONS + "db"
    given["INSTALLED_APPS"] = []
    assert changed(services.local_sessions, given)["SESSION_ENGINE"] == services.SESSIONS + "signed_cookies"


def test_session_files_lie_below_app_data(tmp_path: Path) -> None:
    given = {"SESSION_ENGINE": "django.contrib.sessions.backends.file"}
    made = changed(services.local_sessions, given, tmp_path)
    assert Path(made["SESSION_FILE_PATH"]).is_dir()


SENDING = ["django.core.mail.backends.smtp.EmailBackend", "anymail.backends.mailgun.EmailBackend"]


@pytest.mark.parametrize("backend", SENDING)
def test_mail_goes_to_a_folder(backend: str) -> None:
    assert changed(services.mail_to_a_folder, {"EMAIL_BACKEND": backend}) == {
        "EMAIL_BACKEND": services.FILE_MAIL,
        "EMAIL_FILE_PATH": str(DATA / "mail"),
    }


def test_each_mailer_writes_to_the_folder() -> None:
    mailers = {
        "default": {"BACKEND": SENDING[0], "OPTIONS": {"host": "mail"}},
        "none": {"BACKEND": services.LOCAL_MAIL[1]},
    }
    assert changed(services.mail_to_a_folder, {"MAILERS": mailers}) == {
        "MAILERS": {
            "default": {"BACKEND": services.FILE_MAIL, "OPTIONS": {"file_path": str(DATA / "mail")}},
            "none": mailers["none"],
        }
    }


def test_log_files_move_and_nothing_is_sent_away(tmp_path: Path) -> None:
    handlers = {
        "file": {"class": "logging.handlers.RotatingFileHandler", "filename": "/var/log/shop/shop.log", "maxBytes": 9},
        "same": {"class": "logging.FileHandler", "filename": "desktop.log"},
        "mail": {"class": "django.utils.log.AdminEmailHandler", "level": "ERROR"},
        "syslog": {"class": "logging.handlers.SysLogHandler", "address": "/dev/log"},
        "console": {"class": "logging.StreamHandler"},
    }
    given = {"LOGGING": {"version": 1, "handlers": handlers}}
    assert changed(services.logs_in_the_log_folder, given, tmp_path)["LOGGING"]["handlers"] == {
        "file": {**handlers["file"], "filename": str(tmp_path / "logs" / "shop.log")},
        "same": {**handlers["same"], "filename": str(tmp_path / "logs" / "app-desktop.log")},
        "mail": {"class": "logging.NullHandler"},
        "syslog": {"class": "logging.NullHandler"},
        "console": handlers["console"],
    }
    assert (tmp_path / "logs").is_dir()


def test_errors_of_views_reach_the_log() -> None:
    deaf = {"django.request": {"handlers": ["mail"], "level": "CRITICAL", "propagate": False}}
    made = changed(services.request_errors_are_logged, {"LOGGING": {"version": 1, "loggers": deaf}})["LOGGING"]
    assert made["loggers"]["django.request"] == {"handlers": ["mail"], "level": "ERROR", "propagate": True}
    assert made["disable_existing_loggers"] is False


HTTPS = {
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31536000,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "SESSION_COOKIE_NAME": "__Host-sessionid",
    "CSRF_COOKIE_NAME": "__Secure-csrf",
    "SESSION_COOKIE_SAMESITE": "None",
    "SECURE_CSP": {"default-src": ["'self'"], "upgrade-insecure-requests": []},
    "CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"upgrade-insecure-requests": True, "img-src": ["x"]}},
}


def test_nothing_insists_on_https() -> None:
    assert changed(web.plain_http, HTTPS) == {
        "SECURE_SSL_REDIRECT": False,
        "SECURE_HSTS_SECONDS": 0,
        "SECURE_PROXY_SSL_HEADER": None,
        "SESSION_COOKIE_SECURE": False,
        "CSRF_COOKIE_SECURE": False,
        "SESSION_COOKIE_NAME": "sessionid",
        "CSRF_COOKIE_NAME": "csrf",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SECURE_CSP": {"default-src": ["'self'"]},
        "CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"img-src": ["x"]}},
    }


def test_the_host_is_loopback() -> None:
    given = {"ALLOWED_HOSTS": ["shop.example.org"], "SESSION_COOKIE_DOMAIN": ".example.org", "PREPEND_WWW": True}
    assert changed(web.loopback_host, given) == {
        "ALLOWED_HOSTS": ["127.0.0.1", "localhost", "[::1]"],
        "SESSION_COOKIE_DOMAIN": None,
        "PREPEND_WWW": False,
    }


def test_the_window_is_among_trusted_origins_where_a_project_lists_some() -> None:
    assert changed(web.trusted_origin, {}) == {}
    made = changed(web.trusted_origin, {"CSRF_TRUSTED_ORIGINS": ("https://shop.example.org",)})
    assert made == {"CSRF_TRUSTED_ORIGINS": ("https://shop.example.org", "http://127.0.0.1:4711")}


def test_whitenoise_comes_right_after_the_security_middleware() -> None:
    given = {"INSTALLED_APPS": ["django.contrib.staticfiles"], "MIDDLEWARE": ["a", web.SECURITY, "b"]}
    assert changed(web.static_files_are_served, given) == {"MIDDLEWARE": ["a", web.SECURITY, web.WHITENOISE, "b"]}
    given = {"INSTALLED_APPS": ["django.contrib.staticfiles"], "MIDDLEWARE": ("a",), "WHITENOISE_USE_FINDERS": True}
    made = changed(web.static_files_are_served, given)
    assert made == {"MIDDLEWARE": (web.WHITENOISE, "a"), "WHITENOISE_USE_FINDERS": False}


def test_nothing_is_compressed_while_the_program_runs() -> None:
    given: dict[str, Any] = {"INSTALLED_APPS": ["compressor"], "COMPRESS_ENABLED": True}
    assert changed(web.nothing_is_compressed_later, given) == {"COMPRESS_ENABLED": False}
    assert changed(web.nothing_is_compressed_later, {**given, "COMPRESS_OFFLINE": True}) == {}
    assert changed(web.nothing_is_compressed_later, {"INSTALLED_APPS": []}) == {}


def test_search_indexes_lie_below_app_data() -> None:
    whoosh = {"ENGINE": "haystack.backends.whoosh_backend.WhooshEngine", "PATH": Path("/opt/shop/whoosh_index")}
    given = {"HAYSTACK_CONNECTIONS": {"default": whoosh, "other": {"ENGINE": "simple"}}}
    moved = {**whoosh, "PATH": DATA / "search" / "default"}
    expected = {"HAYSTACK_CONNECTIONS": {"default": moved, "other": {"ENGINE": "simple"}}}
    assert changed(folders.search_indexes_below_app_data, given) == expected


def test_the_secret_key_is_the_installations() -> None:
    made = changed(folders.installation_key, {"SECRET_KEY": "committed", "SECRET_KEY_FALLBACKS": ["older"]})
    assert made == {"SECRET_KEY": "own-key" * 9, "SECRET_KEY_FALLBACKS": []}


def test_media_lies_in_its_own_folder_under_an_address_of_this_site() -> None:
    given = {"MEDIA_ROOT": Path("/srv/media"), "MEDIA_URL": "https://cdn.example.org/media/"}
    assert changed(folders.media_below_app_data, given) == {"MEDIA_ROOT": DATA / "media", "MEDIA_URL": "/media/"}
    assert changed(folders.media_below_app_data, {"MEDIA_URL": "files/"}) == {"MEDIA_ROOT": str(DATA / "media")}


def test_object_storage_becomes_files() -> None:
    given = {
        "STORAGES": {
            "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": "shop"}},
            "papers": {"BACKEND": folders.FILE_STORAGE, "OPTIONS": {"location": "/srv/papers", "base_url": "/papers/"}},
            "own": {"BACKEND": "shop.storage.Versioned"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
        }
    }
    made = changed(folders.storages_are_local, given)["STORAGES"]
    assert made == {
        "default": {"BACKEND": folders.FILE_STORAGE},
        "papers": {
            "BACKEND": folders.FILE_STORAGE,
            "OPTIONS": {"location": str(DATA / "media/papers"), "base_url": "/papers/"},
        },
        "own": {"BACKEND": "shop.storage.Versioned"},
        "staticfiles": given["STORAGES"]["staticfiles"],
    }
    old = {"DEFAULT_FILE_STORAGE": "storages.backends.s3boto3.S3Boto3Storage", "STATICFILES_STORAGE": "shop.S3Static"}
    assert changed(folders.storages_are_local, old) == {
        "DEFAULT_FILE_STORAGE": folders.FILE_STORAGE,
        "STATICFILES_STORAGE": folders.PLAIN_STATIC,
    }


def test_static_files_are_those_of_the_stage() -> None:
    made = changed(folders.static_from_the_stage, {"STATIC_ROOT": "/var/www", "STATIC_URL": "//cdn.example.org/"})
    assert made == {"STATIC_ROOT": str(BUNDLE / "staticfiles"), "STATIC_URL": "/static/"}


def test_relative_folders_are_the_projects() -> None:
    given = {
        "STATICFILES_DIRS": ("assets", ("pre", Path("more"))),
        "FIXTURE_DIRS": [Path("fixtures"), Path("/abs")],
        "TEMPLATES": [{"BACKEND": "x", "DIRS": ["templates", Path("/abs")]}, {"BACKEND": "y"}],
    }
    root = BUNDLE / "src" / "shop"
    assert changed(folders.absolute_paths, given) == {
        "STATICFILES_DIRS": (str(root / "assets"), ("pre", root / "more")),
        "FIXTURE_DIRS": [root / "fixtures", Path("/abs")],
        "TEMPLATES": [{"BACKEND": "x", "DIRS": [str(root / "templates"), Path("/abs")]}, {"BACKEND": "y"}],
    }


def test_debug_is_off() -> None:
    assert changed(web.no_debug, {"DEBUG": True}) == {"DEBUG": False}


@pytest.mark.parametrize(
    ("present", "over", "expected"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        (Path("/x"), "/y", Path("/y")),
        (("a",), ["b"], ("b",)),
        (frozenset({"a"}), ["b"], frozenset({"b"})),
        (timedelta(days=1), 60, timedelta(minutes=1)),
        (["a"], ["b"], ["b"]),
        ({"a": 1}, "text", "text"),
        (None, {"a": 1}, {"a": 1}),
    ],
)
def test_tables_are_merged_and_types_are_kept(present: Any, over: Any, expected: Any) -> None:
    made = merged(present, over)
    assert made == expected
    assert type(made) is type(expected)


def test_placeholders_are_filled_in_and_addresses_quoted() -> None:
    data = Path("/srv/ann/my data #1")
    spec = draft({}, data).spec
    given = {"A": "{data}/x", "B": ["sqlite:///{data}/x"], "C": "{static} {root}", "D": "{port} {secret} {x}"}
    assert spec.filled(given) == {
        "A": f"{data}/x",
        "B": ["sqlite:////srv/ann/my%20data%20%231/x"],
        "C": f"{BUNDLE / 'staticfiles'} {BUNDLE / 'src/shop'}",
        "D": f"4711 {'own-key' * 9} {{x}}",
    }


def test_the_report_names_values_and_reasons_and_no_secret() -> None:
    made = draft(
        {
            "SECRET_KEY": "committed-secret",
            "CACHES": {"default": {"BACKEND": REMOTE_CACHES[0], "LOCATION": "redis://user:hidden-pw@cache/1"}},
            "DATABASES": {"default": {"ENGINE": SQLITE, "NAME": "/srv/db.sqlite3", "PASSWORD": "another-secret"}},
            "LOGIN_URL": SimpleLazyObject(lambda: "x"),
        }
    )
    made.merge({"STRIPE_API_KEY": "third-secret"})
    for rule in (*databases.RULES, *services.RULES, *folders.RULES):
        made.apply(rule)
    lines = {line.setting: line for line in explain.report(made)}
    name = lines["DATABASES.default.NAME"]
    assert (name.before, name.after) == ("'/srv/db.sqlite3'", repr(str(Path("{data}/db.sqlite3"))))
    assert "below app data" in name.why
    assert lines["CACHES.default.LOCATION"].before == "'redis://***@cache/1'"
    assert lines["SECRET_KEY"].after == lines["STRIPE_API_KEY"].after == "***"
    for secret in ("committed-secret", "hidden-pw", "another-secret", "third-secret"):
        assert secret not in str(lines)
