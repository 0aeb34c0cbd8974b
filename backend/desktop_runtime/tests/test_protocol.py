"""What a shell sees: the events, the ends, the address, the second instance."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from launch import WITHIN_SECS, Installation, processes, wait_until, worker_pids

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.usefixtures("with_worker")
def test_a_first_start_goes_through_its_phases_in_order(installation: Installation) -> None:
    launched = installation.start()
    launched.wait_for("phase:worker")
    launched.stop()
    assert launched.names == [
        "phase:prepare",
        "phase:migrate",
        "phase:seed",
        "phase:serve",
        "ready",
        "phase:worker",
        "stopped",
    ]


@pytest.mark.usefixtures("used_before")
def test_a_second_start_neither_migrates_nor_seeds(installation: Installation) -> None:
    launched = installation.start()
    assert launched.names == ["phase:prepare", "phase:serve", "ready"]
    assert launched.notes() == ["one", "two", "three"]
    launched.stop()


def test_ready_tells_the_process_and_an_address_on_loopback(installation: Installation) -> None:
    launched = installation.launch()
    event = launched.wait_for("ready")
    address = urlsplit(event["url"])
    assert event["pid"] == launched.pid
    assert (address.scheme, address.hostname, address.path) == ("http", "127.0.0.1", "/")
    launched.stop()


def test_nothing_but_events_gets_onto_stdout(installation: Installation) -> None:
    launched = installation.start()
    assert launched.get("/noise/")[0] == 200
    launched.stop()
    assert all(isinstance(json.loads(line), dict) for line in launched.lines)
    assert "http://printed.by.the.app/" not in launched.url
    for said in ("printed.by.the.app", "line 0 é", "to the descriptor", "by a child", "to stderr", "notes: logged"):
        assert said in installation.log


@pytest.mark.usefixtures("used_before")
@pytest.mark.parametrize("times", [5, pytest.param(50, marks=pytest.mark.long)])
def test_the_first_request_after_ready_is_answered_every_time(installation: Installation, times: int) -> None:
    for _ in range(times):
        launched = installation.start()
        assert launched.get("/")[0] == 200
        launched.kill()


def test_the_settings_know_the_address_that_is_served(installation: Installation) -> None:
    launched = installation.start()
    known = json.loads(launched.get("/address/")[1])
    assert known["address"] == urlsplit(launched.url).netloc
    launched.stop()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_host_and_port_can_be_given(installation: Installation, host: str) -> None:
    family = socket.AF_INET6 if host == "::1" else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.bind((host, 0))
            port = probe.getsockname()[1]
    except OSError:
        pytest.skip(f"this machine has no {host}")
    launched = installation.start(DESKTOP_DJANGO_HOST=host, DESKTOP_DJANGO_PORT=str(port))
    assert urlsplit(launched.url).port == port
    assert launched.get("/")[0] == 200
    launched.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "example.org", "::", "127.0.0.1.example.org"])
def test_a_host_that_others_can_reach_is_refused(installation: Installation, host: str) -> None:
    failed = installation.fail(DESKTOP_DJANGO_HOST=host)
    assert "outside" in failed["title"]
    assert host in failed["detail"]


def test_a_port_in_use_is_told(installation: Installation) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        failed = installation.fail(DESKTOP_DJANGO_PORT=str(other.getsockname()[1]))
    assert "in use" in failed["detail"]


@pytest.mark.parametrize("port", ["http", "65536", "-1", "٣"])
def test_a_port_that_is_none_is_told(installation: Installation, port: str) -> None:
    assert installation.fail(DESKTOP_DJANGO_PORT=port)["title"] == "The port can't be used"


def test_empty_variables_count_as_unset(installation: Installation) -> None:
    launched = installation.start(
        DESKTOP_DJANGO_HOST="",
        DESKTOP_DJANGO_PORT="",
        DESKTOP_DJANGO_BUNDLE_DIR="",
        DESKTOP_DJANGO_AUTH_TOKEN="",
        DJANGO_SECRET_KEY="",
    )
    assert launched.get("/")[0] == 200
    launched.stop()


def test_a_second_instance_is_told_who_runs(installation: Installation) -> None:
    first = installation.start()
    second = installation.launch()
    assert second.wait_for("already-running")["pid"] == first.pid
    assert second.wait() == 3
    assert second.names == ["already-running"]
    assert first.get("/")[0] == 200
    first.stop()
    installation.run_once()


def test_two_installations_do_not_mind_each_other(installation: Installation, tmp_path: Path) -> None:
    first = installation.start()
    second = installation.start(DESKTOP_DJANGO_APP_DATA_DIR=str(tmp_path / "other data"))
    assert second.get("/")[0] == 200
    second.stop()
    first.stop()


def test_a_program_that_is_reopened_while_it_stops_waits_for_its_predecessor(installation: Installation) -> None:
    first = installation.start()
    address = urlsplit(first.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0))) as request:
        request.sendall(b"GET /slow/?secs=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        time.sleep(0.2)
        first.close_stdin()
        wait_until(lambda: "stopping" in (installation.data / "desktop.lock").read_text(), "the stop is announced")
        second = installation.start()
        assert b"200 OK" in request.recv(100)
    assert first.wait() == 0
    second.stop()


def needs_signal(way: str) -> None:
    """On Windows a signal that others send ends a process at once."""
    if way.startswith("SIG") and sys.platform == "win32":
        pytest.skip("Windows has no signals that a program can answer")


@pytest.mark.usefixtures("with_worker")
@pytest.mark.parametrize("way", ["stdin closes", "stop", "SIGTERM", "SIGINT", "SIGHUP"])
def test_every_way_to_stop_ends_cleanly(installation: Installation, way: str) -> None:
    needs_signal(way)
    launched = installation.start()
    launched.wait_for("phase:worker")
    ways = {"stdin closes": launched.close_stdin, "stop": lambda: launched.say("stop")}
    launched.stop(ways.get(way) or (lambda: launched.process.send_signal(getattr(signal, way))))
    assert not list(installation.data.glob("*.sqlite3-*")), "the write-ahead log was folded in"
    assert (installation.data / "desktop.lock").read_text() == ""
    assert not processes(installation.environment["DESKTOP_RUNTIME_TEST"])


def test_other_lines_on_stdin_are_ignored(installation: Installation) -> None:
    launched = installation.start()
    launched.say("stopp")
    launched.say("x" * 5000)
    assert launched.get("/")[0] == 200
    launched.stop(lambda: launched.say("  stop\r"))


def test_two_requests_to_stop_are_one(installation: Installation) -> None:
    needs_signal("SIGTERM")
    launched = installation.start()

    def both() -> None:
        launched.process.send_signal(signal.SIGTERM)
        launched.say("stop")
        launched.process.send_signal(signal.SIGINT)

    launched.stop(both)


@pytest.mark.usefixtures("used_before")
@pytest.mark.parametrize("way", ["stdin closes", "SIGTERM"])
def test_a_stop_at_any_moment_of_the_start_ends_cleanly(installation: Installation, way: str) -> None:
    needs_signal(way)
    for delay in (0.03, 0.06, 0.1, 0.15, 0.2, 0.3):
        launched = installation.launch()
        if way == "SIGTERM":
            launched.wait_for("phase:prepare")  # Before this, the signal ends the process in the system's own way.
        time.sleep(delay)
        launched.stop(None if way == "stdin closes" else launched.process.terminate)
    installation.run_once()


def test_a_running_request_is_finished(installation: Installation) -> None:
    launched = installation.start()
    address = urlsplit(launched.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0))) as request:
        request.sendall(b"GET /slow/?secs=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        time.sleep(0.3)
        launched.stop()
        assert b"200 OK" in request.recv(1000)
    assert "slow" in installation.rows()


def test_a_request_without_end_does_not_hold_up_the_stop(installation: Installation) -> None:
    launched = installation.start()
    address = urlsplit(launched.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0))) as request:
        request.sendall(b"GET /slow/?secs=60 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        time.sleep(0.3)
        launched.stop()


def test_an_idle_connection_does_not_hold_up_the_stop(installation: Installation) -> None:
    launched = installation.start()
    address = urlsplit(launched.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0))) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b"200 OK" in idle.recv(1000)
        asked = time.monotonic()
        launched.stop()
        assert time.monotonic() - asked < WITHIN_SECS / 2


SHELL = """
import subprocess, sys
launcher = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for line in launcher.stdout:
    sys.stdout.buffer.write(line)
    sys.stdout.flush()
