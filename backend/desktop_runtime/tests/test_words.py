"""What a person reads of a failure, in the language of the system."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import desktop_runtime
from desktop_runtime import words
from desktop_runtime.faults import LaunchError, Text

if TYPE_CHECKING:
    from launch import Installation

SOURCES = sorted(Path(desktop_runtime.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("language", words.TABLES)
def test_each_text_is_one_of_the_code_with_the_same_values_in_it(language: str) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCES if path.name != "words.py")
    # A long one goes on in the next line.
    code = re.sub(r'"\n\s+"', "", code)
    for english, other in words.TABLES[language].items():
        assert f'"{english}"' in code
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", other)), english


def test_what_a_text_is_made_of_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    copies = Text(" Copies of the data as it was before are in {folder}.", folder="/d/{error}")
    detail = "{database}: {error}. Look whether the file can be read and written, and start again.{copies}"
    error = LaunchError("The app's data can't be opened", detail, database="/d/a", error="busy", copies=copies)
    # A value that looks like the name of another stays what it is.
    assert error.detail.endswith("start again. Copies of the data as it was before are in /d/{error}.")
    assert words.translated(error).detail == error.detail
    monkeypatch.setenv("DESKTOP_DJANGO_LANGUAGE", "tlh")
    assert words.translated(error).title == error.title
    monkeypatch.setenv("DESKTOP_DJANGO_LANGUAGE", "de")
    told = words.translated(error)
    assert told.title == "Die Daten der App lassen sich nicht öffnen"
    assert told.detail.endswith("neu. Kopien der Daten, wie sie vorher waren, sind in /d/{error}.")
    assert (
        words.told(Text("one") + " and " + Text("The data is as it was before."))
        == "one and Die Daten sind wie vorher."
    )


def test_a_failure_is_told_in_the_persons_language_and_logged_in_english(installation: Installation) -> None:
    installation.start().stop()
    with sqlite3.connect(installation.database) as connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('notes', '0099_future', '2030-01-01')"
        )
    connection.close()
    failed = installation.fail(DESKTOP_DJANGO_LANGUAGE="de")
    assert failed["title"] == "Die Daten der App sind von einer neueren Version"
    assert "(sie haben die Migration notes.0099_future)" in failed["detail"]
    assert "The app's data was made by a newer version: The data was last used" in Path(failed["log"]).read_text()


def test_a_refusal_is_told_in_the_persons_language(installation: Installation) -> None:
    launched = installation.start(DESKTOP_DJANGO_LANGUAGE="de")
    launched.say('{"verb": "export", "to": "/nonexistent/mine.zip"}')
    refused = launched.wait_for("refused")
    launched.stop()
    assert refused["title"] == "Die Datei lässt sich dort nicht speichern"
    assert refused["detail"] == "/nonexistent gibt es nicht. Wählen Sie einen anderen Ort."
