"""What there is to see: a window with a web view, and a dialog when something is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import toga
from toga.constants import WindowState

from . import browser, place
from .backend import Backend, end_signals, in_background
from .commands import add_commands
from .find import FindBar
from .people_data import FailureDialog, PeopleData
from .smoke import QUESTION, Page, Smoke, verdict
from .words import rename, word

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from .facts import Facts

# Where GTK lacks a size (Toga asks for 72) it would take icon.ico, which it can't read: it gets one picture to scale.
ICON = "resources/icon-512" if sys.platform == "linux" else "resources/icon"
# Instead of the splash, which says that something goes on.
NOTHING = '<meta name="color-scheme" content="light dark">'
EXIT_FAILED = 1
EXIT_ALREADY_RUNNING = 3
# From the wish to quit to the end of the process, whatever hangs. The backend stops in less.
LAST_SECS = 4.7
# A program that was started twice says so, and does not wait for ever to be told that it was read.
NOTICE_SECS = 8.0
# A page that does not answer in this time has nothing to ask.
ANSWER_SECS = 3.0
# Whether the page would have a person asked before it is left, as its engine finds out; Toga's windows close without.
IS_UNSAVED = """(() => {
  const event = document.createEvent("BeforeUnloadEvent");
  event.initEvent("beforeunload", false, true);
  return !dispatchEvent(event) || event.returnValue !== "" ? "unsaved" : "";
})()"""
# A page that is still blank is looked at again.
LOOKS = 12
LOOK_EVERY_SECS = 0.25


class Shell(toga.App):
    """The program. It ends when its window is closed, when it is told to quit, and on a signal."""

    def __init__(
        self,
        facts: Facts,
        backend: Backend,
        starting: Future[str],
        smoke: Smoke | None,
        complain: Callable[[str], None],
    ) -> None:
        """`starting` will have the address of the first page; `complain` writes to whoever started the program."""
        self.facts, self.backend, self.starting, self.smoke, self.complain = facts, backend, starting, smoke, complain
        # A smoke test that is closed or killed before it has seen the page has not passed.
        self.exit_code = EXIT_FAILED if smoke else 0
        self.origin = self.page = self.doing = ""
        self.comes_back = self.asks_nothing = self.is_asking = False
        super().__init__(facts.title, facts.identifier, icon=ICON)
        settle_with_gtk(self)

    def startup(self) -> None:
        """Open the window, or end: a toolkit may swallow an error here, and go on with nothing to be seen."""
        try:
            self.open_window()
        except Exception:  # noqa: BLE001 - told to whoever started the program
            self.complain(f"The window can't be opened.\n\n{traceback.format_exc()}")
            self.backend.stop()
            os._exit(EXIT_FAILED)

    def open_window(self) -> None:
        """Show the splash; from now on hear signals."""
        self.web = toga.WebView(flex=1)
        self.web.on_webview_load = self.on_load  # type: ignore[assignment]
        native = getattr(self.web._impl, "native", None)
        if hasattr(native, "get_context"):
            browser.settle(native, self, self.backend.data_folder / "browser")
        if self.facts.splash:
            self.web.set_content("", self.facts.splash.read_text(encoding="utf-8"))
        content = toga.Box(children=[self.web], direction="column")
        self.place = place.restored(self.backend.data_folder, self.screens)
        at, size = self.place.position, self.place.size
        self.window = toga.MainWindow(title=self.formal_name, position=at, size=size, content=content)
        self.main_window = self.window
        people = PeopleData(self.window, self.backend, self.formal_name, self.show_progress, self.come_back)
        rename(self.commands)
        find = FindBar(content, self.web, self)
        add_commands(self.commands, self.web, self, self.backend.data_folder, people, find)
        self.window.show()
        if self.place.is_maximized:
            self.window.state = WindowState.MAXIMIZED
        self.backend.on_phase = lambda phase: void(self.loop.call_soon_threadsafe(self.show_phase, phase))
        hear_signals(self)

    async def on_running(self) -> None:  # type: ignore[override]
        """Go to the app's first page as soon as there is one."""
        from desktop_runtime.embedded import Stopped
        from desktop_runtime.faults import LaunchError
        from desktop_runtime.lock import AlreadyRunning

        try:
            url = await asyncio.wrap_future(self.starting)
            self.origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
            self.web.url = url
        except Stopped:
            pass
        except AlreadyRunning as other:
            notice = toga.InfoDialog(
                word("{title} is already running", title=self.formal_name),
                word("Its window is open (process {pid}). This one closes.", pid=other.pid),
            )
            await self.give_up(EXIT_ALREADY_RUNNING, f"already running as process {other.pid}", notice, NOTICE_SECS)
        except Exception as error:  # noqa: BLE001 - without a page there is only this to be seen
            title = word("The app could not be started")
            failure = error if isinstance(error, LaunchError) else LaunchError(title, f"{error!r}.")
            log = "\n\n" + word("The log: {log}", log=self.backend.log_path) if self.backend.log_path else ""
            await self.give_up(EXIT_FAILED, f"{failure}{log}", FailureDialog(failure.title, failure.detail + log))

    def entitle(self, title: str) -> None:
        """Have the window say which page it shows."""
        if self.origin:
            self.page = title or self.formal_name
            self.window.title = f"{self.page} \N{EN DASH} {self.doing}" if self.doing else self.page

    def show_progress(self, doing: str) -> None:
        """Have the window say how far something is."""
        self.doing = doing
        self.entitle(self.page)

    def come_back(self) -> None:
        """Start again: a restored backup is put in place before anything uses the data."""
        self.comes_back = True
        self.leave()

    def leave(self) -> None:
        """End it, whatever stands in the page."""
        self.asks_nothing = True
        self.request_exit()

    def ask_where(self, name: str, save: browser.Save) -> None:
        """Ask where a download goes."""

        async def ask() -> None:
            # Without the folders that a name from elsewhere may have.
            save(await self.window.dialog(toga.SaveFileDialog(word("Save {name}", name=name), Path(name).name)))

        self.loop.create_task(ask())

    def tell_not_saved(self, name: str, path: Path) -> None:
        """Say that a download did not get there."""
        title = word("{name} could not be saved", name=name)
        more = "{file} is not complete. Look whether the disk has room, and save it once more."
        self.loop.create_task(self.window.dialog(FailureDialog(title, word(more, file=path))))

    async def give_up(
        self, code: int, why: str, dialog: toga.InfoDialog | toga.ErrorDialog, limit: float | None = None
    ) -> None:
        """Say why there is nothing to see, and quit."""
        self.exit_code = code
        if self.smoke is not None:
            self.smoke.failed(why, code)
        self.complain(why)
        self.web.set_content("", NOTHING)
        # Shown by the window and not by the program, which on macOS would stop everything, signals included.
        await asyncio.wait([asyncio.ensure_future(self.window.dialog(dialog))], timeout=limit)
        self.leave()

    def show_phase(self, phase: str) -> None:
        """Tell the splash what goes on, see its template."""
        if not self.origin:
            script = f"document.getElementById('splash-phase')?.setAttribute('data-phase', {json.dumps(phase)})"
            self.web.evaluate_javascript(script)

    async def on_load(self, _web: toga.WebView, **_kwargs: Any) -> None:
        """Judge what was loaded, in a smoke test."""
        if self.smoke is None or not self.origin:
            return
        for _ in range(LOOKS):
            page = Page(*json.loads(await self.web.evaluate_javascript(QUESTION)))
            is_good, self.smoke.seen = verdict(page, self.origin, self.backend.pages.statuses)
            if is_good:
                self.smoke.passed(self.smoke.seen)
                self.exit_code = 0
                self.leave()
            elif is_good is False:
                self.smoke.failed(self.smoke.seen)
            if is_good is not None:
                return
            await asyncio.sleep(LOOK_EVERY_SECS)

    async def may_leave(self) -> bool:
        """Whether nothing is lost, or a person wants it so."""
        if self.asks_nothing or not self.origin:
            return True
        asked = asyncio.ensure_future(self.web.evaluate_javascript(IS_UNSAVED))
        answered, _ = await asyncio.wait([asked], timeout=ANSWER_SECS)
        if not any(answer.exception() is None and answer.result() for answer in answered):
            return True
        title, detail = word("Leave without saving?"), word("What you typed on this page would be lost.")
        leaves = await self.window.dialog(toga.ConfirmDialog(title, detail))
        return leaves is True

    async def on_exit(self) -> bool:  # type: ignore[override]
        """Ask about unsaved text, unless a signal wants the end; then `stop`."""
        if self.is_asking and not self.asks_nothing:
            return False
        self.is_asking = True
        try:
            if not await self.may_leave():
                return False
        finally:
            self.is_asking = False
        return await self.stop()

    async def stop(self) -> bool:
        """Stop the app, with nothing to be seen any more; no thread, no request and no task can hold this up."""
        watchdog = threading.Timer(LAST_SECS, os._exit, [self.exit_code])
        watchdog.daemon = True
        watchdog.start()
        if self.origin and self.smoke is None:
            place.keep(self.window, self.backend.data_folder, self.place)
        # Toga refuses to hide one that is minimized or fills the screen; it is gone with the process.
        with contextlib.suppress(ValueError):
            self.window.hide()
        await asyncio.wrap_future(in_background(self.backend.stop))
        if self.comes_back:
            start_again()
        if self.exit_code:
            # The toolkits' own way out has no exit code everywhere.
            os._exit(self.exit_code)
        return True


def start_again() -> None:
    """Put the same program in the place of this one."""
    command = [sys.executable, *sys.orig_argv[1:]]
    if sys.platform == "win32":
        # There the other one would take a blank in a path for its end.
        subprocess.Popen(command)  # noqa: S603 - the same program
    else:
        os.execv(command[0], command)  # noqa: S606 - the same program


def hear_signals(app: Shell) -> None:
    """Have the signals that ask for an end do what closing the window does, without its question."""
    for number in end_signals():
        try:
            app.loop.add_signal_handler(number, app.leave)
        except NotImplementedError:
            signal.signal(number, lambda *_: void(app.loop.call_soon_threadsafe(app.leave)))


def settle_with_gtk(app: toga.App) -> None:
    """Have GTK keep no other instance away (whose data is in use is what counts), and WebKit's files under our name."""
    native: Any = getattr(app._impl, "native", None)
    if hasattr(native, "set_flags"):
        from gi.repository import Gio, GLib

        native.set_flags(Gio.ApplicationFlags.NON_UNIQUE)
        GLib.set_prgname(app.app_id)


def void(_value: object) -> None:
    """For handlers that must return nothing."""