"""


@pytest.mark.usefixtures("with_worker")
@pytest.mark.parametrize("moment", ["phase:prepare", "ready", "phase:worker"])
def test_a_killed_shell_leaves_nothing_behind(installation: Installation, moment: str) -> None:
    installation.command = [sys.executable, "-c", SHELL, *installation.command]
    shell = installation.launch()
    shell.wait_for(moment)
    if moment == "phase:worker":
        wait_until(lambda: worker_pids(installation), "the worker runs")
    shell.kill()
    wait_until(
        lambda: not processes(installation.environment["DESKTOP_RUNTIME_TEST"]), "all processes end", WITHIN_SECS
    )


@pytest.mark.usefixtures("with_worker")
def test_a_killed_launcher_leaves_no_worker_and_no_lock(installation: Installation) -> None:
    launched = installation.start()
    launched.get("/enqueue/?secs=60")
    wait_until(lambda: "sleeping" in launched.notes(), "the task runs")
    launched.kill()
    wait_until(lambda: not worker_pids(installation), "the worker ends", WITHIN_SECS)
    installation.run_once()


NO_OUTPUT = "import os, sys; os.closerange(1, 3); os.execv(sys.argv[1], sys.argv[1:])"


@pytest.mark.parametrize("how", ["closes its end", "gives no streams"])
def test_a_shell_that_does_not_listen_does_no_harm(installation: Installation, how: str) -> None:
    port = _free_port()
    without = [sys.executable, "-c", NO_OUTPUT] if how == "gives no streams" else []
    with subprocess.Popen(
        [*without, *installation.command],
        cwd=installation.project,
        env=installation.environment | {"DESKTOP_DJANGO_PORT": str(port)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        wait_until(lambda: _answers(port), "the server answers")
        assert (installation.data / "desktop.lock").read_text() == f"{process.pid}\n"
        process.stdin.close()
        assert process.wait(timeout=WITHIN_SECS) == 0


def test_without_stdin_there_is_nothing_to_serve(installation: Installation) -> None:
    launched = subprocess.run(
        installation.command,
        cwd=installation.project,
        env=installation.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert launched.returncode == 0
    assert json.loads(launched.stdout.splitlines()[-1]) == {"event": "stopped"}


def test_what_is_known_at_once_is_told_without_stdin_too(installation: Installation) -> None:
    def run_without_stdin(**environment: str) -> tuple[int, str]:
        done = subprocess.run(
            installation.command,
            cwd=installation.project,
            env=installation.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=30,
        )
        return done.returncode, json.loads(done.stdout.splitlines()[-1])["event"]

    assert run_without_stdin(DESKTOP_DJANGO_APP_DATA_DIR="") == (1, "failed")
    launched = installation.start()
    assert run_without_stdin() == (3, "already-running")
    launched.stop()


def test_the_management_command_is_the_same_launcher(installation: Installation) -> None:
    # Django sets the project up before it finds the command: this one's ready() opens the database, and prints.
    installation.data.mkdir()
    installation.command = [sys.executable, "manage.py", "desktop"]
    launched = installation.start(
        DJANGO_SECRET_KEY="x" * 50,
        DESKTOP_DJANGO_HOST="127.0.0.1",
        DESKTOP_DJANGO_PORT=str(_free_port()),
        TEST_QUIET="1",
    )
    assert launched.notes() == ["one", "two", "three"]
    launched.stop()


def test_a_project_without_database_and_tasks_is_served(installation: Installation) -> None:
    (installation.project / "tiny.py").write_text(
        "import os\n"
        "from django.http import HttpResponse\n"
        "from django.urls import path\n"
        "SECRET_KEY = os.environ['DJANGO_SECRET_KEY']\n"
        "ALLOWED_HOSTS = ['127.0.0.1']\n"
        "ROOT_URLCONF = 'tiny'\n"
        "urlpatterns = [path('', lambda request: HttpResponse('tiny'))]\n"
    )
    launched = installation.start(DJANGO_SETTINGS_MODULE="tiny")
    assert launched.get("/") == (200, "tiny")
    launched.stop()
    assert launched.names == ["phase:prepare", "phase:serve", "ready", "stopped"]


def test_an_interpreter_that_does_not_look_in_its_folder_finds_the_project(installation: Installation) -> None:
    if sys.version_info < (3, 11):
        pytest.skip("needs Python 3.11, which can be told so")
    installation.environment["PYTHONPATH"] = installation.environment["PYTHONPATH"].partition(os.pathsep)[0]
    launched = installation.start(PYTHONSAFEPATH="1")
    assert launched.get("/")[0] == 200
    launched.stop()


def test_the_start_path_is_part_of_the_address(installation: Installation) -> None:
    launched = installation.start(TEST_DESKTOP_RUNTIME='{"START_PATH": "/address/?from=start"}')
    assert launched.url.endswith("/address/?from=start")
    launched.stop()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
