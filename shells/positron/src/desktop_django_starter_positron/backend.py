"""The Django app inside this process: what `desktop_runtime.embedded` needs to know, and how it is watched."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .facts import data_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping

    from .facts import Facts

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def prepare_environment(facts: Facts, environ: MutableMapping[str, str]) -> None:
    """Tell the runtime the settings, the data folder, and a folder for collected static files inside of it.

    Not the bundle itself: an installed program can't write there, and the cache is guarded by the data's lock."""
    given = environ.get("DESKTOP_DJANGO_APP_DATA_DIR")
    data = os.path.abspath(given) if given else str(data_folder(facts, environ))  # noqa: PTH100 - it may not exist
    environ["DESKTOP_DJANGO_APP_DATA_DIR"] = data
    environ["DESKTOP_DJANGO_BUNDLE_DIR"] = os.path.join(data, "cache")  # noqa: PTH118
    environ["DJANGO_SETTINGS_MODULE"] = facts.settings_module
    # Each start has a token of its own.
    environ.pop("DESKTOP_DJANGO_AUTH_TOKEN", None)
    # Toga sets it when it makes the web view, and then the app already runs on a thread: see `Embedded.claim`.
    environ.setdefault("JSC_useSharedArrayBuffer", "1")
    if sys.platform == "linux" and not environ.get("DBUS_SESSION_BUS_ADDRESS"):
        runtime = environ.get("XDG_RUNTIME_DIR")
        if not runtime or not os.path.exists(os.path.join(runtime, "bus")):  # noqa: PTH110, PTH118
            # Outside of a desktop session GTK would start a bus, which outlives the program. It does without one.
            environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"


def end_signals() -> list[signal.Signals]:
    """The signals that ask the program to end."""
    there = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]
    # Started by nohup, the program is to outlive its terminal.
    return [number for number in there if signal.getsignal(number) is not signal.SIG_IGN]


def in_background[T](work: Callable[[], T]) -> Future[T]:
    """Do something on a thread. Unlike the threads of a pool it keeps no process alive."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)

    threading.Thread(target=run, name=work.__name__, daemon=True).start()
    return future


class Pages:
    """What the app has answered: the last status for each path. Web views don't tell."""

    def __init__(self) -> None:
        self.statuses: dict[str, int] = {}

    def watch(self, application: Application) -> Application:
        """Put this around the WSGI application."""

        def watched(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            def start(status: str, *rest: Any) -> Any:
                self.statuses[environ.get("PATH_INFO", "")] = int(status.split()[0])
                return start_response(status, *rest)

            return application(environ, start)

        return watched


class Backend:
    """The app in this process, from `start` (on a thread of its own) to `stop`."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.pages = Pages()
        self.log_path: str | None = None
        self.on_phase: Callable[[str], None] = lambda _phase: None
        prepare_environment(facts, os.environ)
        self.data_folder = Path(os.environ["DESKTOP_DJANGO_APP_DATA_DIR"])
        sys.path[:0] = [str(facts.sources), str(facts.runtime)]
        from desktop_runtime.embedded import Embedded

        self._runtime = Embedded(lambda phase: self.on_phase(phase))
        self._failure: Exception | None = None

    def claim(self) -> None:
        """Do what has to be done before the toolkit is loaded and other threads run. `start` raises what goes wrong."""
        try:
            self._runtime.claim()
        except Exception as error:  # noqa: BLE001 - there is no window yet to tell it
            self._failure = error
        self.log_path = self._runtime.log_path

    def start(self) -> str:
        """Start the app; return the address that opens it. Takes a moment, or minutes when there is much to migrate."""
        if self._failure is not None:
            raise self._failure
        return self._runtime.start(self.pages.watch)

    def ask(self, verb: str, tell: Callable[[int, int], None], **options: Any) -> dict[str, Any]:
        """Have something done with the person's data, see `Embedded.ask`."""
        return self._runtime.ask(verb, tell, **options)

    def stop(self) -> None:
        """Stop it, within seconds; may be called at any time and again."""
        self._runtime.stop()
