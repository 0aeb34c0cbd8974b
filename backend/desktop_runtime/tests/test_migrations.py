"""The database over updates of the app: copies, failures, kills, and databases that are not ours to touch."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from launch import GOOD_MIGRATION, HALF_MIGRATION, Installation, wait_until

NOTES = ["one", "two", "three"]
SECOND = GOOD_MIGRATION.format(after="0001_initial", field="second")


def contents(installation: Installation) -> bytes:
    """The database, byte for byte, while nobody uses it."""
    return installation.database.read_bytes()


@pytest.mark.usefixtures("used_before")
def test_an_update_copies_then_migrates(installation: Installation) -> None:
    before = contents(installation)
    installation.migration("0002_second", SECOND)
    launched = installation.start(TEST_DESKTOP_RUNTIME='{"VERSION": "1.2/beta"}')
    assert launched.names == ["phase:prepare", "phase:backup", "phase:migrate", "phase:serve", "ready"]
    assert launched.notes() == NOTES
    launched.stop()
    assert installation.rows("SELECT second FROM notes_note LIMIT 1") == ["-"]
    (copied,) = installation.backups
    assert copied.read_bytes() == before
    assert copied.name.startswith("app-000001-20")
    assert copied.name.endswith("Z-1.2_beta.sqlite3")
    assert not (installation.data / "migration-in-progress.json").exists()


@pytest.mark.usefixtures("used_before")
def test_the_copy_has_what_was_only_in_the_write_ahead_log(installation: Installation) -> None:
    write_and_crash(installation)
    installation.migration("0002_second", SECOND)
    installation.run_once()
    assert notes_of(installation.backups[0]) == [*NOTES, "last words"]


@pytest.mark.usefixtures("used_before")
def test_a_copy_is_made_while_another_program_reads(installation: Installation) -> None:
    write_and_crash(installation)
    installation.migration("0002_second", SECOND)
    with contextlib.closing(sqlite3.connect(installation.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM notes_note").fetchall()
        launched = installation.start()
        reader.execute("COMMIT")
    assert launched.notes() == [*NOTES, "last words"]
    launched.stop()
    assert notes_of(installation.backups[0]) == [*NOTES, "last words"]


@pytest.mark.usefixtures("used_before")
def test_the_last_three_copies_are_kept(installation: Installation) -> None:
    seen = []
    after = "0001_initial"
    for number in range(2, 7):
        name = f"{number:04}_more"
        installation.migration(name, GOOD_MIGRATION.format(after=after, field=f"field{number}"))
        after = name
        installation.run_once()
        seen.append(installation.backups[-1].name)
    assert [path.name for path in installation.backups] == seen[-3:]


@pytest.mark.usefixtures("used_before")
def test_a_failed_migration_changes_nothing(installation: Installation) -> None:
    before = contents(installation)
    bad = installation.migration("0002_bad", HALF_MIGRATION.format(then="raise ValueError('no such pony')"))
    failed = installation.fail()
    assert failed["title"] == "The app's data could not be updated"
    assert "no such pony" in failed["detail"]
    assert "Traceback" not in failed["detail"]
    assert "Traceback" in Path(failed["log"]).read_text()
    assert contents(installation) == before
    assert not list(installation.data.glob("app.sqlite3-*"))
    assert not (installation.data / "migration-in-progress.json").exists()

    bad.unlink()
    launched = installation.start()
    assert launched.notes() == NOTES
    launched.stop()


@pytest.mark.usefixtures("used_before")
def test_failures_do_not_push_out_older_copies(installation: Installation) -> None:
    installation.migration("0002_second", SECOND)
    installation.run_once()
    copies = installation.backups
    half = HALF_MIGRATION.replace("0001_initial", "0002_second").format(then="raise ValueError")
    installation.migration("0003_bad", half)
    for _ in range(3):
        installation.fail()
    assert installation.backups == copies


@pytest.mark.usefixtures("used_before")
@pytest.mark.parametrize("again", [1, 2])
def test_a_kill_in_the_middle_of_a_migration_is_undone_by_the_next_start(
    installation: Installation, tmp_path: Path, again: int
) -> None:
    before = contents(installation)
    for _ in range(again):
        kill_in_the_middle(installation)
    assert notes_of(shutil.copytree(installation.data, tmp_path / "as it is") / "app.sqlite3") == ["one", "three"]
    installation.migration("0002_bad", HALF_MIGRATION.format(then="raise ValueError"))
    installation.fail()
    assert contents(installation) == before

    (installation.project / "notes" / "migrations" / "0002_bad.py").unlink()
    installation.migration("0002_second", SECOND)
    launched = installation.start()
    assert launched.notes() == NOTES
    launched.stop()
    assert len(installation.backups) == 1


def test_a_kill_in_the_middle_of_the_first_migration_begins_anew(installation: Installation) -> None:
    kill_in_the_middle(installation)
    installation.migration("0002_bad", HALF_MIGRATION.format(then="pass"))
    launched = installation.start()
    assert launched.notes() == NOTES
    assert "phase:seed" in launched.names
    launched.stop()


@pytest.mark.usefixtures("used_before")
@pytest.mark.parametrize("way", ["stdin closes", "SIGTERM"])
@pytest.mark.parametrize("then", ["time.sleep(60)", "schema_editor.execute(ENDLESS)"])
def test_a_stop_in_the_middle_of_a_migration_changes_nothing(installation: Installation, way: str, then: str) -> None:
    before = contents(installation)
    started = installation.data / "started"
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
    source = f"ENDLESS = {endless!r}\n" + HALF_MIGRATION.format(then=f"Path({str(started)!r}).touch(); {then}")
    path = installation.migration("0002_bad", source)
    launched = installation.launch()
    wait_until(started.exists, "the migration runs")
    time.sleep(0.1)
    launched.stop(None if way == "stdin closes" else launched.process.terminate)
    assert contents(installation) == before
    path.unlink()
    installation.run_once()


def test_a_database_of_a_newer_version_is_not_touched(installation: Installation) -> None:
    newer = installation.migration("0002_second", SECOND)
    installation.run_once()
    newer.unlink()
    before = contents(installation)
    failed = installation.fail()
    assert "newer version" in failed["title"]
    assert "notes.0002_second" in failed["detail"]
    assert contents(installation) == before
    assert not installation.backups


@pytest.mark.usefixtures("used_before")
def test_a_newer_database_is_refused_also_when_this_version_has_something_to_apply(installation: Installation) -> None:
    with contextlib.closing(sqlite3.connect(installation.database)) as connection, connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('notes', '0009_future', '2100-01-01')"
        )
    installation.migration("0002_second", SECOND)
    before = contents(installation)
    assert "newer version" in installation.fail()["title"]
    assert contents(installation) == before


@pytest.mark.usefixtures("used_before")
def test_an_app_that_was_removed_is_no_reason_to_refuse(installation: Installation) -> None:
    with contextlib.closing(sqlite3.connect(installation.database)) as connection, connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('gone', '0001_initial', '2020-01-01')"
        )
    launched = installation.start()
    assert "phase:migrate" not in launched.names
    launched.stop()


def test_squashed_migrations_are_neither_newer_nor_pending(installation: Installation) -> None:
    second = installation.migration("0002_second", SECOND)
    installation.run_once()
    squashed = installation.migration("0001_squashed_0002_second", SQUASHED)
    for _ in range(2):
        launched = installation.start()
        assert "phase:migrate" not in launched.names
        launched.stop()
    # A later version drops the files that were squashed, and changes something.
    second.unlink()
    (installation.project / "notes" / "migrations" / "0001_initial.py").unlink()
    installation.migration("0003_third", GOOD_MIGRATION.format(after=squashed.stem, field="third"))
    launched = installation.start()
    assert "phase:migrate" in launched.names
    launched.stop()
    # A still later one drops the list of what was replaced.
    squashed.write_text(SQUASHED.replace("replaces = ", "former = "))
    launched = installation.start()
    assert "phase:migrate" not in launched.names
    assert launched.notes() == NOTES
    launched.stop()


SQUASHED = """
from django.db import migrations, models

