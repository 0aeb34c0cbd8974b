"""Asks for the first page once, before the window does: a start must not end in a window that stays empty.

The request goes through the gate and the whole application, on a thread and for a limited time; what it writes to the
databases is rolled back. What can never work on a desktop is told in words instead of opening a window. An error that
may pass only stops the first start of a version.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from . import gate
from .faults import LaunchError, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .gate import Application

log = logging.getLogger(__name__)

LIMIT_SECS = 5.0
LOOK_EVERY_SECS = 0.1
TITLE = "The first page can't be opened"
THIS_COMPUTER = ("127.0.0.1", "localhost", "::1")


class Answer(NamedTuple):
    """What the application said."""

    status: int
    location: str = ""
    is_empty: bool = False
    error: BaseException | None = None


class Finding(NamedTuple):
    """What is wrong with the first page, in words that go on after "The first page"."""

    words: str
    may_pass: bool = False


def try_out(application: Application, address: str, token: str, is_stopping: Callable[[], bool]) -> Finding | None:
    """Ask for the page at `address`; return what is wrong with the answer."""
    answers: list[Answer] = []
    asking = threading.Thread(
        target=lambda: answers.append(_ask(application, address, token)), name="first-page", daemon=True
    )
    asking.start()
    deadline = time.monotonic() + LIMIT_SECS
    while asking.is_alive() and time.monotonic() < deadline and not is_stopping():
        asking.join(LOOK_EVERY_SECS)
    if answers:
        return judge(answers[0], address)
    if not is_stopping():
        log.warning("the first page is not there after %.0f s; the window opens all the same", LIMIT_SECS)
    return None


def decide(finding: Finding | None, address: str, *, has_worked: bool) -> None:
    """Raise LaunchError for what must not open a window. `has_worked`: this version has opened one before."""
    path = urlsplit(address).path
    if finding is None:
        return
    if finding.may_pass and has_worked:
        log.error("the first page (%s) %s", path, finding.words)
    else:
        raise LaunchError(TITLE, f"The first page ({path}) {finding.words}")


def judge(answer: Answer, address: str) -> Finding | None:
    """What is wrong with an answer, if anything."""
    if answer.error is not None and (words := _known(answer.error)):
        return Finding(words)
    if answer.status >= 500:
        why = f" ({reason(answer.error)})" if answer.error is not None else ""
        return Finding(f"answers with status {answer.status}{why}. The log has more.", may_pass=True)
    if 300 <= answer.status < 400:
        return _redirect(answer.location, address)
    if answer.status >= 400:
        return Finding(_refusal(answer.status, address))
    return Finding("is a blank page.") if answer.status == 200 and answer.is_empty else None


def _redirect(location: str, address: str) -> Finding | None:
    target, own = urlsplit(urljoin(address, location)), urlsplit(address)
    is_here = target.hostname in {own.hostname, *THIS_COMPUTER}
    if is_here and (target.scheme, target.port) == (own.scheme, own.port):
        return None
    if is_here and target.scheme == "https":
        return Finding("redirects to https, which nobody serves here. SECURE_SSL_REDIRECT has to be off on a desktop.")
    return Finding(
        f"redirects to {target.scheme}://{target.netloc}, which is not the app. PREPEND_WWW, sub-domains and a login "
        "on another site can't work on a desktop."
    )


def _refusal(status: int, address: str) -> str:
    from django.conf import settings
    from django.http.request import validate_host

    host = urlsplit(address).hostname or ""
    if status == 400 and not validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS):
        return f"is refused (status 400): ALLOWED_HOSTS has to contain {host}."
    if status == 404:
        return 'does not exist (status 404). DESKTOP_RUNTIME["START_PATH"] names the first page.'
    return f"is refused (status {status}): the first page has to be one that everybody may see."


def _known(error: BaseException) -> str:
    """What is behind an error that never passes, in words; empty for any other."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for one in chain:
        names = {kind.__module__.partition(".")[0] + "." + kind.__name__ for kind in type(one).__mro__}
        if "Missing staticfiles manifest entry" in str(one):
            return f"wants a static file that was not collected ({one}). Collect the static files anew."
        if any(name.endswith(".OfflineGenerationError") for name in names):
            return f"wants compressed files that were not made ({one}). Run `compress`, or switch COMPRESS_OFFLINE off."
        if isinstance(one, ImportError):
            return f"needs a module that is not there ({reason(one)})."
        if "redis.ConnectionError" in names or isinstance(one, ConnectionRefusedError):
            return (
                f"wants a server that is not on this computer ({reason(one)}). CACHES, SESSION_ENGINE and the like "
                "have to do without Redis or memcached on a desktop."
            )
    return ""


def _ask(application: Application, address: str, token: str) -> Answer:
    from django.core.signals import got_request_exception
    from django.db import connections

    errors: list[BaseException | None] = []
    heads: list[tuple[str, list[tuple[str, str]]]] = []

    def note_error(**_signal: object) -> None:
        errors.append(sys.exc_info()[1])

    def start_response(status: str, headers: list[tuple[str, str]], *_error: object) -> Callable[[bytes], object]:
        heads.append((status, headers))
        return lambda _data: None

    got_request_exception.connect(note_error, weak=False)
    try:
        with contextlib.ExitStack() as stack:
            for alias in _present():
                stack.enter_context(_rolled_back(alias))
            is_empty = not _has_content(application(_environ(address, token), start_response))
        status, headers = heads[-1]
        location = next((value for name, value in headers if name.lower() == "location"), "")
        return Answer(int(status.split()[0]), location, is_empty, errors[-1] if errors else None)
    except Exception as error:
        log.exception("the first page failed")
        return Answer(500, error=error)
    finally:
        got_request_exception.disconnect(note_error)
        connections.close_all()


def _has_content(blocks: Any) -> bool:
    """Whether anything comes. Only the first of it is taken: a stream may go on for ever."""
    try:
        return any(blocks)
    finally:
        if hasattr(blocks, "close"):
            blocks.close()


def _present() -> list[str]:
    """The databases that are there. Another one would be made by the transaction."""
    from .databases import listed

    return [one.alias for one in listed() if one.file is None or one.file.exists()]


@contextlib.contextmanager
def _rolled_back(alias: str) -> Iterator[None]:
    """A transaction that a view takes for none, and that changes nothing."""
    from django.db import connections, transaction

    from .foreign import Atomic

    connection = connections[alias]
    connection.ensure_connection()
    # A page that only reads must not keep writers out.
    if hasattr(connection, "transaction_mode"):
        connection.transaction_mode = None
    # At the start of a request Django closes a connection that is in a transaction. This one is the thread's own.
    connection.close_if_unusable_or_obsolete = lambda: None  # type: ignore[method-assign]
    atomic = Atomic(using=alias, savepoint=True, durable=False)
    # Lets a durable transaction begin inside of it.
    atomic._from_testcase = True
    with atomic:
        try:
            yield
        finally:
            transaction.set_rollback(True, using=alias)


def _environ(address: str, token: str) -> dict[str, Any]:
    parts = urlsplit(address)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": str(parts.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": parts.hostname,
        "HTTP_HOST": parts.netloc,
        "HTTP_ACCEPT": "text/html,application/xhtml+xml,*/*;q=0.8",
        "HTTP_USER_AGENT": "desktop_runtime",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    return environ | ({gate.HEADER_KEY: token} if token else {})
