"""The runtime in somebody else's process: the same promises as the launcher's, kept by threads."""

from __future__ import annotations

import re
import socket
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from launch import GOOD_MIGRATION, HALF_MIGRATION, HERE, Installation, Launched, wait_until


@pytest.fixture
def program(installation: Installation) -> Installation:
    """The test project in a program of its own."""
    installation.command = [sys.executable, str(HERE / "embedding_program.py")]
    installation.environment |= {"PYTHONPATH": f"{installation.environment['PYTHONPATH']}:{HERE}"}
    return installation


def children(launched: Launched) -> list[str]:
    """The child processes of the program."""
    return Path(f"/proc/{launched.pid}/task/{launched.pid}/children").read_text().split()


def test_a_first_start_migrates_seeds_and_serves_and_a_second_only_serves(program: Installation) -> None:
    launched = program.start()
    assert launched.names == ["phase:prepare", "phase:migrate", "phase:seed", "phase:serve", "ready"]
    assert launched.notes() == ["one", "two", "three"]
    launched.stop()
    assert not list(program.data.glob("*.sqlite3-*"))
    launched = program.start()
    assert launched.names == ["phase:prepare", "phase:serve", "ready"]
    assert launched.notes() == ["one", "two", "three"]
    launched.stop()


def test_the_address_is_the_only_way_in_and_its_token_is_new_each_time(program: Installation) -> None:
    tokens = []
    for _ in range(2):
        launched = program.start()
        assert launched.get("/", X_Desktop_Django_Token="") == (403, "Forbidden")
        (token,) = parse_qs(urlsplit(launched.url).query)["token"]
        assert launched.get("/", X_Desktop_Django_Token=token)[0] == 200
        status, _body = launched.get(launched.url)
        assert status == 302
        launched.stop()
        tokens.append(token)
    assert tokens[0] != tokens[1]
    assert not [token for token in tokens if token in program.log]


def test_the_program_asks_for_what_its_menus_offer(program: Installation) -> None:
    launched = program.start()
    launched.say('{"verb": "backup"}')
    progress = launched.wait_for("progress")
    assert 0 < progress["done"] <= progress["total"]
    made = Path(launched.wait_for("done")["result"]["file"])
    launched.say('{"verb": "restore", "backup": "gone.zip"}')
    assert "gone.zip" in launched.wait_for("refused")["detail"]
    launched.say(f'{{"verb": "restore", "backup": "{made.name}"}}')
    assert launched.wait_for("done")["result"]["restart"]
    launched.stop()
    program.run_once()
    assert not (program.data / "restore").exists()
    assert list((program.data / "backups").glob("*-before-restore.zip"))


@pytest.mark.usefixtures("with_worker")
def test_a_task_runs_on_a_thread_of_the_program(program: Installation) -> None:
    launched = program.start()
    launched.get("/enqueue/?text=hello")
    wait_until(lambda: f"hello by {launched.pid}" in launched.notes(), "the task has run")
    launched.wait_for("phase:worker")
    assert not children(launched)
    launched.stop()


@pytest.mark.usefixtures("with_worker")
def test_a_stop_lets_a_short_task_end_and_gives_a_long_one_up(program: Installation) -> None:
    launched = program.start()
    launched.get("/enqueue/?secs=1")
    wait_until(lambda: "sleeping" in launched.notes(), "the task runs")
    launched.stop()
    (succeeded,) = program.rows("SELECT status FROM django_tasks_database_dbtaskresult")
    # The older word is that of django_tasks's own backend.
    assert succeeded in ("SUCCESSFUL", "SUCCEEDED")

    launched = program.start()
    launched.get("/enqueue/?secs=30")
    wait_until(lambda: launched.notes().count("sleeping") == 2, "the task runs")
    launched.stop()
    assert program.rows("SELECT status FROM django_tasks_database_dbtaskresult ORDER BY enqueued_at") == [
        succeeded,
        "FAILED",
    ]


def test_a_worker_command_that_no_thread_can_run_is_told(program: Installation) -> None:
    failed = program.fail(TEST_DESKTOP_RUNTIME='{"WORKER_COMMAND": ["another_worker"]}')
    assert failed["title"] == "The background worker can't be started"
    assert "another_worker" in failed["detail"]