class Migration(migrations.Migration):
    replaces = [("notes", "0001_initial"), ("notes", "0002_second")]
    dependencies = []
    operations = [
        migrations.CreateModel("Note", [
            ("id", models.AutoField(primary_key=True, serialize=False)),
            ("text", models.CharField(max_length=200)),
            ("second", models.CharField(max_length=20, default="-", null=True)),
        ]),
    ]
"""


@pytest.mark.usefixtures("used_before")
@pytest.mark.parametrize("damage", ["not a database", "cut off", "scribbled over"])
def test_a_damaged_database_is_told_and_not_touched(installation: Installation, damage: str) -> None:
    good = contents(installation)
    bad = {
        "not a database": b"These are my ponies.\n" * 1000,
        "cut off": good[: len(good) // 2],
        "scribbled over": good[:4096] + bytes(reversed(good[4096:])),
    }[damage]
    installation.database.write_bytes(bad)
    failed = installation.fail()
    assert failed["title"] == "The app's data is damaged"
    assert str(installation.database) in failed["detail"]
    assert contents(installation) == bad


@pytest.mark.usefixtures("used_before")
def test_damage_further_back_is_found_before_a_migration(installation: Installation) -> None:
    with contextlib.closing(sqlite3.connect(installation.database)) as connection, connection:
        connection.execute(
            "CREATE TABLE large AS SELECT randomblob(2000) AS data FROM django_migrations, django_migrations"
        )
    size = installation.database.stat().st_size
    with installation.database.open("rb+") as file:
        file.seek(size - 3 * 4096)
        file.write(b"\xff" * 3 * 4096)
    bad = contents(installation)
    installation.migration("0002_second", SECOND)
    assert installation.fail()["title"] == "The app's data is damaged"
    assert contents(installation) == bad


def test_an_empty_file_is_a_new_database(installation: Installation) -> None:
    installation.data.mkdir()
    installation.database.touch()
    launched = installation.start()
    assert launched.notes() == NOTES
    launched.stop()


@pytest.mark.usefixtures("used_before")
def test_a_database_that_is_locked_is_told(installation: Installation) -> None:
    installation.migration("0002_second", SECOND)
    with contextlib.closing(sqlite3.connect(installation.database, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN EXCLUSIVE")
        assert installation.fail()["title"] == "The app's data is in use"


@pytest.mark.usefixtures("used_before")
def test_the_seed_is_planted_once(installation: Installation) -> None:
    with contextlib.closing(sqlite3.connect(installation.database)) as connection, connection:
        connection.execute("DELETE FROM notes_note")
    launched = installation.start()
    assert launched.notes() == []
    launched.stop()


@pytest.mark.usefixtures("used_before")
def test_a_deleted_database_is_a_new_one(installation: Installation) -> None:
    installation.database.unlink()
    launched = installation.start()
    assert launched.notes() == NOTES
    launched.stop()


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_first_run_that_ends_before_its_seed_is_completed(installation: Installation, how: str) -> None:
    marker = installation.data / "seeding"
    launched = installation.launch(TEST_SEED_WAITS=str(marker))
    wait_until(marker.exists, "the seed is being planted")
    if how == "kill":
        launched.kill()
    else:
        launched.stop()
    launched = installation.start()
    assert launched.names == ["phase:prepare", "phase:seed", "phase:serve", "ready"]
    assert launched.notes() == NOTES
    launched.stop()


def test_a_seed_that_fails_is_told_and_tried_again(installation: Installation) -> None:
    failed = installation.fail(TEST_DESKTOP_RUNTIME='{"FIRST_RUN_COMMANDS": [["no_such_command"]]}')
    assert "no_such_command" in failed["detail"]
    launched = installation.start()
    assert launched.notes() == NOTES
    launched.stop()


def test_every_start_has_its_commands_and_its_signal(installation: Installation) -> None:
    commands = '{"EVERY_START_COMMANDS": [["seed_notes"]]}'
    installation.run_once(TEST_DESKTOP_RUNTIME=commands)
    installation.run_once(TEST_DESKTOP_RUNTIME=commands)
    assert installation.rows() == NOTES * 3
    assert len(installation.rows("SELECT text FROM notes_note WHERE text = 'started'")) == 2


def test_an_app_data_folder_that_is_a_file_is_told(installation: Installation) -> None:
    installation.data.write_text("")
    failed = installation.fail()
    assert str(installation.data) in failed["detail"]
    assert failed["log"] is None


def test_an_app_data_folder_that_may_not_be_written_is_told(
    installation: Installation, request: pytest.FixtureRequest
) -> None:
    if os.name == "posix" and os.geteuid() == 0:
        # Root may write everywhere but on a read-only disk.
        disk = request.getfixturevalue("small_disk")
        installation.data = disk / "data"
        installation.data.mkdir()
        installation.environment["DESKTOP_DJANGO_APP_DATA_DIR"] = str(installation.data)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    else:
        installation.data.mkdir(mode=0o500)
    assert str(installation.data) in installation.fail()["detail"]


def test_without_an_app_data_folder_there_is_a_clear_word(installation: Installation) -> None:
    failed = installation.fail(DESKTOP_DJANGO_APP_DATA_DIR="")
    assert "DESKTOP_DJANGO_APP_DATA_DIR" in failed["detail"]


def test_a_full_disk_is_told_and_nothing_changes(installation: Installation, small_disk: Path) -> None:
    installation.data = small_disk / "data"
    installation.environment["DESKTOP_DJANGO_APP_DATA_DIR"] = str(installation.data)
    installation.run_once()
    with contextlib.closing(sqlite3.connect(installation.database)) as connection, connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("CREATE TABLE large AS SELECT randomblob(1000000) AS data")
        connection.commit()
        connection.execute("PRAGMA journal_mode=WAL")
    before = hashlib.sha256(contents(installation)).digest()
    installation.migration("0002_second", SECOND)
    failed = installation.fail()
    assert "No space left" in failed["detail"] or "full" in failed["detail"]
    assert hashlib.sha256(contents(installation)).digest() == before
    assert not list((installation.data / "backups").iterdir())


def kill_in_the_middle(installation: Installation) -> None:
    """Start on a migration that commits half of its work, and kill the launcher there."""
    started = installation.data / "started"
    started.unlink(missing_ok=True)
    then = f"Path({str(started)!r}).touch(); time.sleep(60)"
    installation.migration("0002_bad", HALF_MIGRATION.format(then=then))
    launched = installation.launch()
    wait_until(started.exists, "the migration runs")
    launched.kill()
    journal = json.loads((installation.data / "migration-in-progress.json").read_text())
    assert [change["database"] for change in journal["changes"]] == ["app.sqlite3"]


def write_and_crash(installation: Installation) -> None:
    """Write as a process does that is killed before it could fold the write-ahead log in."""
    crash = (
        "import os, sqlite3, sys; connection = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "connection.execute('PRAGMA journal_mode=WAL');"
        "connection.execute(\"INSERT INTO notes_note (text) VALUES ('last words')\"); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", crash, str(installation.database)], check=True)
    assert installation.database.with_name("app.sqlite3-wal").stat().st_size > 0


def notes_of(database: Path) -> list[str]:
    """The notes in a database file, without those about starts."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT text FROM notes_note WHERE text != 'started' ORDER BY id")
        return [text for (text,) in rows]
