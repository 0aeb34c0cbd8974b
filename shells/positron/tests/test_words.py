"""The words of menus and dialogs in other languages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from desktop_django_starter_positron import facts, words

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = facts.read().words


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Other tests read English."""
    yield
    words.set_language(WORDS, [])


@pytest.mark.parametrize(
    ("languages", "close"),
    [
        (["de_AT", "en"], "Schließen"),
        (["fr", "de-DE"], "Schließen"),
        (["en_US", "de"], "Close"),
        (["C"], "Close"),
        ([], "Close"),
    ],
)
def test_the_first_language_of_the_system_that_there_is(languages: list[str], close: str) -> None:
    words.set_language(WORDS, languages)
    assert words.word("Close") == close


def test_values_stand_where_each_language_has_them() -> None:
    words.set_language(WORDS, ["de"])
    assert words.word("Save {name}", name="{hay}.csv") == "{hay}.csv speichern"
    assert words.word("Nobody has a word for {it}", it=7) == "Nobody has a word for 7"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LANG": "de_AT.UTF-8"}, ["de_AT"]),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "de_DE.UTF-8"}, ["de_DE"]),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "de:fr"}, ["de", "fr", "en_US"]),
        ({"LANG": "C.UTF-8", "LANGUAGE": "de"}, ["C"]),
        ({}, ["C"]),
    ],
)
def test_languages_of_a_system_like_linux(environ: dict[str, str], expected: list[str]) -> None:
    assert words.of_the_system(environ, "linux") == expected


@pytest.mark.parametrize("language", json.loads(WORDS.read_text(encoding="utf-8")))
def test_each_text_of_the_code_has_its_words(language: str) -> None:
    table = json.loads(WORDS.read_text(encoding="utf-8"))[language]
    source = "".join(path.read_text(encoding="utf-8") for path in facts.PACKAGE.glob("*.py"))
    # Long texts stand on several lines.
    texts = re.findall(r'\bword\(\s*((?:"[^"]*"\s*)+)', source)
    used = ["".join(re.findall(r'"([^"]*)"', text)) for text in texts]
    assert len(used) > 20
    assert [text for text in used if text not in table] == []
