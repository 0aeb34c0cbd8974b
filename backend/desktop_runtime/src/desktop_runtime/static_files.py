"""Collected static files: served for a project that does not do so, gathered for a package that holds only sources.

A staged backend brings its static files along, and the launcher never asks for `refresh`. Whoever does needs a bundle
folder of its own that may be written to, for example a cache.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from . import files
from .faults import LaunchError, reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .gate import Application
    from .paths import Places

log = logging.getLogger(__name__)


def served(application: Application, places: Places) -> Application:
    """The application with `staticfiles` of the bundle before it, if the project has no WhiteNoise of its own."""
    from django.conf import settings

    folder = places.bundle / "staticfiles"
    prefix = settings.STATIC_URL
    if not prefix or "://" in prefix or not folder.is_dir() or _has_whitenoise(application):
        return application
    from whitenoise import WhiteNoise  # type: ignore[import-untyped]

    log.info("static files are served from %s", folder)
    # Looked for when asked: a list of thousands of files would be made before each first page.
    return cast("Application", WhiteNoise(application, str(folder), prefix, autorefresh=True))


def refresh(places: Places) -> bool:
    """Have `STATIC_ROOT` hold the static files of all apps; return whether that took a collection.

    Only for a `STATIC_ROOT` below the bundle folder. Django must be set up, and not serve yet."""
    from django.conf import settings

    if not settings.STATIC_ROOT or not Path(settings.STATIC_ROOT).is_relative_to(places.bundle):
        return False
    root = Path(settings.STATIC_ROOT)
    stamp = root.with_name(f"{root.name}.stamp")
    digest = _digest()
    if root.is_dir() and _content(stamp) == digest:
        return False
    log.info("collecting static files in %s", root)
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        # Taken away first and put back last: a collection that is killed half-way is done again.
        files.remove(stamp)
        _collect()
        files.write_atomically(stamp, digest)
    except OSError as error:
        raise LaunchError("The app's static files can't be kept", f"{reason(error)}.") from error
    return True


def _has_whitenoise(application: Application) -> bool:
    # Its middleware, or a subclass of it, is imported with the application.
    wraps = any(kind.__module__.partition(".")[0] == "whitenoise" for kind in type(application).__mro__)
    return wraps or "whitenoise.middleware" in sys.modules


def _collect() -> None:
    from django.core.management import call_command

    try:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    except OSError:
        raise
    except (Exception, SystemExit) as error:
        raise LaunchError("The app's static files can't be collected", f"{reason(error)}.") from error


def _digest() -> bytes:
    """A digest of where each static file comes from, its size and its time, and of how they are stored."""
    from django.conf import settings

    lines = [f"{settings.STATIC_URL} {settings.STORAGES!r}", *sorted(_sources())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest().encode()


def _sources() -> Iterator[str]:
    from django.contrib.staticfiles.finders import get_finders

    for finder in get_finders():
        for path, storage in finder.list([]):
            source = storage.path(path)
            stat = os.stat(source)  # noqa: PTH116 - a Path for each of thousands of files costs more than its stat
            yield f"{path} {source} {stat.st_size} {stat.st_mtime_ns}"


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
