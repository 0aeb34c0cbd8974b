"""The order of things: the app starts on a thread while the window toolkit is still being loaded."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from . import facts as found
from .backend import Backend, end_signals, in_background
from .smoke import VARIABLE, Smoke
from .words import of_the_system, set_language, settle_locale

if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_FAILED = 1


def main() -> int:
    """Run the program; return its exit code."""
    facts = found.read()
    # What the runtime tells, it tells in the same.
    os.environ["DESKTOP_DJANGO_LANGUAGE"] = set_language(facts.words, of_the_system())
    settle_locale()
    backend = Backend(facts)
    say, complain = writer(1), writer(2)
    smoke = Smoke(say, complain, backend.stop) if os.environ.get(VARIABLE) == "1" else None
    end_on_signals(backend, EXIT_FAILED if smoke else 0)
    backend.claim()
    starting = in_background(backend.start)
    try:
        from .window import Shell

        shell = Shell(facts, backend, starting, smoke, complain)
        shell.main_loop()
    except Exception:  # noqa: BLE001 - told to whoever started the program
        # The runtime has taken stderr for the log, and what is written at the very end does not reach that.
        complain(f"The window can't be opened.\n\n{traceback.format_exc()}")
        backend.stop()
        return EXIT_FAILED
    # Where the toolkit ends without asking the program, as at the end of a session.
    backend.stop()
    return shell.exit_code


def end_on_signals(backend: Backend, code: int) -> None:
    """Stop and end on a signal, until there is a main loop that hears it."""

    def end(*_: object) -> None:
        backend.stop()
        os._exit(code)

    for number in end_signals():
        signal.signal(number, end)


def writer(descriptor: int) -> Callable[[str], None]:
    """Writes lines to whoever started this program. The runtime sends what is printed to the log."""
    copy = os.dup(descriptor)

    def write(text: str) -> None:
        # Who doesn't listen is no reason to fail.
        with contextlib.suppress(OSError):
            os.write(copy, f"{text}\n".encode(errors="replace"))

    return write


if __name__ == "__main__":
    sys.exit(main())
