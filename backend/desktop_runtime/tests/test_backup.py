"""Backups as a person uses them: made while the app runs or not, listed, put back, refused when something is wrong."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from launch import GOOD_MIGRATION
from people import add, command, files_below, rows, there, use_people

if TYPE_CHECKING:
    from launch import Installation


@pytest.fixture
def person(installation: Installation, used_before: None) -> Installation:  # noqa: ARG001 - for what it does
    """Somebody who has used the app."""
    use_people(installation)
    add(installation, "first")
    return installation


def test_a_backup_is_one_file_with_everything(person: Installation) -> None:
    made = command(person, "backup", "--media")
    assert (made["databases"], made["media"]) == (["default", "second"], 1)
    with zipfile.ZipFile(made["file"]) as packed:
        assert packed.testzip() is None
        assert {"databases/default.sqlite3", "databases/second.sqlite3", "media/uploads/first.bin"} < set(
            packed.namelist()
        )
        assert json.loads(packed.read("backup.json"))["version"] == "1.0"
    assert Path(made["file"]).stat().st_mode & 0o077 == 0
    listed = command(person, "list")["backups"]
    assert [(one["why"], one["version"], one["databases"], one["media"]) for one in listed] == [
        ("asked", "1.0", ["default", "second"], 1)
    ]


def test_media_are_left_out_unless_they_are_asked_for(person: Installation) -> None:
    assert command(person, "backup")["media"] is None
    assert command(person, "list")["backups"][0]["media"] is None


def test_a_backup_is_put_back_and_the_present_state_is_kept(person: Installation) -> None:
    made = command(person, "backup", "--media")
    before = there(person)
    add(person, "second")
    now = there(person)
    restored = command(person, "restore", made["file"])
    assert there(person) == before
    assert not restored["restart"]
    # And forth again.
    command(person, "restore", restored["kept"])
    assert there(person) == now
    person.run_once()
    assert there(person)["default"] == ["first", "second"]


def test_a_backup_of_databases_leaves_media_alone(person: Installation) -> None:
    made = command(person, "backup")
    add(person, "second")
    command(person, "restore", made["file"])
    assert there(person)["default"] == there(person)["second"] == ["first"]
    assert set(there(person)["media"]) == {"uploads/first.bin", "uploads/second.bin"}


def test_a_backup_can_be_made_and_put_back_elsewhere(person: Installation, tmp_path: Path) -> None:
    """A new computer: another folder, another user."""
    target = tmp_path / "stick" / "my backup.zip"
    target.parent.mkdir()
    command(person, "backup", "--media", "--to", str(target))
    assert [path.name for path in target.parent.iterdir()] == ["my backup.zip"]
    before = there(person)
    shutil.rmtree(person.data)
    person.run_once()
    command(person, "restore", str(target))
    assert there(person) == before


def test_a_running_app_is_restored_on_its_next_start(person: Installation) -> None:
    made = command(person, "backup", "--media")
    before = there(person)
    launched = person.start()
    add(person, "second")
    assert command(person, "restore", made["file"])["restart"]
    assert rows(person.database) == ["first", "second"]
    launched.stop()
    person.run_once()
    assert there(person) == before


def test_rows_that_are_written_meanwhile_are_there_or_not_but_never_half(person: Installation) -> None:
    launched = person.start()
    with closing(sqlite3.connect(person.database, timeout=20)) as writer:
        writer.execute("CREATE TABLE pairs (number INTEGER, half INTEGER)")
        for number in range(50):
            writer.execute("BEGIN IMMEDIATE")
            writer.executemany("INSERT INTO pairs VALUES (?, ?)", [(number, 0), (number, 1)])
            if number == 25:
                made = command(person, "backup")
            writer.commit()
    launched.stop()
    command(person, "restore", made["file"])
    with closing(sqlite3.connect(person.database)) as connection:
        assert connection.execute("SELECT count(*) FROM pairs").fetchone() == (50,)


def test_odd_names_of_files_survive(person: Installation) -> None:
    folder = person.data / "media"
    names = [b"caf\xe9.bin", "ünï çode.png".encode(), b"with % and + and ?.txt", b" blank .txt"]
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(name)
    (folder / "empty").mkdir()
    (folder / "out.txt").symlink_to(person.data / "secret-key")
    made = command(person, "backup", "--media")
    with zipfile.ZipFile(made["file"]) as packed:
        secret = (person.data / "secret-key").read_bytes()
        assert not [name for name in packed.namelist() if secret in packed.read(name)]
    shutil.rmtree(folder)
    command(person, "restore", made["file"])
    assert {os.fsencode(path.name) for path in folder.iterdir()} == {*names, b"uploads"}


def damaged(file: Path, how: str) -> None:
    """Do something to a backup."""
    content = bytearray(file.read_bytes())
    match how:
        case "torn":
            file.write_bytes(content[: len(content) // 2])
        case "empty":
            file.write_bytes(b"")
        case "bit":
            content[200] ^= 1
            file.write_bytes(content)
        case "text":
            file.write_text("no backup at all")


@pytest.mark.parametrize("how", ["torn", "empty", "bit", "text"])
def test_a_damaged_backup_is_refused_with_nothing_changed(person: Installation, how: str) -> None:
    made = command(person, "backup", "--media")
    file = person.data / "backups" / made["file"]
    damaged(file, how)
    before = there(person)
    told = command(person, "restore", made["file"], code=1)
    assert "The backup can't be used" in told and "is damaged, or it is not a backup. Nothing was changed." in told
    assert there(person) == before
    assert not (person.data / "restore").exists()
    listed = command(person, "list")["backups"]
    assert len(listed) == 1 and (how == "bit" or "damaged" in listed[0])


def rewritten(file: Path, change: Any) -> None:
    """A backup that somebody has made up."""
    with zipfile.ZipFile(file) as packed:
        contents = {name: packed.read(name) for name in packed.namelist()}
    told = json.loads(contents["backup.json"])
    change(told)
    contents["backup.json"] = json.dumps(told).encode()
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in contents.items():
            packed.writestr(name, content)


@pytest.mark.parametrize("name", ["../secret-key", "/etc/passwd", "a/../../x", "", ".", "a//b", "a/", "nul\0byte"])
def test_no_name_leads_out_of_the_media_folder(person: Installation, name: str) -> None:
    made = command(person, "backup", "--media")

    def change(told: Any) -> None:
        told["media"][0]["name"] = name

    rewritten(person.data / "backups" / made["file"], change)
    secret = (person.data / "secret-key").read_bytes()
    assert "The backup can't be used" in command(person, "restore", made["file"], code=1)
    assert (person.data / "secret-key").read_bytes() == secret


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("app", "another", "The backup is of another app"),
        ("format", 2, "newer version of this program"),
        ("databases", [], "no database"),
        ("media", 5, "The backup can't be used"),
    ],
)
def test_what_is_no_backup_of_this_app_is_refused(person: Installation, key: str, value: Any, told: str) -> None:
    made = command(person, "backup", "--media")
    rewritten(person.data / "backups" / made["file"], lambda content: content.update({key: value}))
    assert told in command(person, "restore", made["file"], code=1)


def test_a_backup_of_a_newer_version_is_refused(person: Installation) -> None:
    newer = person.migration("0002_more", GOOD_MIGRATION.format(after="0001_initial", field="more"))
    person.run_once()
    made = command(person, "backup")
    newer.unlink()
    shutil.rmtree(newer.parent / "__pycache__", ignore_errors=True)
    told = command(person, "restore", made["file"], code=1)
    assert "made by a newer version" in told
    assert not (person.data / "restore").exists()


def test_an_older_backup_is_brought_up_to_date(person: Installation) -> None:
    made = command(person, "backup")
    person.migration("0002_more", GOOD_MIGRATION.format(after="0001_initial", field="more"))
    person.run_once()
    command(person, "restore", made["file"])
    person.run_once()
    assert person.rows("SELECT more FROM notes_note LIMIT 1") == ["-"]


def test_copies_from_before_updates_are_listed_and_can_be_put_back(person: Installation) -> None:
    before = there(person)
    more = person.migration("0002_more", GOOD_MIGRATION.format(after="0001_initial", field="more"))
    person.run_once()
    copied = [one for one in command(person, "list")["backups"] if one["why"] == "before-update"]
    assert {name["backup"].partition("-")[0] for name in copied} == {"app", "second"}
    more.unlink()
    for one in copied:
        command(person, "restore", one["backup"])
    assert there(person) == before
    person.run_once()
    assert not list((person.data / "backups").glob("app-*.zip"))


def test_a_damaged_database_can_be_replaced_and_is_kept(person: Installation) -> None:
    made = command(person, "backup", "--media")
    add(person, "second")
    media = there(person)["media"]
    person.database.write_bytes(b"garbage" * 1000)
    kept = person.data / "backups" / command(person, "restore", made["file"])["kept"]
    assert there(person)["default"] == there(person)["second"] == ["first"]
    assert set(there(person)["media"]) == {"uploads/first.bin"}
    assert (kept / "app.sqlite3").read_bytes() == b"garbage" * 1000
    assert rows(kept / "second.sqlite3") == ["first", "second"]
    assert files_below(kept / "media") == media


def test_a_locked_database_is_told_and_nothing_is_left(person: Installation) -> None:
    with closing(sqlite3.connect(person.database, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        told = command(person, "backup", code=1)
    assert "in use" in told or "locked" in told
    assert not list((person.data / "backups").iterdir())


def test_wrong_words_are_told(person: Installation) -> None:
    assert "no folder" in command(person, "backup", "--to", "/nonexistent/x.zip", code=1).lower()
    assert "backup-9.zip" in command(person, "restore", "backup-9.zip", code=1)
    assert "invalid choice" in command(person, "bakup", code=2)


def test_an_export_can_be_read_without_the_program(person: Installation, tmp_path: Path) -> None:
    with closing(sqlite3.connect(person.database)) as connection:
        connection.execute("CREATE TABLE account (name TEXT, password TEXT, picture BLOB)")
        connection.execute("INSERT INTO account VALUES ('Zoë, \"Z\"', 'pbkdf2_sha256$1$x', X'0001')")
        connection.execute("CREATE TABLE django_session (session_key TEXT)")
        connection.commit()
    command(person, "export", str(tmp_path / "mine.zip"))
    with zipfile.ZipFile(tmp_path / "mine.zip") as packed:
        names = set(packed.namelist())
        assert packed.read("tables/account.csv").decode("utf-8-sig") == 'name,picture\r\n"Zoë, ""Z""",AAE=\r\n'
        assert packed.read("tables/second/kept.csv").decode("utf-8-sig") == "text\r\nfirst\r\n"
    assert {"README.txt", "tables/notes_note.csv", "media/uploads/first.bin"} < names
    assert not [name for name in names if "session" in name or "migrations" in name]
    assert files_below(tmp_path).keys() >= {"mine.zip"} and not list(tmp_path.glob("*.partial"))
