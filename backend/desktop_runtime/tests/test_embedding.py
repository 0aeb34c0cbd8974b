"""Django in a process of somebody else: no signals, no streams, the server on a thread."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launch import Installation

PROGRAM = """
import http.client, signal, threading, time
from desktop_runtime import listener, lock, paths, prepare, server

places = paths.Places.from_environment()
lock.InstanceLock(places.lock).acquire()
bound = listener.bind(None, None)
host, port = bound.getsockname()[:2]
prepare.environment(places, host, port)
phases = []
config = prepare.project(places, phases.append)
web = server.Server(server.load_application(), bound, config.threads)
thread = threading.Thread(target=web.serve)
thread.start()

connection = http.client.HTTPConnection(host, port)
connection.request("GET", "/")
print(phases)
print(connection.getresponse().read().decode())

web.stop()
thread.join()
assert web.drain(time.monotonic() + 3)
prepare.close_database()
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
"""


def test_the_runtime_can_be_used_without_its_launcher(installation: Installation) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        cwd=installation.project,
        env=installation.environment | {"TEST_QUIET": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    *_, phases, page = done.stdout.splitlines()
    assert phases == "['migrate', 'seed']"
    assert json.loads(page) == {"notes": ["one", "two", "three", "started"]}
    assert not list(installation.data.glob("*.sqlite3-*"))
