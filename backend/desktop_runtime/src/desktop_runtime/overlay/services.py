"""Rules for what a server has and a desktop lacks: caches, sessions, mail, the tools that logs are sent to."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .draft import Draft

FILE_CACHE = "django.core.cache.backends.filebased.FileBasedCache"
LOCAL_CACHES = (
    "django.core.cache.backends.locmem.LocMemCache",
    "django.core.cache.backends.dummy.DummyCache",
)
KEPT_CACHE_KEYS = ("TIMEOUT", "KEY_PREFIX", "VERSION", "KEY_FUNCTION")
# Django's own default of 300 suits a cache that is looked through on each write.
CACHE_ENTRIES = 2000

SESSIONS = "django.contrib.sessions.backends."
LOCAL_SESSIONS = (SESSIONS + "db", SESSIONS + "cached_db", SESSIONS + "signed_cookies", SESSIONS + "file")

FILE_MAIL = "django.core.mail.backends.filebased.EmailBackend"
LOCAL_MAIL = (FILE_MAIL, "django.core.mail.backends.dummy.EmailBackend")

NULL_HANDLER = "logging.NullHandler"
REMOTE_HANDLER = re.compile(
    r"AdminEmail|SMTPHandler|SysLog|HTTPHandler|SocketHandler|DatagramHandler|NTEventLog|"
    r"[Ss]entry|[Ll]ogstash|[Gg]elf|[Gg]raylog|[Ss]lack|[Ff]luent|[Cc]loud[Ww]atch|[Rr]ollbar"
)
RUNTIME_LOG = "desktop.log"


def local_caches(draft: Draft) -> None:
    """Caches are files of this computer, which the window and a worker share, instead of Redis or memcached.

    One in the database goes, too: no migration makes its table, but a command that nobody runs here.
    """
    caches, folder = draft.table("CACHES"), draft.spec.data / "cache"
    for alias, entry in caches.items():
        backend = entry.get("BACKEND", "")
        if backend == FILE_CACHE and PurePath(str(entry.get("LOCATION"))).is_relative_to(draft.spec.data):
            continue
        if backend not in LOCAL_CACHES:
            kept = {key: value for key, value in entry.items() if key in KEPT_CACHE_KEYS}
            options = {"MAX_ENTRIES": CACHE_ENTRIES}
            caches[alias] = {"BACKEND": FILE_CACHE, "LOCATION": str(folder / alias), "OPTIONS": options, **kept}
    draft.set("CACHES", caches)


def local_sessions(draft: Draft) -> None:
    """Sessions are kept in the database, so that nobody is logged out when a cache forgets."""
    if draft.get("SESSION_ENGINE") not in LOCAL_SESSIONS:
        has_table = "django.contrib.sessions" in draft.get("INSTALLED_APPS")
        draft.set("SESSION_ENGINE", SESSIONS + ("db" if has_table else "signed_cookies"))
    if draft.get("SESSION_ENGINE") == SESSIONS + "file":
        folder = draft.spec.data / "sessions"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.set("SESSION_FILE_PATH", str(folder))


def mail_to_a_folder(draft: Draft) -> None:
    """Mail is written to a folder: there is no server that would send it."""
    if "MAILERS" in draft.settings:  # From Django 6.1 on, which then refuses the other settings.
        draft.set("MAILERS", {alias: _local_mailer(entry, draft) for alias, entry in draft.table("MAILERS").items()})
        return
    if draft.get("EMAIL_BACKEND") not in LOCAL_MAIL:
        draft.set("EMAIL_BACKEND", FILE_MAIL)
    if draft.get("EMAIL_BACKEND") == FILE_MAIL:
        draft.set("EMAIL_FILE_PATH", str(draft.spec.data / "mail"))


def logs_in_the_log_folder(draft: Draft) -> None:
    """Log files lie in the folder of the log; nothing is sent to other computers."""
    logging = draft.table("LOGGING")
    if "handlers" not in logging:
        return
    handlers: dict[str, Any] = {}
    for name, entry in logging["handlers"].items():
        handlers[name] = _local_handler(entry, draft)
    draft.set("LOGGING", {**logging, "handlers": handlers})


def request_errors_are_logged(draft: Draft) -> None:
    """An error in a view reaches the log, whatever the project's logging does otherwise."""
    logging = draft.table("LOGGING")
    if not logging or draft.get("LOGGING_CONFIG") is None:
        return
    loggers = dict(logging.get("loggers", {}))
    entry = dict(loggers.get("django.request", {}))
    # Its handlers stay; what it hands on is what the runtime's own log hears.
    loggers["django.request"] = {**entry, "level": _at_most_error(entry.get("level")), "propagate": True}
    draft.set("LOGGING", {**logging, "disable_existing_loggers": False, "loggers": loggers})


def _local_mailer(entry: dict[str, Any], draft: Draft) -> dict[str, Any]:
    if entry.get("BACKEND") in LOCAL_MAIL[1:]:
        return entry
    return {"BACKEND": FILE_MAIL, "OPTIONS": {"file_path": str(draft.spec.data / "mail")}}


def _local_handler(entry: dict[str, Any], draft: Draft) -> dict[str, Any]:
    kind = entry.get("class") or entry.get("()") or ""
    named = kind if isinstance(kind, str) else f"{getattr(kind, '__module__', '')}.{getattr(kind, '__name__', '')}"
    if REMOTE_HANDLER.search(named):
        return {"class": NULL_HANDLER}
    if "filename" not in entry:
        return entry
    name = re.split(r"[/\\]", str(entry["filename"]))[-1] or "app.log"
    # The runtime's own log is written by one process only.
    target = draft.spec.data / "logs" / (f"app-{name}" if name.startswith(RUNTIME_LOG) else name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {**entry, "filename": str(target)}


def _at_most_error(level: Any) -> Any:
    return level if level in ("DEBUG", "INFO", "WARNING", "ERROR") else "ERROR"


RULES = (local_caches, local_sessions, mail_to_a_folder, logs_in_the_log_folder, request_errors_are_logged)
