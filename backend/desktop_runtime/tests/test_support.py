"""The file for whoever helps holds what helps, and no secret: canaries are put wherever a secret may be."""

from __future__ import annotations

import base64
import json
import random
import re
import secrets
import string
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from desktop_runtime.redact import Redactor, secrets_in, shown
from people import add, command, use_people

if TYPE_CHECKING:
    from launch import Installation

CANARIES = """
import os
STRIPE_API_KEY = os.environ["CANARY_0"]
EMAIL_HOST_PASSWORD = os.environ["CANARY_1"]
CACHES["other"] = {"BACKEND": "x", "LOCATION": f"redis://user:{os.environ['CANARY_2']}@cache/0"}
SOCIAL = {"google": {"APP": {"secret": os.environ["CANARY_3"], "scopes": ["a"]}}}
SECRET_KEY_FALLBACKS = [os.environ["CANARY_4"]]
SIGNING = {"private_key": "-----BEGIN PRIVATE KEY-----\\n" + os.environ["CANARY_5"] + "\\n-----END PRIVATE KEY-----"}
"""
# How a secret that no setting knows gets into a log.
UNKNOWN = [
    "GET /reset/?token={} HTTP/1.1",
    "Authorization: Bearer {}",
    "Cookie: sessionid={}; csrftoken={}",
    "connecting to postgres://shop:{}@db.example.org/shop",
    "{{'password': '{}', 'user': 'ann'}}",
    "api_key={}",
    'headers = {{"X-Api-Key": "{}"}}',
    "password: {}",
    "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
    "refused for user{}@example.org",
    "token is sk_live_{}",
    "hash pbkdf2_sha256$1000000${}${}",
]


def canary(numbers: random.Random) -> str:
    """A secret of the kind that there are, also with signs that are written in another way in addresses and in JSON."""
    letters = string.ascii_letters + string.digits
    return "".join(numbers.choice(letters + "+%&=é\"'") if 0 < n < 23 else numbers.choice(letters) for n in range(24))


def texts_of(file: str) -> dict[str, str]:
    """What the file holds."""
    with zipfile.ZipFile(file) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


@pytest.fixture
def person(installation: Installation, used_before: None) -> Installation:  # noqa: ARG001 - for what it does
    """Somebody who needs help."""
    use_people(installation)
    add(installation, "a row of the person")
    return installation


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 100))])
def test_no_canary_gets_out(person: Installation, seed: int) -> None:
    numbers = random.Random(seed)
    known = [canary(numbers) for _ in range(6)]
    settings = person.project / "people.py"
    settings.write_text(settings.read_text().replace("MEDIA_URL", "CACHES = {}\nMEDIA_URL", 1) + CANARIES)
    person.environment |= {f"CANARY_{number}": value for number, value in enumerate(known)}
    person.environment["SOME_TOKEN"] = variable = canary(numbers)
    key = (person.data / "secret-key").read_text().strip()
    unknown = ["".join(numbers.choices(string.ascii_letters + string.digits, k=24)) for _ in UNKNOWN]
    lines = [
        line.replace("{}", "%s") % ((value,) * line.count("{}")) for line, value in zip(UNKNOWN, unknown, strict=True)
    ]
    lines = [line.replace("{{", "{").replace("}}", "}") for line in lines]
    for value in [*known, variable, key]:
        coded = base64.b64encode(value.encode()).decode()
        lines += [
            f"plain {value} here",
            f"quoted {quote(value)}",
            f"json {json.dumps({'x': value})}",
            f"repr {value!r}",
            coded,
        ]
    (person.data / "logs").mkdir(exist_ok=True)
    (person.data / "logs" / "desktop.log").write_text("a line that helps\n" + "\n".join(lines) + "\nthe last line\n")
    made = command(person, "support")
    text = json.dumps(texts_of(made["file"]), ensure_ascii=False) + "\n".join(texts_of(made["file"]).values())
    found = [value for value in [*known, variable, key, *unknown] if value in text]
    assert found == []
    assert "a line that helps" in text and "the last line" in text
    assert "a row of the person" not in text


def test_what_it_holds_is_shown_and_then_saved_as_it_is(person: Installation, tmp_path: Path) -> None:
    made = command(person, "support")
    held = texts_of(made["file"])
    assert [(one["name"], one["bytes"]) for one in made["contents"]] == [(n, len(t.encode())) for n, t in held.items()]
    for word in ("Python", "Django", "SQLite", "database default: app.sqlite3", "notes.0001_initial", "media: 1 file,"):
        assert word in made["summary"]
    assert re.search(r"^free on the disk: \d+\.\d GB$", made["summary"], re.MULTILINE)
    assert "MEDIA_ROOT" in held["settings.txt"] and str(person.data) not in held["settings.txt"]
    shown_content = Path(made["file"]).read_bytes()
    saved = command(person, "support", "--to", str(tmp_path / "help.zip"))
    assert Path(saved["file"]).read_bytes() == shown_content


def test_it_can_be_made_when_the_database_is_damaged(person: Installation) -> None:
    person.database.write_bytes(b"garbage" * 1000)
    assert "can't be read" in command(person, "support")["summary"]


def test_harmless_text_stays_readable() -> None:
    text = (
        "2026-11-26 13:15:02.123Z ERROR [4711] django.request: Internal Server Error: /items/12/\n"
        '  File "/opt/shop/src/shop/views.py", line 12, in index\n'
        "django.db.utils.OperationalError: no such table: shop_item\n"
        "Python 3.14.2, shop.settings.production, 0001_initial.py, 12345 bytes"
    )
    assert Redactor([secrets.token_hex(8), "", "a", "short"])(text) == text


def test_settings_are_shown_without_their_secrets() -> None:
    given = {
        "API_KEY": "x" * 9,
        "N": {"password": "y", "host": "h"},
        "URL": "amqp://u:p@h/",
        "SESSION_COOKIE_NAME": "sid",
    }
    assert shown(given) == {
        "API_KEY": "***",
        "N": {"password": "***", "host": "h"},
        "URL": "amqp://***@h/",
        "SESSION_COOKIE_NAME": "sid",
    }
    assert set(secrets_in(given)) == {"x" * 9, "y", "p"}
