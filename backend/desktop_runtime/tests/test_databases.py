"""More than one database, and databases that are not what the settings' words suggest."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from desktop_runtime import database
from desktop_runtime.faults import LaunchError
from launch import GOOD_MIGRATION, HALF_MIGRATION, Installation, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = """
from notebook import *

INSTALLED_APPS = [*INSTALLED_APPS, "ledger"]
DATABASES["books"] = {
    "ENGINE": "wrapped",
    "NAME": Path(os.environ["DESKTOP_DJANGO_APP_DATA_DIR"]) / "books" / "app.sqlite3",
}
DATABASES["theirs"] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": Path(os.environ["DESKTOP_DJANGO_APP_DATA_DIR"]) / "theirs.sqlite3",
}
DATABASES["again"] = DATABASES["default"]
DATABASE_ROUTERS = ["two.Router"]


class Router:
    def allow_migrate(self, db, app_label, **hints):
        return {"books": app_label == "ledger", "theirs": False}.get(db, app_label != "ledger")
"""

LEDGER = """
from django.db import migrations, models

class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Entry", [("id", models.AutoField(primary_key=True)), ("sum", models.IntegerField())]),
    ]
"""

MODEL = """
from django.db import models

class Entry(models.Model):
    id = models.AutoField(primary_key=True)
    sum = models.IntegerField()
"""


@pytest.fixture
def two(installation: Installation) -> Installation:
    """A project with a database for each of its two apps, one behind an engine of another name, and one not its own."""
    files = {
        "two.py": SETTINGS,
        "wrapped/__init__.py": "",
        "wrapped/base.py": "from django.db.backends.sqlite3.base import DatabaseWrapper\n",
        "ledger/__init__.py": "",
        "ledger/models.py": MODEL,
        "ledger/migrations/__init__.py": "",
        "ledger/migrations/0001_initial.py": LEDGER,
    }
    for name, text in files.items():
        path = installation.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    installation.environment["DJANGO_SETTINGS_MODULE"] = "two"
    return installation


def tables(file: Path) -> set[str]:
    """The tables of the project's apps in a database file."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return {name for name in names if name.startswith(("notes_", "ledger_"))}


def states(two: Installation) -> list[bytes]:
    """Both databases, byte for byte, while nobody uses them."""
    return [two.database.read_bytes(), (two.data / "books" / "app.sqlite3").read_bytes()]


def used(two: Installation) -> list[bytes]:
    """Both databases after a first run, with a row in the second one."""
    two.run_once()
    with contextlib.closing(sqlite3.connect(two.data / "books" / "app.sqlite3")) as connection, connection:
        connection.execute("INSERT INTO ledger_entry (sum) VALUES (7)")
    return states(two)


def break_the_books(two: Installation, then: str) -> Path:
    """An update of both apps, whose second half goes wrong."""
    two.migration("0002_second", GOOD_MIGRATION.format(after="0001_initial", field="second"))
    source = HALF_MIGRATION.replace("notes_note", "ledger_entry").replace('"notes"', '"ledger"')
    path = two.project / "ledger" / "migrations" / "0002_bad.py"
    path.write_text(source.replace('"note"', '"entry"').replace("id % 2 = 0", "1").format(then=then))
    return path


def test_each_database_gets_its_tables_and_all_are_copied_before_an_update(two: Installation) -> None:
    before = used(two)
    assert tables(two.database) == {"notes_note"}
    assert tables(two.data / "books" / "app.sqlite3") == {"ledger_entry"}
    assert not (two.data / "theirs.sqlite3").exists(), "the routers leave it to somebody else"

    launched = two.start()
    assert "phase:migrate" not in launched.names
    launched.stop()
    before = states(two)
    two.migration("0002_second", GOOD_MIGRATION.format(after="0001_initial", field="second"))
    launched = two.start()
    assert launched.names.count("phase:backup") == 1
    launched.stop()
    copies = {path.name.partition("-2")[0]: path.read_bytes() for path in two.backups}
    assert copies == {"app-000001": before[0], "app-books-000001": before[1]}
    assert not list(two.data.rglob("*.sqlite3-*")), "the write-ahead logs were folded in"


def test_a_failure_in_one_database_undoes_the_others(two: Installation) -> None:
    before = used(two)
    bad = break_the_books(two, "raise ValueError('no such sum')")
    failed = two.fail()
    assert "no such sum" in failed["detail"]
    assert states(two) == before
    bad.unlink()
    launched = two.start()
    assert launched.notes() == ["one", "two", "three"]
    launched.stop()


def test_a_kill_in_one_database_undoes_the_others_on_the_next_start(two: Installation) -> None:
    before = used(two)
    marker = two.project / "half"
    bad = break_the_books(two, f"Path({str(marker)!r}).touch(); time.sleep(60)")
    launched = two.launch()
    wait_until(marker.exists, "the second database is half-way")
    launched.kill()
    bad.unlink()
    (two.project / "notes" / "migrations" / "0002_second.py").unlink()
    shutil.rmtree(two.project / "notes" / "migrations" / "__pycache__", ignore_errors=True)
    launched = two.start()
    assert "phase:migrate" not in launched.names
    launched.stop()
    assert [len(state) for state in states(two)] == [len(state) for state in before]
    with contextlib.closing(sqlite3.connect(two.data / "books" / "app.sqlite3")) as connection:
        assert connection.execute("SELECT sum FROM ledger_entry").fetchall() == [(7,)]


