"""Django's secret key: one for each installation, generated on its first start, kept in the app-data folder.

It signs cookies and the like, so it has to stay the same over restarts and must not be part of what is shipped.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

from . import files

if TYPE_CHECKING:
    from pathlib import Path

RANDOM_BYTES = 50
# Django warns about a key that is shorter than 50 characters.
LEAST_LENGTH = 50


def secret_key(path: Path) -> str:
    """Return the key kept in `path`. Make one when there is none, or when the file does not hold a usable key."""
    present = path.exists()
    if present and (key := _read(path)):
        return key
    aside = files.write_aside(path, secrets.token_urlsafe(RANDOM_BYTES).encode() + b"\n")
    if present:
        files.replace(aside, path)
    else:
        _put_unless_present(aside, path)
    key = _read(path)
    if not key:
        raise OSError(f"{path} does not keep what is written to it")
    return key


def _read(path: Path) -> str | None:
    files.make_private(path)
    # A key is one line of printable ASCII; a torn or foreign file is not taken for one.
    text = path.read_bytes().decode("ascii", "replace").strip()
    return text if len(text) >= LEAST_LENGTH and text.isascii() and text.isprintable() else None


def _put_unless_present(aside: Path, path: Path) -> None:
    """Two processes may get here at once: the first one's key must win for both."""
    try:
        os.link(aside, path)
    except FileExistsError:
        aside.unlink()
    except OSError:  # A file system without hard links.
        files.replace(aside, path)
    else:
        aside.unlink()
        with contextlib.suppress(OSError):
            files.sync_folder(path.parent)
