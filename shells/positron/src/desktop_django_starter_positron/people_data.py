"""Back Up…, Restore…, Export… and Save Support File… of the menu: questions before, progress, and what came of it.

The runtime does it, see docs/people-data.md.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
import sys
from typing import TYPE_CHECKING, Any

import toga

from .backend import in_background
from .words import word

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .backend import Backend

log = logging.getLogger(__name__)

# Under GTK the button of the other one says "Cancel", and there is nothing to cancel.
FailureDialog = toga.InfoDialog if sys.platform == "linux" else toga.ErrorDialog
# Before an update, databases are copied one by one, as they are.
BACKUPS = ["zip", "sqlite3"]
MEGABYTE = 1_000_000


class PeopleData:
    """What the menu offers for a person's data; one thing at a time."""

    def __init__(
        self,
        window: toga.Window,
        backend: Backend,
        title: str,
        show: Callable[[str], None],
        restart: Callable[[], None],
    ) -> None:
        """`show` is told in a few words how far it is, nothing when it is over; `restart` starts the program again."""
        self._window, self._backend, self._title = window, backend, title
        self._show, self._restart = show, restart
        self._is_busy = False

    async def attempt(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do one of the following, unless another one is being done, and tell when the runtime refuses."""
        from desktop_runtime.faults import LaunchError

        if self._is_busy:
            return
        self._is_busy = True
        try:
            await act()
        except Exception as error:
            log.exception("what the menu offers did not work")
            refusal = error if isinstance(error, LaunchError) else LaunchError(word("This did not work"), f"{error!r}.")
            unchanged = word("Nothing was changed.")
            told = refusal.detail if unchanged in refusal.detail else f"{refusal.detail}\n\n{unchanged}"
            detail = f"{told}\n\n{word('The log: {log}', log=self._backend.log_path)}"
            await self._window.dialog(FailureDialog(refusal.title, detail))
        finally:
            self._is_busy = False

    async def back_up(self) -> None:
        """Make a backup where the person wants it."""
        there = await self._follow("", "list")
        databases, media = there["needed"]["databases"], there["needed"]["media"]
        sizes = word(
            "With them the backup takes up to {all}, without them {databases}. {free} are free on the disk.",
            all=size(media),
            databases=size(databases),
            free=size(there["free"]),
        )
        question = toga.QuestionDialog(word("Back up uploaded files, too?"), sizes)
        with_media = media > databases and await self._window.dialog(question)
        await self._save("Back Up", "backup", "backing up", "backup", "The backup is saved", media=with_media)

    async def restore(self) -> None:
        """Put a backup back, after a question."""
        folder = self._backend.data_folder / "backups"
        place = folder if folder.is_dir() else None
        chosen = await self._window.dialog(toga.OpenFileDialog(word("Restore"), place, BACKUPS))
        if chosen is None:
            return
        what = word(
            "Your data become what they were in {name}. What is there now is kept as a backup first. "
            "The app is closed for a moment and comes back with the restored data.",
            name=chosen.name,
        )
        if await self._window.dialog(toga.ConfirmDialog(word("Restore this backup?"), what)):
            await self._follow("restoring", "restore", backup=str(chosen))
            self._restart()

    async def export(self) -> None:
        """Write the data so that they can be read without the app."""
        await self._save("Export", "data", "exporting", "export", "Your data are exported")

    async def save_support_file(self) -> None:
        """Show what whoever helps would get, then save it."""
        made = await self._follow("", "support")
        files = ", ".join(f"{file['name']} ({size(file['bytes'])})" for file in made["contents"])
        what = word("Passwords and secrets are left out. It holds {files}.", files=files) + f"\n\n{made['summary']}"
        if await self._window.dialog(toga.ConfirmDialog(word("Save a file for whoever helps you?"), what)):
            await self._save("Save Support File", "support", "saving", "support", "The support file is saved")

    async def _save(self, title: str, name: str, doing: str, verb: str, done: str, **options: Any) -> None:
        today = datetime.datetime.now().astimezone().date()
        suggested = f"{self._title} {word(name)} {today}.zip"
        to = await self._window.dialog(toga.SaveFileDialog(word(title), suggested, ["zip"]))
        if to is not None:
            saved = await self._follow(doing, verb, to=str(to), **options)
            await self._window.dialog(toga.InfoDialog(word(done), f"{saved['file']}, {size(saved['bytes'])}"))

    async def _follow(self, doing: str, verb: str, **options: Any) -> dict[str, Any]:
        """Have the runtime do it, on a thread, so that the window goes on."""
        loop, last = asyncio.get_running_loop(), -1

        def tell(done: int, total: int) -> None:
            nonlocal last
            percent = 100 * done // max(1, total)
            if doing and percent != last:
                last = percent
                loop.call_soon_threadsafe(self._show, f"{word(doing)} {percent} %")

        try:
            return await asyncio.wrap_future(in_background(lambda: self._backend.ask(verb, tell, **options)))
        finally:
            self._show("")


def size(count: int) -> str:
    """Bytes, for people."""
    number, unit = (count / MEGABYTE, "MB") if count >= MEGABYTE else (count / 1000, "kB")
    return f"{max(1, round(number)):,} {unit}"
