"""What a shell asks of the running app, line by line on its stdin; copies of every day; media over the wire."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from launch import PATIENCE_SECS, wait_until
from people import add, there, use_people

if TYPE_CHECKING:
    from launch import Installation, Launched

UPLOADS = """
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.urls import path
from notes.urls import urlpatterns

def upload(request):
    return HttpResponse(default_storage.url(default_storage.save(request.headers["X-Name"], request)))

urlpatterns = [*urlpatterns, path("upload/", upload)]
"""


@pytest.fixture
def person(installation: Installation, used_before: None) -> Installation:  # noqa: ARG001 - for what it does
    """Somebody who has used the app."""
    use_people(installation)
    return installation


def asked(launched: Launched, verb: str, **options: Any) -> dict[str, Any]:
    """Ask, and wait for the answer."""
    launched.say(json.dumps({"verb": verb, "id": f"{verb}-1", **options}))
    answer = launched.wait_for("done")
    assert (answer["id"], answer["verb"]) == (f"{verb}-1", verb)
    result: dict[str, Any] = answer["result"]
    return result


def refused(launched: Launched, line: str) -> str:
    """Ask for something that is refused; in which words."""
    launched.say(line)
    answer = launched.wait_for("refused")
    assert set(answer) >= {"title", "detail"}
    return f"{answer['title']}. {answer['detail']}"


def test_the_menus_of_a_shell(person: Installation, tmp_path: Path) -> None:
    add(person, "first")
    before = there(person)
    launched = person.start()
    made = asked(launched, "backup", media=True)
    assert Path(made["file"]).is_file()
    listed = asked(launched, "list")
    (listed_backup,) = [one for one in listed["backups"] if one["why"] == "asked"]
    assert listed_backup["backup"] == Path(made["file"]).name
    assert listed["needed"]["databases"] > 0
    asked(launched, "export", to=str(tmp_path / "mine.zip"))
    assert asked(launched, "support")["contents"]
    asked(launched, "support", to=str(tmp_path / "help.zip"))
    add(person, "second")
    assert asked(launched, "restore", backup=listed_backup["backup"])["restart"]
    launched.stop(lambda: launched.say("stop"))
    person.run_once()
    assert there(person) == before


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"verb": "delete", "id": 1}', "no verb 'delete'. There are: backup, list, restore, export, support"),
        ('{"verb": "backup", "media": "yes"}', "look at media. Options: media (bool), to (str)"),
        ('{"verb": "export"}', "look at to"),
        ('{"verb": "restore", "backup": "none.zip"}', "none.zip"),
        ("{not json", "one line"),
        ('{"verb": ["backup"]}', "no verb"),
    ],
)
def test_what_can_not_be_done_is_told_and_the_app_goes_on(person: Installation, line: str, told: str) -> None:
    launched = person.start()
    assert told in refused(launched, line)
    assert launched.notes() == ["one", "two", "three"]
    launched.stop()


def test_a_request_that_comes_early_is_answered_when_the_app_is_ready(person: Installation) -> None:
    launched = person.launch()
    launched.say('{"verb": "list", "id": "early"}')
    launched.wait_for("ready")
    assert launched.wait_for("done")["id"] == "early"
    launched.stop()


def test_a_stop_does_not_wait_for_a_backup(person: Installation) -> None:
    (person.data / "media").mkdir()
    with (person.data / "media" / "film.mp4").open("wb") as film:
        film.truncate(3_000_000_000)
    launched = person.start()
    launched.say('{"verb": "backup", "media": true}')
    launched.wait_for("progress")
    launched.stop()
    assert not list((person.data / "backups").glob("*.zip"))
    launched = person.start()
    asked(launched, "backup")
    launched.stop()
    assert not (person.data / "backups" / "in-the-making").exists()


def test_copies_are_made_while_the_app_runs(person: Installation) -> None:
    launched = person.start(TEST_DESKTOP_RUNTIME='{"BACKUP_EVERY": 1}')
    backups = person.data / "backups"
    wait_until(lambda: len(list(backups.glob("*-scheduled.zip"))) >= 1, "a copy is made")
    time.sleep(2.5)
    launched.stop()
    # Of a day one is enough.
    assert len(list(backups.glob("*-scheduled.zip"))) <= 2
    assert "made the copy of the day" in person.log


def test_an_upload_comes_back_as_it_was(person: Installation) -> None:
    (person.project / "uploads.py").write_text(UPLOADS)
    settings = person.project / "people.py"
    settings.write_text(settings.read_text() + "ROOT_URLCONF = 'uploads'\n")
    launched = person.start()
    content = bytes(range(256)) * 4000
    with closing(http.client.HTTPConnection(urlsplit(launched.url).netloc, timeout=PATIENCE_SECS)) as connection:
        connection.request("POST", "/upload/", content, {"X-Name": "film.mp4"})
        address = connection.getresponse().read().decode()
        assert address == "/media/film.mp4"
        for headers, expected in (
            ({}, content),
            ({"Range": "bytes=1000-"}, content[1000:]),
            ({"Range": "bytes=-7"}, content[-7:]),
        ):
            connection.request("GET", address, headers=headers)
            answer = connection.getresponse()
            assert answer.read() == expected
            assert answer.headers["Content-Type"] == "video/mp4"
        connection.request("GET", "/media/../secret-key")
        assert connection.getresponse().status == 404
    launched.stop()


def test_media_are_behind_the_token(person: Installation) -> None:
    add(person, "first")
    launched = person.start(DESKTOP_DJANGO_AUTH_TOKEN="a-token-of-the-window")
    assert launched.get("/media/uploads/first.bin")[0] == 403
    assert launched.get("/media/uploads/first.bin", X_Desktop_Django_Token="a-token-of-the-window")[0] == 200
    launched.stop()
