"""Serves what the person has uploaded, behind the gate and before the project: Django itself does so only with DEBUG.

A file that somebody else made may be anything, so a browser is never left to guess: types come from the table below
(not from the system's, which programs change), with `nosniff` and a policy that lets nothing run. What a page doesn't
show as a picture, sound, film, PDF or plain text is a download. A view of the project that answers under `MEDIA_URL`,
to check who may see what, goes before.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from django.utils.http import content_disposition_header, http_date, parse_http_date_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .paths import Places

log = logging.getLogger(__name__)

# Shown in a page. Everything else is offered as a download.
SHOWN = {
    "apng": "image/apng", "avif": "image/avif", "bmp": "image/bmp", "gif": "image/gif", "ico": "image/x-icon",
    "jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp",
    "aac": "audio/aac", "flac": "audio/flac", "m4a": "audio/mp4", "mp3": "audio/mpeg", "oga": "audio/ogg",
    "ogg": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav", "weba": "audio/webm",
    "m4v": "video/mp4", "mov": "video/quicktime", "mp4": "video/mp4", "ogv": "video/ogg", "webm": "video/webm",
    "pdf": "application/pdf", "txt": "text/plain; charset=utf-8",
}  # fmt: skip
# As a download, but with a type: a page may have an SVG in an <img>, where nothing in it runs.
DOWNLOADED = {
    "svg": "image/svg+xml", "csv": "text/csv; charset=utf-8", "json": "application/json", "zip": "application/zip",
    "doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "vtt": "text/vtt; charset=utf-8",
}  # fmt: skip
UNKNOWN = "application/octet-stream"
POLICY = "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'"
ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
BLOCK_BYTES = 64 * 1024
OPEN_FLAGS = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
    OPEN_FLAGS |= getattr(os, _flag, 0)
NO_VIEW_OF_ITS_OWN = "/desktop-runtime/is/there/a/view/for/everything"


class Found(NamedTuple):
    """An opened file of the media folder."""

    file: BinaryIO
    size: int
    modified_ns: int

    @property
    def tag(self) -> str:
        """Another one whenever the content is another."""
        return f'"{self.modified_ns:x}-{self.size:x}"'


def wrap(application: Callable[..., Any], places: Places) -> Callable[..., Any]:
    """The application with the project's media files in front of it, if it has any that lie where they should."""
    from django.conf import settings

    root, address = settings.MEDIA_ROOT, settings.MEDIA_URL
    if not root or not address.startswith("/") or address.strip("/") == "":
        return application
    # Nowhere else: one folder up lie the database, the secret key and the copies.
    if not Path(root).absolute().is_relative_to(places.media):
        log.warning("MEDIA_ROOT is %s: files are served from %s and below it only", root, places.media)
        return application
    return Media(application, Path(root), address)