def test_an_app_without_migrations_that_an_update_adds_gets_its_tables(two: Installation) -> None:
    shutil.rmtree(two.project / "ledger" / "migrations")
    plain = two.project / "two.py"
    plain.write_text(SETTINGS.replace(', "ledger"]', "]"))
    two.run_once()
    assert not (two.data / "books").exists()
    plain.write_text(SETTINGS)
    launched = two.start()
    assert "phase:migrate" in launched.names
    launched.stop()
    assert tables(two.data / "books" / "app.sqlite3") == {"ledger_entry"}
    launched = two.start()
    assert "phase:migrate" not in launched.names
    launched.stop()


@pytest.mark.parametrize(
    "name", ["Path(__file__).parent / 'db.sqlite3'", "'db.sqlite3'", "'file:db.sqlite3?cache=shared'"]
)
def test_a_database_inside_the_programs_folder_is_refused(installation: Installation, name: str) -> None:
    settings = installation.project / "notebook.py"
    settings.write_text(settings.read_text() + f"\nDATABASES['default']['NAME'] = {name}\n")
    failed = installation.fail()
    assert failed["title"] == "The app's data would be lost"
    assert str(installation.project / "db.sqlite3") in failed["detail"].replace("/private/", "/")
    assert "DESKTOP_DJANGO_APP_DATA_DIR" in failed["detail"]
    assert not (installation.project / "db.sqlite3").exists()


def test_the_sources_may_have_their_database_in_development(installation: Installation) -> None:
    settings = installation.project / "notebook.py"
    settings.write_text(
        settings.read_text() + "\nDATABASES['default']['NAME'] = Path(__file__).parent / 'db.sqlite3'\n"
    )
    installation.environment["DESKTOP_DJANGO_RUNTIME_MODE"] = "development"
    installation.run_once()
    assert (installation.project / "db.sqlite3").exists()


@pytest.mark.usefixtures("used_before")
def test_a_message_names_the_folder_of_the_copies_and_the_next_step(installation: Installation) -> None:
    newer = installation.migration("0002_second", GOOD_MIGRATION.format(after="0001_initial", field="second"))
    installation.run_once()
    copies = str(installation.data / "backups")
    newer.unlink()
    failed = installation.fail()
    assert copies in failed["detail"]
    assert "Install that version" in failed["detail"]
    with contextlib.closing(sqlite3.connect(installation.database, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN EXCLUSIVE")
        failed = installation.fail()
        assert copies in failed["detail"]
        assert "Close it" in failed["detail"]
    installation.database.write_bytes(b"no database at all " * 500)
    failed = installation.fail()
    assert copies in failed["detail"]
    # What it says to do is done.
    installation.database.unlink()
    shutil.copy(installation.backups[-1], installation.database)
    launched = installation.start()
    assert launched.notes() == ["one", "two", "three"]
    launched.stop()


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX thing")
@pytest.mark.usefixtures("used_before")
def test_a_database_that_is_read_only_is_told_at_the_start(installation: Installation) -> None:
    with read_only(installation.database):
        assert str(installation.database) in installation.fail()["detail"]


@contextlib.contextmanager
def read_only(file: Path) -> Iterator[None]:
    """A file that nobody may write to. Root may, whatever its mode says, unless it is immutable."""
    if os.geteuid() != 0:
        file.chmod(0o400)
        yield
        return
    subprocess.run(["chattr", "+i", file], check=True)
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", file], check=True)


def test_the_newest_copies_are_kept_whatever_the_clock_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, folder = tmp_path / "app.sqlite3", tmp_path / "backups"
    now = datetime(2026, 11, 26, tzinfo=timezone.utc)
    for number, days in enumerate([0, 400, -400, 1, -399, 0]):
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.executescript(f"DROP TABLE IF EXISTS t; CREATE TABLE t AS SELECT {number} AS number")
        clock = SimpleNamespace(now=lambda _zone, days=days: now + timedelta(days=days))
        monkeypatch.setattr(database, "datetime", clock)
        database.copy(file, folder, "1.0")
        database.prune(file, folder, keep=2)
    kept = []
    for copied in folder.iterdir():
        with contextlib.closing(sqlite3.connect(copied)) as connection:
            kept.append(connection.execute("SELECT number FROM t").fetchone()[0])
    assert sorted(kept) == [4, 5]


def test_a_copy_that_can_not_be_read_back_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, folder = tmp_path / "app.sqlite3", tmp_path / "backups"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript("CREATE TABLE t AS SELECT randomblob(20000) AS data; CREATE INDEX i ON t (data)")

    def copy_badly(source: Path, target: Path) -> None:
        good = source.read_bytes()
        target.write_bytes(good[:4096] + b"\xff" * (len(good) - 4096))

    monkeypatch.setattr(database.shutil, "copyfile", copy_badly)
    with pytest.raises(LaunchError, match="could not be copied"):
        database.copy(file, folder, "1.0")
    assert list(folder.iterdir()) == []


def test_a_constraint_with_a_function_of_django_is_no_damage(tmp_path: Path) -> None:
    """SQLite would call REGEXP to check the rows, and only Django knows it."""
    file = tmp_path / "app.sqlite3"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.create_function("regexp", 2, lambda _pattern, _text: True)
        connection.execute("CREATE TABLE code (text TEXT CHECK (text REGEXP '^[A-Z]+$'))")
        connection.execute("INSERT INTO code VALUES ('ABC')")
        connection.commit()
    database.check(file)
    assert database.copy(file, tmp_path / "backups", "1.0").is_file()
