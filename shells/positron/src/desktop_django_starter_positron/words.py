"""What people read in menus and dialogs, in the language of their system.

English stands in the code, and is the key of the table that all shells share.
"""

from __future__ import annotations

import contextlib
import json
import locale
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from toga.command import CommandSet

_table: dict[str, str] = {}


def set_language(file: Path, languages: Iterable[str]) -> str:
    """Take the first of the languages that there is, and return it; `file` has the words of all but English."""
    tables: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    short = (name.replace("_", "-").partition("-")[0].lower() for name in languages)
    known = next((name for name in short if name == "en" or name in tables), "en")
    _table.clear()
    # Toga's menus have no letters to press.
    _table.update({english: other.replace("&", "") for english, other in tables.get(known, {}).items()})
    return known


def word(english: str, **values: object) -> str:
    """The words for it. `values` are for what stands in braces."""
    text = _table.get(english, english)
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def settle_locale() -> None:
    """Toga ends in a locale that is not installed. To be called before other threads read the environment."""
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        os.environ["LC_ALL"] = "C.UTF-8"


def rename(commands: CommandSet) -> None:
    """Give those words to what Toga has made by itself."""
    # Not before: it is loaded while the app starts.
    import toga

    for group in (toga.Group.FILE, toga.Group.EDIT, toga.Group.VIEW, toga.Group.WINDOW, toga.Group.HELP):
        group._text = word(group.text)
    for name, text in ((toga.Command.ABOUT, "About"), (toga.Command.EXIT, "Quit")):
        # Not everywhere are they in the menu.
        with contextlib.suppress(KeyError):
            command = commands[name]
            command.text = word(text) if word(text) != text else command.text


def of_the_system(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> list[str]:
    """Names of the languages that the person wants, the first one first."""
    if platform == "darwin":
        from rubicon.objc import ObjCClass  # type: ignore[import-not-found]

        return [str(name) for name in ObjCClass("NSLocale").preferredLanguages]
    if platform == "win32":
        import ctypes

        windows: Any = ctypes
        return [locale.windows_locale.get(windows.windll.kernel32.GetUserDefaultUILanguage(), "en")]
    # As for every other program there: the first that is set counts, and LANGUAGE may name several.
    names = [environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    usual = next(filter(None, names), "C").partition(".")[0]
    several = environ.get("LANGUAGE", "").split(":") if usual not in ("C", "POSIX") else []
    return [name for name in (*several, usual) if name]
