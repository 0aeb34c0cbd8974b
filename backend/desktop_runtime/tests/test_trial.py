"""The first start of another version: when it fails before the window can open, everything is as it was."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from launch import GOOD_MIGRATION, HALF_MIGRATION
from people import add, there, use_people

if TYPE_CHECKING:
    from launch import Event, Installation

# A new version that changes everything on its way to the window.
BUSY_COMMAND = """
import sqlite3, time, os
from pathlib import Path
from django.core.management.base import BaseCommand

class Command(BaseCommand):
    def handle(self, **options):
        data = Path(os.environ["DESKTOP_DJANGO_APP_DATA_DIR"])
        for name in ("app.sqlite3", "second.sqlite3"):
            with sqlite3.connect(data / name) as connection:
                connection.execute("DELETE FROM kept")
        (data / "media" / "new").mkdir(exist_ok=True)
        (data / "media" / "new" / "gained.bin").write_bytes(b"gained")
        Path(os.environ.get("TEST_MARKER", os.devnull)).touch()
        time.sleep(float(os.environ.get("TEST_WAIT", "0")))
        if "TEST_FAILS" in os.environ:
            raise RuntimeError("this version does not work")
"""
BUSY = {"TEST_DESKTOP_RUNTIME": '{"EVERY_START_COMMANDS": [["busy"]]}', "TEST_VERSION": "2.0"}


@pytest.fixture
def person(installation: Installation, used_before: None) -> Installation:  # noqa: ARG001 - for what it does
    """Somebody who has used version 1.0."""
    use_people(installation)
    commands = installation.project / "notes" / "management" / "commands"
    (commands / "busy.py").write_text(BUSY_COMMAND)
    installation.run_once()
    add(installation, "first")
    return installation


def check_given_back(person: Installation, before: dict[str, Any], failed: Event) -> None:
    """Everything is there, the dialog says what to do, and the version from before works."""
    assert there(person) == before
    assert "Version 1.0 was the last that worked: install it again" in failed["detail"]
    launched = person.start()
    assert launched.notes() == ["one", "two", "three"]
    launched.stop()
    assert there(person) == before


def test_a_version_that_works_is_the_one_to_go_back_to(person: Installation) -> None:
    person.run_once(TEST_VERSION="1.5")
    failed = person.fail(**BUSY, TEST_FAILS="1")
    assert "Version 1.5 was the last that worked" in failed["detail"]


def test_a_command_that_fails_without_any_migration(person: Installation) -> None:
    before = there(person)
    failed = person.fail(**BUSY, TEST_FAILS="1")
    assert "this version does not work" in failed["detail"]
    assert "The data is as it was before." in failed["detail"]
    check_given_back(person, before, failed)
    aside = person.data / "backups" / "media-of-a-failed-start"
    assert (aside / "new" / "gained.bin").read_bytes() == b"gained"


def test_a_second_failing_start_says_the_same_and_does_no_harm(person: Installation) -> None:
    before = there(person)
    first, second = (person.fail(**BUSY, TEST_FAILS="1") for _ in range(2))
    assert first["detail"] == second["detail"]
    assert len(list((person.data / "backups").glob("*.sqlite3"))) <= 2
    check_given_back(person, before, second)


def test_a_migration_that_fails(person: Installation) -> None:
    before = there(person)
    wrong = person.migration("0002_half", HALF_MIGRATION.format(then="raise RuntimeError('half-way')"))
    failed = person.fail(TEST_VERSION="2.0")
    assert "half-way" in failed["detail"]
    wrong.unlink()
    check_given_back(person, before, failed)


@pytest.mark.parametrize("what", ["urls", "wsgi"])
def test_an_application_that_can_not_be_loaded_after_its_migrations(person: Installation, what: str) -> None:
    before = there(person)
    good = person.migration("0002_more", GOOD_MIGRATION.format(after="0001_initial", field="more"))
    settings = person.project / "people.py"
    text = settings.read_text()
    line = {"urls": "ROOT_URLCONF = 'gone'", "wsgi": "WSGI_APPLICATION = 'gone.application'"}[what]
    settings.write_text(f"{text}\n{line}\n")
    failed = person.fail(TEST_VERSION="2.0")
    assert "gone" in failed["detail"]
    good.unlink()
    settings.write_text(text)
    check_given_back(person, before, failed)


def test_settings_that_can_not_be_loaded_name_the_version_to_go_back_to(person: Installation) -> None:
    manifest = person.project / "runtime-manifest.json"
    person.environment["DESKTOP_DJANGO_BUNDLE_DIR"] = str(person.project)
    manifest.write_text("{}")
    person.run_once()
    settings = person.project / "people.py"
    text = settings.read_text()
    settings.write_text("import gone\n")
    manifest.write_text('{"another": "build"}')
    failed = person.fail()
    settings.write_text(text)
    manifest.write_text("{}")
    check_given_back(person, there(person), failed)


def test_a_kill_in_a_trial_gives_back_on_the_next_start(person: Installation) -> None:
    before = there(person)
    marker = person.project / "marker"
    launched = person.launch(**BUSY, TEST_WAIT="60", TEST_MARKER=str(marker))
    while not marker.exists():
        assert launched.process.poll() is None
    launched.kill()
    assert rows_gone(person)
    launched = person.start()
    launched.stop()
    assert there(person) == before


def rows_gone(person: Installation) -> bool:
    """Whether the killed version had done its damage."""
    with closing(sqlite3.connect(person.database)) as connection:
        return connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_stop_in_a_trial_gives_back(person: Installation) -> None:
    before = there(person)
    marker = person.project / "marker"
    launched = person.launch(**BUSY, TEST_WAIT="60", TEST_MARKER=str(marker))
    while not marker.exists():
        assert launched.process.poll() is None
    launched.stop()
    assert there(person) == before


def test_nothing_is_given_back_after_a_window_was_open(person: Installation) -> None:
    launched = person.start(TEST_VERSION="2.0")
    add(person, "written with version 2")
    now = there(person)
    launched.kill()
    person.run_once()
    assert there(person) == now
    assert json.loads((person.data / "version.json").read_text())["version"] == "1.0"


def test_a_failing_start_of_the_same_version_gives_no_advice(person: Installation) -> None:
    failed = person.fail(**{**BUSY, "TEST_VERSION": "1.0"}, TEST_FAILS="1")
    assert "install it again" not in failed["detail"]


def test_a_usual_start_copies_nothing(person: Installation) -> None:
    before = sorted((person.data / "backups").iterdir()) if (person.data / "backups").exists() else []
    launched = person.run_once()
    assert "phase:backup" not in launched.names
    assert (sorted((person.data / "backups").iterdir()) if before else []) == before
