"""A new installation begins with the database and the media that came with the app, once and whole."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from test_overlay import SQLITE, adopted, write_overlay

if TYPE_CHECKING:
    from pathlib import Path

    from launch import Installation

__all__ = ["adopted"]


@pytest.fixture
def seeded(adopted: Installation, used_data: Path) -> Installation:
    """The server's project with data of another installation in it, read-only as an installed program is."""
    seed = adopted.project / "desktop-seed"
    (seed / "media" / "pictures").mkdir(parents=True)
    (seed / "media" / "pictures" / "a.txt").write_text("a picture")
    shutil.copy(used_data / "app.sqlite3", seed / "database.sqlite3")
    (seed / "database.sqlite3").chmod(0o400)
    overlay = {"DATABASES": {"default": {"NAME": "{data}/app.sqlite3"}}}
    places = {"database": "desktop-seed/database.sqlite3", "media": "desktop-seed/media"}
    write_overlay(adopted, env={"DB_ENGINE": SQLITE}, overlay={"GREETING": "x", **overlay}, seed=places)
    return adopted


def test_a_new_installation_begins_with_the_seed_and_its_commands(seeded: Installation) -> None:
    launched = seeded.start()
    assert "phase:seed" in launched.names
    launched.stop()
    picture = seeded.data / "media" / "pictures" / "a.txt"
    assert picture.read_text() == "a picture"
    assert seeded.database.stat().st_mode & 0o777 == 0o600
    assert seeded.log.count("running seed_notes") == 1
    before = seeded.rows()
    assert before
    picture.unlink()
    seeded.run_once()
    assert not picture.exists(), "what a person has removed comes back"
    assert seeded.rows() == before
    assert seeded.log.count("running seed_notes") == 1


def test_a_seed_that_is_not_there_is_told_and_leaves_nothing_half(seeded: Installation) -> None:
    original = seeded.project / "desktop-seed" / "database.sqlite3"
    aside = original.rename(original.with_name("aside"))
    failed = seeded.fail()
    assert failed["title"] == "The first start of the app could not be completed"
    assert "No such file" in failed["detail"]
    assert not seeded.database.exists()
    aside.rename(original)
    seeded.run_once()
    assert seeded.rows()
