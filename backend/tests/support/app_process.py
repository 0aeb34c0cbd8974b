"""The whole app in one process, with the settings of the shipped app, for tests that look at it from outside.

Run as `python tests/support/app_process.py SECONDS` with the environment of the packaged app. Migrates, collects the
static files, serves on a free port of the loopback address, works off the queue on a thread, and prints the port
once it listens. Ends when its standard input does.

Routines take that many seconds. They succeed, unless a file named `fail` lies in the data folder.
"""

import os
import random
import sys
import threading
from pathlib import Path

import django
from django.core.management import call_command
from waitress.server import create_server


def take_the_chance_out(routine_seconds: float) -> None:
    """Make routines predictable. They use the module `random` by name."""
    fail = Path(os.environ["DESKTOP_DJANGO_APP_DATA_DIR"]) / "fail"
    random.uniform = lambda _low, _high: routine_seconds
    random.random = lambda: 0.0 if fail.exists() else 0.99
    random.choice = lambda things: things[0]


def work() -> None:
    """Run the queue's own worker, without the signal handlers that only a main thread may set."""
    from django_tasks_db.management.commands.db_worker import Worker

    Worker(
        queue_names=["*"],
        interval=0.1,
        batch=False,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="test",
        excluded_queue_names=[],
    ).run()


def main() -> None:
    """Serve until standard input ends."""
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    take_the_chance_out(float(sys.argv[1]))
    threading.Thread(target=work, daemon=True).start()

    from desktop_django_starter.wsgi import application

    server = create_server(application, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    print(server.effective_port, flush=True)  # noqa: T201 - the test reads it
    sys.stdin.read()


if __name__ == "__main__":
    main()
