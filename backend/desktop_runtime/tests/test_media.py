"""Files that the person has uploaded: which are served, from where, as what, and how much of them."""

from __future__ import annotations

import contextlib
import os
import random
import sys
from typing import TYPE_CHECKING, Any

import pytest
from django.conf.urls.static import static
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path, re_path
from django.views.static import serve

from desktop_runtime import media
from desktop_runtime.paths import Places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


CONTENT = bytes(range(256)) * 1000
OTHERS_ANSWER = b"the project's own"


class Answer:
    """What came of one request."""

    def __init__(self, application: Any, name: str, method: str = "GET", **headers: str) -> None:
        environ = {"REQUEST_METHOD": method, "PATH_INFO": name.encode().decode("latin-1"), **headers}
        body: Iterable[bytes] = application(environ, self._start)
        self.body = b"".join(body)

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status = int(status.split()[0])
        self.headers = dict(headers)


def project(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Stands for the project."""
    start_response("404 Not Found", [])
    return [OTHERS_ANSWER]


urlpatterns: list[Any] = []


@contextlib.contextmanager
def urls(*patterns: Any) -> Iterator[None]:
    """Have the project answer at these addresses."""
    urlpatterns[:] = patterns
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """An installation with some uploads."""
    made = Places(tmp_path, tmp_path)
    (made.media / "pictures").mkdir(parents=True)
    (made.media / "pictures" / "pony é.png").write_bytes(CONTENT)
    (tmp_path / "secret-key").write_text("secret")
    return made


@pytest.fixture
def served(places: Places) -> Iterator[Any]:
    """The project, with its media in front of it."""
    settings = {"MEDIA_ROOT": places.media, "MEDIA_URL": "/media/"}
    with override_settings(**settings), urls():
        yield media.wrap(project, places)


def test_a_file_is_served_as_what_it_is(served: Any) -> None:
    answer = Answer(served, "/media/pictures/pony é.png")
    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert answer.headers["Content-Disposition"].startswith("inline")
    head = Answer(served, "/media/pictures/pony é.png", "HEAD")
    assert (head.status, head.body, head.headers) == (200, b"", answer.headers)


@pytest.mark.parametrize(
    "ending", ["svg", "html", "htm", "xhtml", "xml", "js", "css", "exe", "HTML", "png.html", "noending"]
)
def test_what_could_run_is_a_download(served: Any, places: Places, ending: str) -> None:
    (places.media / f"file.{ending}").write_text("<script>")
    answer = Answer(served, f"/media/file.{ending}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="file.{ending}"'
    assert answer.headers["Content-Type"] in ("application/octet-stream", "image/svg+xml")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("ending", "kind"), sorted(media.SHOWN.items()))
def test_only_pictures_sound_films_pdf_and_plain_text_are_shown(
    served: Any, places: Places, ending: str, kind: str
) -> None:
    assert kind.startswith(("image/", "audio/", "video/")) or ending in ("pdf", "txt")
    assert "svg" not in kind
    (places.media / f"file.{ending.upper()}").write_bytes(b"x")
    answer = Answer(served, f"/media/file.{ending.upper()}")
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Content-Disposition"].startswith("inline")


def link(path: Path, target: Path) -> None:
    """Windows lets few people make one, and Wine says that it did."""
    with contextlib.suppress(OSError):
        path.symlink_to(target)
    if not path.is_symlink():
        pytest.skip("no links can be made here")


@pytest.mark.parametrize(
    "name",
    [
        "/media/../secret-key", "/media/pictures/../../secret-key", "/media//secret-key",
        "/media/./pictures/pony é.png",
        "/media/pictures", "/media/pictures/", "/media/", "/media/..\\secret-key", "/media/a\0b", "/media/missing.png",
        "/media/out/secret-key", "/media/link.png", "/media/pipe", "/mediax/pictures/pony é.png",
    ],
)  # fmt: skip
def test_nothing_else_is_served(served: Any, places: Places, name: str) -> None:
    if sys.platform != "win32":
        link(places.media / "out", places.app_data)
        link(places.media / "link.png", places.app_data / "secret-key")
        os.mkfifo(places.media / "pipe")
    assert Answer(served, name).body == OTHERS_ANSWER


def test_a_link_within_the_folder_is_followed(served: Any, places: Places) -> None:
    link(places.media / "again.png", places.media / "pictures" / "pony é.png")
    assert Answer(served, "/media/again.png").body == CONTENT


def test_a_folder_that_is_a_link_itself_is_the_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.txt").write_text("hello")
    places = Places(tmp_path, tmp_path)
    link(places.media, tmp_path / "elsewhere")
    with override_settings(MEDIA_ROOT=str(places.media), MEDIA_URL="/media/"), urls():
        assert Answer(media.wrap(project, places), "/media/a.txt").body == b"hello"


RANGES = {
    "bytes=0-0": (0, 1),
    "bytes=10-19": (10, 20),
    "bytes=255990-": (255_990, 256_000),
    "bytes=255990-999999999": (255_990, 256_000),
    "bytes=-5": (255_995, 256_000),
    "bytes=-999999999": (0, 256_000),
}


@pytest.mark.parametrize("given", RANGES)
def test_a_part_of_a_film_can_be_asked_for(served: Any, given: str) -> None:
    first, end = RANGES[given]
    answer = Answer(served, "/media/pictures/pony é.png", HTTP_RANGE=given)
    assert (answer.status, answer.body) == (206, CONTENT[first:end])
    assert answer.headers["Content-Range"] == f"bytes {first}-{end - 1}/256000"
    assert answer.headers["Content-Length"] == str(end - first)


def test_parts_that_there_are_none_of(served: Any) -> None:
    for given in ("bytes=256000-", "bytes=9-3", "bytes=-0"):
        answer = Answer(served, "/media/pictures/pony é.png", HTTP_RANGE=given)
        assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */256000")
    for given in ("bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=x-y"):
        assert Answer(served, "/media/pictures/pony é.png", HTTP_RANGE=given).status == 200


def test_random_ranges_are_what_they_say(served: Any) -> None:
    numbers = random.Random(20261126)
    for _ in range(200):
        first = numbers.randrange(len(CONTENT))
        last = numbers.randrange(first, len(CONTENT) + 1000)
        answer = Answer(served, "/media/pictures/pony é.png", HTTP_RANGE=f"bytes={first}-{last}")
        assert answer.body == CONTENT[first : last + 1]


def test_what_the_browser_has_already_is_not_sent_again(served: Any) -> None:
    name = "/media/pictures/pony é.png"
    headers = Answer(served, name).headers
    for unchanged in (
        {"HTTP_IF_NONE_MATCH": f'"x", W/{headers["ETag"]}'},
        {"HTTP_IF_MODIFIED_SINCE": headers["Last-Modified"]},
    ):
        answer = Answer(served, name, **unchanged)
        assert (answer.status, answer.body) == (304, b"")
    assert Answer(served, name, HTTP_IF_NONE_MATCH='"other"').status == 200
    assert Answer(served, name, HTTP_RANGE="bytes=0-1", HTTP_IF_RANGE='"other"').status == 200
    assert Answer(served, name, HTTP_RANGE="bytes=0-1", HTTP_IF_RANGE=headers["ETag"]).status == 206


def test_media_are_read_only(served: Any) -> None:
    answer = Answer(served, "/media/pictures/pony é.png", "DELETE")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def view(_request: Any, **_kwargs: str) -> HttpResponse:
    """A view that looks at who may see what, as far as anybody knows."""
    return HttpResponse()


def test_the_projects_own_view_goes_first(served: Any) -> None:
    with urls(re_path(r"^media/(?P<name>.*)$", view)):
        assert Answer(served, "/media/pictures/pony é.png").body == OTHERS_ANSWER
    with urls(path("media/pictures/<path:name>", view)):
        assert Answer(served, "/media/pictures/pony é.png").body == OTHERS_ANSWER


def test_a_view_for_every_address_is_not_one_for_media(served: Any) -> None:
    with urls(re_path(r"^(?P<name>.*)$", view)):
        assert Answer(served, "/media/pictures/pony é.png").body == CONTENT
        assert Answer(served, "/media/missing.png").body == OTHERS_ANSWER


def test_djangos_view_for_development_is_not_asked(served: Any, places: Places) -> None:
    link(places.media / "out", places.app_data)
    with override_settings(DEBUG=True):
        patterns = static("/media/", document_root=str(places.media))
    assert patterns[0].callback is serve
    with urls(*patterns):
        assert Answer(served, "/media/pictures/pony é.png").headers["Content-Security-Policy"]
        assert Answer(served, "/media/out/secret-key").status == 404


@pytest.mark.parametrize(
    ("root", "address"),
    [
        ("", "/media/"),
        ("{data}/media", "https://cdn.example.org/"),
        ("{data}/media", "/"),
        ("{data}", "/media/"),
        ("/", "/m/"),
    ],
)
def test_media_elsewhere_are_not_served(places: Places, root: str, address: str) -> None:
    with override_settings(MEDIA_ROOT=root.format(data=places.app_data), MEDIA_URL=address):
        assert media.wrap(project, places) is project
