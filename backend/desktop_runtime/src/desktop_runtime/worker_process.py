"""The inside of the worker process: `python -m desktop_runtime.worker_process db_worker …`.

Runs one management command, and ends when its parent says so or is gone. Signals from the parent would not do: Windows
has none that a process can handle in time, and a parent that is killed sends none.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from . import interrupt, paths, protocol

# What a task may still finish after the launcher has been killed.
ORPHAN_GRACE_SECS = 1.0
NAME_OPTION = "--worker-id"


def main() -> None:
    """Run the management command given on the command line."""
    threading.Thread(target=_obey, args=(protocol.take_stdin(),), name="parent-watch", daemon=True).start()
    # It made this module findable; a program that a task starts must not inherit it.
    os.environ.pop("PYTHONPATH", None)
    # On Windows these would have the encoding of the system.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]

    import django
    from django.core.management import call_command

    from . import conf, tasks
    from .logs import log_to_launcher

    django.setup()
    # For the settings only, which are imported now.
    os.environ.pop(paths.SECRET_KEY, None)
    log_to_launcher()
    if NAME_OPTION in sys.argv[:-1]:
        # What this worker's predecessor was at when it died.
        name = sys.argv[sys.argv.index(NAME_OPTION) + 1]
        tasks.settle(conf.load().interrupted_tasks, name)
    call_command(*sys.argv[1:])


def _obey(pipe: int) -> None:
    """Take each line as a request to stop, and the end of the pipe as the end of the parent."""
    while os.read(pipe, 100):
        interrupt.main_thread()
    interrupt.main_thread()
    time.sleep(ORPHAN_GRACE_SECS)
    os._exit(1)


if __name__ == "__main__":
    main()