class Media:
    """A WSGI application around another one."""

    def __init__(self, application: Callable[..., Any], root: Path, address: str) -> None:
        self._application = application
        self._root = root
        self._address = address if address.endswith("/") else f"{address}/"

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(self._address):
            return self._answer_of_project(environ, start_response)
        view = _own_view(environ)
        if view is not None and not _is_djangos(view):
            return self._answer_of_project(environ, start_response)
        name = path[len(self._address) :]
        found = self._open(name)
        if found is None and view is None:
            # Its own page for what is not there, or a picture that it makes on demand.
            return self._answer_of_project(environ, start_response)
        return _Answer(environ, start_response, name.rpartition("/")[2]).to(found)

    def _answer_of_project(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer

    def _open(self, name: str) -> Found | None:
        """The file, if it is one, and if where it really lies is below the media folder."""
        try:
            parts = os.fsdecode(name.encode("latin-1")).split("/")
            if not all(map(_is_plain, parts)):
                return None
            root = self._root.resolve(strict=True)
            real = root.joinpath(*parts).resolve(strict=True)
            if not real.is_relative_to(root) or real == root:
                return None
            # A link that takes the file's place in this moment is not followed; a pipe doesn't block.
            descriptor = os.open(real, OPEN_FLAGS)
        except (OSError, ValueError):
            return None
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            return None
        return Found(os.fdopen(descriptor, "rb"), status.st_size, status.st_mtime_ns)


class _Answer:
    """One response."""

    def __init__(self, environ: dict[str, Any], start_response: Callable[..., Any], name: str) -> None:
        self._environ = environ
        self._start = start_response
        self._name = name.encode("latin-1").decode("utf-8", "replace")

    def to(self, found: Found | None) -> Iterable[bytes]:
        method = self._environ.get("REQUEST_METHOD", "GET")
        if method not in ("GET", "HEAD"):
            if found:
                found.file.close()
            return self._short("405 Method Not Allowed", [("Allow", "GET, HEAD")])
        if found is None:
            return self._short("404 Not Found", [])
        headers = self._headers(found)
        if self._is_unchanged(found):
            found.file.close()
            return self._short("304 Not Modified", headers, b"")
        return self._send(found, headers, is_head=method == "HEAD")

    def _send(self, found: Found, headers: list[tuple[str, str]], *, is_head: bool) -> Iterable[bytes]:
        first, last = 0, found.size - 1
        status = "200 OK"
        if (wanted := self._range(found)) is not None:
            first, last = wanted
            if first > last:
                found.file.close()
                return self._short("416 Range Not Satisfiable", [("Content-Range", f"bytes */{found.size}")])
            headers.append(("Content-Range", f"bytes {first}-{last}/{found.size}"))
            status = "206 Partial Content"
        length = last - first + 1
        self._start(status, [*headers, ("Content-Length", str(length))])
        if is_head:
            found.file.close()
            return []
        found.file.seek(first)
        wrapper = self._environ.get("wsgi.file_wrapper")
        # The server sends the file on its own: no thread waits for a slow reader.
        return wrapper(found.file, BLOCK_BYTES) if wrapper else _blocks(found.file, length)

    def _headers(self, found: Found) -> list[tuple[str, str]]:
        ending = self._name.rpartition(".")[2].lower() if "." in self._name else ""
        kind = SHOWN.get(ending) or DOWNLOADED.get(ending) or UNKNOWN
        disposition = content_disposition_header(ending not in SHOWN, self._name) or "inline"
        return [
            ("Content-Type", kind),
            ("Content-Disposition", disposition),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", POLICY),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "private, no-cache"),
            ("Accept-Ranges", "bytes"),
            ("ETag", found.tag),
            ("Last-Modified", http_date(found.modified_ns // 10**9)),
        ]

    def _is_unchanged(self, found: Found) -> bool:
        if tags := self._environ.get("HTTP_IF_NONE_MATCH"):
            return found.tag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        since = self._environ.get("HTTP_IF_MODIFIED_SINCE")
        moment = parse_http_date_safe(since) if since else None
        return moment is not None and found.modified_ns // 10**9 <= moment

    def _range(self, found: Found) -> tuple[int, int] | None:
        """First and last byte that are asked for; the first is behind the last when there are none of these."""
        match = ONE_RANGE.fullmatch(self._environ.get("HTTP_RANGE", "").replace(" ", ""))
        condition = self._environ.get("HTTP_IF_RANGE")
        if match is None or (condition and condition != found.tag):
            return None
        first, last = match.groups()
        if first:
            return int(first), min(int(last), found.size - 1) if last else found.size - 1
        if not last:
            return None
        return (max(0, found.size - int(last)), found.size - 1) if int(last) else (1, 0)

    def _short(self, status: str, headers: list[tuple[str, str]], body: bytes | None = None) -> Iterable[bytes]:
        body = f"{status.partition(' ')[2]}\n".encode() if body is None else body
        kind = [] if not body else [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        self._start(status, [*headers, *kind])
        return [body] if body else []


def _own_view(environ: dict[str, Any]) -> Any:
    """The project's view for this path; None when it has none, or none but one that takes everything."""
    from django.urls import Resolver404, resolve

    try:
        view = resolve(environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")).func
    except Resolver404:
        return None
    try:
        takes_everything = resolve(NO_VIEW_OF_ITS_OWN).func is view
    except Resolver404:
        return view
    return None if takes_everything else view


def _is_djangos(view: Any) -> bool:
    """Whether this is Django's own view for files, which is for development."""
    return getattr(view, "__module__", "") == "django.views.static" and getattr(view, "__name__", "") == "serve"


def _is_plain(part: str) -> bool:
    """Whether this is the name of something in its folder, on every system."""
    return part not in ("", ".", "..") and not set(part) & {"\0", "\\"} and (os.name == "posix" or ":" not in part)


def _blocks(file: BinaryIO, length: int) -> Iterator[bytes]:
    with file:
        while length > 0 and (block := file.read(min(BLOCK_BYTES, length))):
            length -= len(block)
            yield block
