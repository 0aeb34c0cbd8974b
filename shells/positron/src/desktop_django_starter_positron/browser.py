"""What a page may do in WebKitGTK's view: where it goes, what it saves, and which proxy it asks (none).

Toga's web views have no such questions; under other toolkits a page has the engine's own answers.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from .backend import in_background

if TYPE_CHECKING:
    from pathlib import Path

OUTSIDE = ("http", "https", "mailto")
# WebKit shows a PDF in a frame, and gives that its size by a style that the policy of Django's page forbids.
PDF_STYLE = """iframe[src^="webkit-pdfjs-viewer:"] {
  position: fixed !important; inset: 0 !important; border: 0 !important;
  width: 100% !important; height: 100% !important;
}"""


class Owner(Protocol):
    """Whose window it is."""

    origin: str
    """The app's, empty until it is known."""

    def entitle(self, title: str) -> None:
        """The page has a title."""

    def ask_where(self, name: str, save: Save) -> None:
        """Ask a person where a file of this name goes, then call `save`."""

    def tell_not_saved(self, name: str, path: Path) -> None:
        """A download did not get there."""


class Save(Protocol):
    """Takes the place for a file; None: nowhere."""

    def __call__(self, path: Path | None) -> None: ...


def is_own(url: str, origin: str) -> bool:
    """Whether scheme, host and port are the app's."""
    place = urlsplit(url)
    return bool(origin) and f"{place.scheme}://{place.netloc}" == origin


def may_go(url: str, origin: str, *, by_person: bool = True) -> bool:
    """Whether the view may show this address; other places of the web open in the system's browser when a person asks.

    Until the app has an address there is the splash, whose address is that of an empty page."""
    if is_own(url, origin) or (not origin and url == "about:blank"):
        return True
    if by_person and urlsplit(url).scheme in OUTSIDE:
        open_outside(url)
    return False


def open_outside(target: str) -> None:
    """Show an address, a file or a folder with the program that the system has for it."""
    if sys.platform == "win32":
        os.startfile(target)  # noqa: S606 - checked by whoever calls
    else:
        opener = "open" if sys.platform == "darwin" else "xdg-open"
        in_background(lambda: subprocess.run([opener, target], check=False))  # noqa: S603 - the same


def settle(view: Any, owner: Owner, folder: Path) -> None:
    """Give a WebKitGTK view its rules; `folder` is for what it keeps."""
    from gi.repository import WebKit2

    context = view.get_context()
    # The app's address, with its secret, is nobody else's: no proxy of the system or of the environment sees it.
    context.get_website_data_manager().set_network_proxy_settings(WebKit2.NetworkProxyMode.NO_PROXY, None)
    # Otherwise it forgets them at the end, and everybody would be logged out.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    cookies = str(folder / "webkit-cookies.sqlite")
    context.get_cookie_manager().set_persistent_storage(cookies, WebKit2.CookiePersistentStorage.SQLITE)
    frames, level = WebKit2.UserContentInjectedFrames.TOP_FRAME, WebKit2.UserStyleLevel.USER
    view.get_user_content_manager().add_style_sheet(WebKit2.UserStyleSheet.new(PDF_STYLE, frames, level, None, None))
    view.connect("decide-policy", decide, owner)
    view.connect("create", lambda _view, action: open_window(view, action, owner))
    view.connect("key-press-event", lambda _view, event: go_back_on(event, view, owner))
    view.connect("notify::title", lambda *_: owner.entitle(view.get_title() or ""))
    context.connect("download-started", lambda _context, download: download.connect("decide-destination", ask, owner))


def decide(view: Any, decision: Any, kind: Any, owner: Owner) -> bool:
    """Answer WebKit's question; False leaves the answer to it."""
    from gi.repository import WebKit2

    if kind == WebKit2.PolicyDecisionType.RESPONSE:
        if decision.is_mime_type_supported() and not is_attachment(decision.get_response()):
            return False
        decision.download()
        return True
    action = decision.get_navigation_action()
    url = action.get_request().get_uri()
    if kind == WebKit2.PolicyDecisionType.NEW_WINDOW_ACTION:
        open_window(view, action, owner)
        decision.ignore()
    elif url.startswith("blob:") and is_own(url.removeprefix("blob:"), owner.origin):
        # What a page has made to be saved.
        decision.download()
    elif may_go(url, owner.origin, by_person=action.is_user_gesture()):
        decision.use()
    else:
        decision.ignore()
    return True


def open_window(view: Any, action: Any, owner: Owner) -> None:
    """There are none: the app answers nobody but this window, so a page of its own goes to the window that is there."""
    url = action.get_request().get_uri()
    if may_go(url, owner.origin):
        view.load_uri(url)


def go_back(view: Any, origin: str) -> None:
    """Show the page before, if it is the app's: the splash is not to come again."""
    if (before := view.get_back_forward_list().get_back_item()) and is_own(before.get_uri(), origin):
        view.go_back()


def go_back_on(event: Any, view: Any, owner: Owner) -> bool:
    """The key that every browser has for it; Toga would ask for the one of the number pad."""
    from gi.repository import Gdk

    is_it = event.keyval == Gdk.KEY_Left and event.state & Gdk.ModifierType.MOD1_MASK
    if is_it:
        go_back(view, owner.origin)
    return bool(is_it)


def is_attachment(response: Any) -> bool:
    """Whether the app wants it to be saved and not to be shown."""
    headers = response.get_http_headers()
    return bool(headers) and (headers.get_one("Content-Disposition") or "").lower().startswith("attachment")


def ask(download: Any, name: str, owner: Owner) -> bool:
    """Have a person decide where a download goes."""

    def save(path: Path | None) -> None:
        if path is None:
            download.cancel()
        else:
            download.connect("failed", lambda _download, _error: owner.tell_not_saved(name, path))
            download.set_allow_overwrite(True)  # The dialog has asked.
            download.set_destination(path.as_uri())

    owner.ask_where(name or "download", save)
    return True
