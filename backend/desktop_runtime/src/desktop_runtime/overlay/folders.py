"""Rules for where things lie: what the person makes below app data, what the program brings in its own folder."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .draft import Draft

LOCAL_STORAGES = (
    "django.core.files.storage.FileSystemStorage",
    "django.core.files.storage.filesystem.FileSystemStorage",
    "django.core.files.storage.InMemoryStorage",
)
FILE_STORAGE = LOCAL_STORAGES[0]
PLAIN_STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
PATH_LISTS = ("STATICFILES_DIRS", "FIXTURE_DIRS", "LOCALE_PATHS")


def installation_key(draft: Draft) -> None:
    """The secret key is this installation's own: one that is shipped would be everybody's."""
    draft.set("SECRET_KEY", draft.spec.secret)
    if draft.get("SECRET_KEY_FALLBACKS"):
        draft.set("SECRET_KEY_FALLBACKS", [])


def media_below_app_data(draft: Draft) -> None:
    """Uploads lie in `media` below app data and are served by the runtime."""
    draft.set("MEDIA_ROOT", _like(draft.get("MEDIA_ROOT"), draft.spec.data / "media"))
    if not _is_local_address(draft.get("MEDIA_URL")):
        draft.set("MEDIA_URL", "/media/")
    if draft.get("FILE_UPLOAD_TEMP_DIR"):
        draft.set("FILE_UPLOAD_TEMP_DIR", None)


def storages_are_local(draft: Draft) -> None:
    """Files are kept on this computer, not in an object storage."""
    storages = draft.table("STORAGES")
    for alias, entry in storages.items():
        if alias != "staticfiles":
            storages[alias] = _local_storage(entry, draft.spec.data / "media")
        elif _is_remote(entry.get("BACKEND", "")):
            storages[alias] = {"BACKEND": PLAIN_STATIC}
    if storages:
        draft.set("STORAGES", storages)
    # Before Django 5.1 a project may have these two instead.
    if _is_remote(draft.settings.get("DEFAULT_FILE_STORAGE", FILE_STORAGE)):
        draft.set("DEFAULT_FILE_STORAGE", FILE_STORAGE)
    if _is_remote(draft.settings.get("STATICFILES_STORAGE", PLAIN_STATIC)):
        draft.set("STATICFILES_STORAGE", PLAIN_STATIC)


def static_from_the_stage(draft: Draft) -> None:
    """Static files are the ones that were collected when the program was made."""
    draft.set("STATIC_ROOT", _like(draft.get("STATIC_ROOT"), draft.spec.static))
    if not _is_local_address(draft.get("STATIC_URL")):
        draft.set("STATIC_URL", "/static/")


def search_indexes_below_app_data(draft: Draft) -> None:
    """The files of a search index change with the person's data, so they lie below app data."""
    connections = draft.table("HAYSTACK_CONNECTIONS")
    for alias, entry in connections.items():
        if entry.get("PATH"):
            connections[alias] = {**entry, "PATH": _like(entry["PATH"], draft.spec.data / "search" / alias)}
    if connections:
        draft.set("HAYSTACK_CONNECTIONS", connections)


def absolute_paths(draft: Draft) -> None:
    """A relative folder is meant from the project's own folder, wherever the program was started."""
    root = draft.spec.root
    for name in PATH_LISTS:
        if given := draft.get(name):
            draft.set(name, type(given)(_absolute(entry, root) for entry in given))
    templates = [
        {**entry, "DIRS": [_absolute(folder, root) for folder in entry["DIRS"]]} if entry.get("DIRS") else entry
        for entry in draft.get("TEMPLATES")
    ]
    if templates:
        draft.set("TEMPLATES", type(draft.get("TEMPLATES"))(templates))


def _absolute(entry: Any, root: Path) -> Any:
    if isinstance(entry, (list, tuple)):  # A prefix and a folder, in STATICFILES_DIRS.
        return type(entry)([entry[0], _absolute(entry[1], root)])
    if PurePath(entry).is_absolute():
        return entry
    return _like(entry, root / entry)


def _like(before: Any, path: Path) -> Any:
    return path if isinstance(before, PurePath) else str(path)


def _is_local_address(address: Any) -> bool:
    text = str(address or "")
    return text.strip("/") != "" and "://" not in text and not text.startswith("//")


def _is_remote(backend: str) -> bool:
    """Whether a storage is of a package for object storages. A project's own class may well be local: it stays."""
    return backend.startswith("storages.") or any(word in backend.lower() for word in ("s3", "boto", "gcloud", "azure"))


def _local_storage(entry: dict[str, Any], media: Path) -> dict[str, Any]:
    if _is_remote(entry.get("BACKEND", "")):
        return {"BACKEND": FILE_STORAGE}
    location = entry.get("OPTIONS", {}).get("location")
    if entry.get("BACKEND") not in LOCAL_STORAGES or location is None or PurePath(location).is_relative_to(media):
        return entry
    place = _like(location, media / PurePath(location).name)
    return {**entry, "OPTIONS": {**entry["OPTIONS"], "location": place}}


RULES = (
    installation_key,
    media_below_app_data,
    storages_are_local,
    static_from_the_stage,
    search_indexes_below_app_data,
    absolute_paths,
)