def test_a_worker_that_fails_is_started_again(program: Installation) -> None:
    launched = program.start(TEST_DESKTOP_RUNTIME='{"WORKER_COMMAND": ["db_worker", "--no-such-option"]}')
    wait_until(lambda: len(re.findall(r"next start in [\d.]+ s", program.log)) >= 2, "it was tried again")
    assert launched.notes() == ["one", "two", "three"]
    launched.stop()


def test_a_failure_is_told_with_the_log_and_leaves_the_data_as_it_was(program: Installation) -> None:
    program.run_once()
    program.migration("0002_half", HALF_MIGRATION.format(then="raise RuntimeError('no')"))
    failed = program.fail()
    assert failed["title"] == "The app's data could not be updated"
    assert "no" in failed["detail"]
    assert failed["log"] == str(program.data / "logs" / "desktop.log")
    assert "RuntimeError: no" in program.log
    assert program.rows() == ["one", "two", "three"]


def test_a_stop_during_a_migration_undoes_it(program: Installation, tmp_path: Path) -> None:
    program.run_once()
    marker = tmp_path / "half"
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    program.migration(
        "0002_half",
        HALF_MIGRATION.format(then=f"Path({str(marker)!r}).touch(); schema_editor.execute({endless!r})"),
    )
    launched = program.launch()
    wait_until(marker.exists, "the migration is half-way")
    launched.stop()
    assert program.rows() == ["one", "two", "three"]
    assert "ready" not in launched.names


def test_a_second_program_is_turned_away_and_a_killed_one_is_in_nobodys_way(program: Installation) -> None:
    first = program.start()
    second = program.launch()
    assert second.wait_for("already-running")["pid"] == first.pid
    assert second.wait() == 3
    assert first.notes() == ["one", "two", "three"]
    first.kill()
    third = program.start()
    assert third.notes() == ["one", "two", "three"]
    third.stop()


def test_a_stop_does_not_wait_for_an_endless_request(program: Installation) -> None:
    launched = program.start()
    address = urlsplit(launched.url).netloc
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as connection:
        (token,) = parse_qs(urlsplit(launched.url).query)["token"]
        head = f"GET /slow/?secs=50 HTTP/1.1\r\nHost: {address}\r\nX-Desktop-Django-Token: {token}\r\n\r\n"
        connection.sendall(head.encode())
        time.sleep(0.3)
        launched.stop()
    assert "is cut off" in program.log


def test_a_stop_in_the_first_moment_is_heard(program: Installation) -> None:
    program.migration("0002_more", GOOD_MIGRATION.format(after="0001_initial", field="more"))
    launched = program.launch()
    launched.wait_for("phase:prepare")
    launched.stop()
    assert "ready" not in launched.names
    launched = program.start()
    assert launched.notes() == ["one", "two", "three"]
    launched.stop()


def test_static_files_are_collected_when_they_have_changed_and_only_then(program: Installation) -> None:
    static = program.project / "notes" / "static" / "notes"
    static.mkdir(parents=True)
    (static / "a.css").write_text("a {}")
    (static / "b.css").write_text("b {}")
    program.environment |= {"TEST_STATIC": "1", "DESKTOP_DJANGO_BUNDLE_DIR": str(program.data / "cache")}
    root = program.data / "cache" / "staticfiles"

    def collections() -> int:
        return program.log.count("collecting static files")

    program.run_once()
    assert sorted(path.name for path in (root / "notes").iterdir()) == ["a.css", "b.css"]
    kept = (root / "notes" / "a.css").stat().st_mtime_ns
    program.run_once()
    assert collections() == 1
    assert (root / "notes" / "a.css").stat().st_mtime_ns == kept

    (static / "a.css").write_text("a { color: red }")
    (static / "b.css").unlink()
    program.run_once()
    assert collections() == 2
    assert (root / "notes" / "a.css").read_text() == "a { color: red }"
    assert not (root / "notes" / "b.css").exists()

    # As a kill in the middle of a collection leaves it.
    (root / "notes" / "a.css").unlink()
    (program.data / "cache" / "staticfiles.stamp").unlink()
    program.run_once()
    assert (root / "notes" / "a.css").exists()


def test_output_of_the_app_is_in_the_log(program: Installation) -> None:
    launched = program.start()
    assert launched.get("/noise/") == (200, "done")
    launched.stop()
    for text in ("line 0 é", "written to the descriptor", "printed by a child", "written to stderr", "logged"):
        assert text in program.log
