"""The menu, beside what Toga puts into it."""

from __future__ import annotations

import contextlib
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import toga
from toga.keys import Key

from .browser import Owner, go_back, open_outside
from .words import word

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from toga.command import CommandSet

    from .find import FindBar
    from .people_data import PeopleData

STEP = 1.1


def add_commands(
    commands: CommandSet, web: toga.WebView, owner: Owner, data: Path, people: PeopleData, find: FindBar
) -> None:
    """Put them into the menu; `data` is the folder with the app's data."""
    native: Any = getattr(web._impl, "native", None)
    file, view, mod = toga.Group.FILE, toga.Group.VIEW, Key.MOD_1
    printed = partial(evaluate, web, owner, "window.print()")
    # Toga puts it there for every app, and this one has none: a line that can't be chosen.
    with contextlib.suppress(KeyError):
        del commands[toga.Command.VISIT_HOMEPAGE]
    larger = partial(zoom, native, lambda level: level * STEP)
    smaller = partial(zoom, native, lambda level: level / STEP)
    commands.add(
        task(people, people.back_up, owner, word("Back Up…"), group=file, order=1),
        task(people, people.restore, owner, word("Restore…"), group=file, order=2),
        task(people, people.export, owner, word("Export…"), group=file, order=3),
        item(printed, word("Print…"), group=file, section=1, shortcut=mod + Key.P),
        item(find.open, word("Find…"), group=toga.Group.EDIT, shortcut=mod + Key.F),
        item(lambda: back(web, owner, native), word("Back"), group=view, shortcut=mod + Key.OPEN_BRACKET),
        item(lambda: evaluate(web, owner, "location.reload()"), word("Reload"), group=view, shortcut=mod + Key.R),
        item(lambda: zoom(native, lambda _: 1.0), word("Actual Size"), group=view, section=1, shortcut=mod + Key._0),
        item(larger, word("Zoom In"), group=view, section=1, shortcut=mod + Key.EQUAL),
        item(smaller, word("Zoom Out"), group=view, section=1, shortcut=mod + Key.MINUS),
        item(lambda: open_path(data), word("Open App Data Folder"), group=toga.Group.HELP, section=1),
        item(lambda: open_path(data / "logs" / "desktop.log"), word("Open Log"), group=toga.Group.HELP, section=1),
        task(people, people.save_support_file, owner, word("Save Support File…"), group=toga.Group.HELP, section=2),
    )


def item(act: Callable[[], object], text: str, **options: Any) -> toga.Command:
    """One line of the menu."""

    def chosen(command: toga.Command, **kwargs: Any) -> bool:  # noqa: ARG001 - as Toga calls it
        act()
        return True

    return toga.Command(chosen, text, **options)


def task(
    people: PeopleData, act: Callable[[], Awaitable[None]], owner: Owner, text: str, **options: Any
) -> toga.Command:
    """One that takes a while. It needs the app: the splash has none yet."""

    async def chosen(command: toga.Command, **kwargs: Any) -> bool:  # noqa: ARG001 - as Toga calls it
        if owner.origin:
            await people.attempt(act)
        return True

    return toga.Command(chosen, text, **options)  # type: ignore[arg-type]


def evaluate(web: toga.WebView, owner: Owner, script: str) -> None:
    """Run something in the app's page; the splash is none."""
    if owner.origin:
        web.evaluate_javascript(script)


def back(web: toga.WebView, owner: Owner, native: Any) -> None:
    """Show the page before."""
    if hasattr(native, "get_back_forward_list"):
        go_back(native, owner.origin)
    else:
        evaluate(web, owner, "history.back()")


def zoom(native: Any, change: Callable[[float], float]) -> None:
    """Make the page larger or smaller, each engine in its own words."""
    if hasattr(native, "set_zoom_level"):
        native.set_zoom_level(change(native.get_zoom_level()))
    else:
        name = "pageZoom" if sys.platform == "darwin" else "ZoomFactor"
        setattr(native, name, change(getattr(native, name)))


def open_path(path: Path) -> None:
    """Show a file, or the folder that is there as long as the file is not."""
    open_outside(str(next(place for place in (path, *path.parents) if place.exists())))
