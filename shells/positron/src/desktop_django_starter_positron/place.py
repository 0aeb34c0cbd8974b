"""Size and place of the window, kept from one start to the next.

The file is that of the Electron shell, which has the same folder for the app's data."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, NamedTuple

from toga.constants import WindowState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import toga
    from toga.screens import Screen

FILE_NAME = "window.json"
SIZE = (1180, 820)
# So much of the title bar must be on a screen, or nobody could take hold of the window.
GRIP = 80


class Place(NamedTuple):
    """Where a window is while it is not maximized; without a position the toolkit chooses one."""

    size: tuple[int, int] = SIZE
    position: tuple[int, int] | None = None
    is_maximized: bool = False


def restored(folder: Path, screens: Iterable[Screen]) -> Place:
    """What was kept in the data folder, if it is on a screen."""
    try:
        kept = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        x, y, width, height = (int(kept[name]) for name in ("x", "y", "width", "height"))
        is_maximized = kept.get("isMaximized") is True
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        # There is none yet, or it is not readable: nothing is lost.
        return Place()
    if not any(is_reachable((x, y, width), screen) for screen in origins(screens)):
        return Place(is_maximized=is_maximized)
    return Place((width, height), (x, y), is_maximized)


def origins(screens: Iterable[Screen]) -> list[tuple[int, int, int, int]]:
    """Place and size of each screen; a window's place is told from the first one."""
    there = list(screens)
    return [(*(screen.origin - there[0].origin), *screen.size) for screen in there]


def is_reachable(window: tuple[int, int, int], screen: tuple[int, int, int, int]) -> bool:
    """Whether somebody can take hold of the title bar."""
    (x, y, width), (left, top, across, down) = window, screen
    visible = min(x + width, left + across) - max(x, left)
    return visible >= GRIP and top <= y <= top + down - GRIP


def keep(window: toga.Window, folder: Path, before: Place) -> None:
    """Write down where the window is; a maximized one was somewhere `before`, and a minimized one is nowhere."""
    if not window.visible or window.state not in (WindowState.NORMAL, WindowState.MAXIMIZED):
        return
    is_maximized = window.state == WindowState.MAXIMIZED
    size, position = (before.size, before.position or (0, 0)) if is_maximized else (window.size, window.position)
    kept = dict(zip(("width", "height", "x", "y", "isMaximized"), (*size, *position, is_maximized), strict=True))
    # A full disk must not keep a window open.
    with contextlib.suppress(OSError):
        (folder / FILE_NAME).write_text(json.dumps(kept), encoding="utf-8")
