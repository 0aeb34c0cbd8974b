"""Find in page: a bar above the page, until it is closed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import toga

from .words import word

if TYPE_CHECKING:
    from .browser import Owner

# Wraps around. What is found is selected, so a longer word is looked for where the shorter one was.
SCRIPT = "{again}window.find({text}, false, {backwards}, true)"
FROM_HERE = "getSelection().rangeCount && getSelection().collapseToStart(); "


class FindBar:
    """Above `web`, in `content`; asked for once more it takes the next word."""

    def __init__(self, content: toga.Box, web: toga.WebView, owner: Owner) -> None:
        """Not shown yet."""
        self._content, self._web, self._owner = content, web, owner
        self.text = toga.TextInput(
            flex=1, placeholder=word("Find in page"), on_change=self._changed, on_confirm=self._confirmed
        )
        previous = toga.Button("↑", on_press=lambda _: self._find(backwards=True))
        following = toga.Button("↓", on_press=lambda _: self._find())
        close = toga.Button("✕", on_press=lambda _: self.close())
        self._bar = toga.Box(children=[self.text, previous, following, close], gap=4, margin=4)

    def open(self) -> None:
        """Show it, ready for a word. The splash is no page to look in."""
        if not self._owner.origin:
            return
        if self._bar not in self._content.children:
            self._content.insert(0, self._bar)
        self.text.focus()

    def close(self) -> None:
        """Leave the page as it is."""
        if self._bar in self._content.children:
            self._content.remove(self._bar)

    def _changed(self, _text: toga.TextInput) -> None:
        self._find(again=FROM_HERE)

    def _confirmed(self, widget: toga.TextInput, **_kwargs: Any) -> None:  # noqa: ARG002 - as Toga calls it
        self._find()

    def _find(self, *, backwards: bool = False, again: str = "") -> None:
        if self.text.value:
            text = json.dumps(self.text.value)
            self._web.evaluate_javascript(SCRIPT.format(again=again, text=text, backwards=json.dumps(backwards)))
