"""A program with its own main loop around the runtime, the smallest there is: what the Positron shell does, headless.

Speaks like the launcher, so that the tests can talk to both: events on stdout, ends when stdin closes.
"""

from __future__ import annotations

import json
import sys
import threading

from desktop_runtime import protocol
from desktop_runtime.embedded import Embedded, Stopped
from desktop_runtime.faults import LaunchError
from desktop_runtime.lock import AlreadyRunning

EXIT_FAILED = 1
EXIT_ALREADY_RUNNING = 3


def main() -> int:
    """Start on a thread, as a program with a window has to; wait on the main thread for what happens first."""
    events = protocol.Events.claim()
    app = Embedded(events.phase)
    codes: list[int] = []
    over = threading.Event()

    def start() -> None:
        try:
            events.ready(app.start())
        except AlreadyRunning as other:
            events.already_running(other.pid)
            codes.append(EXIT_ALREADY_RUNNING)
            over.set()
        except LaunchError as error:
            events.failed(error.title, error.detail, app.log_path)
            codes.append(EXIT_FAILED)
            over.set()
        except Stopped:
            pass

    def answer(line: bytes) -> None:
        request = json.loads(line)
        verb = request.pop("verb")

        def progress(done: int, total: int) -> None:
            events.tell("progress", verb=verb, done=done, total=total)

        try:
            events.tell("done", verb=verb, result=app.ask(verb, progress, **request))
        except LaunchError as error:
            events.tell("refused", verb=verb, title=error.title, detail=error.detail)

    def listen() -> None:
        protocol.await_stop(pipe, answer)
        over.set()

    pipe = protocol.take_stdin()
    for target in (start, listen):
        threading.Thread(target=target, daemon=True).start()
    over.wait()
    app.stop()
    if not codes:
        events.stopped()
    return codes[0] if codes else 0


if __name__ == "__main__":
    sys.exit(main())
