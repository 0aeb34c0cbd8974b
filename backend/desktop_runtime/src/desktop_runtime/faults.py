"""What can go wrong in a launch and is told to a person: a short title and one or two sentences with the cause."""

from __future__ import annotations

import re


class Text(str):
    """English for a person. It keeps what it was made of, so that `words` can say it in another language."""

    def __new__(cls, template: str, /, **values: object) -> Text:  # noqa: PYI034 - Self is of a newer Python
        """Put `values` in the place of the names in braces."""
        made = super().__new__(cls, fill(template, values))
        made.template, made.values = template, values
        return made

    template: str
    values: dict[str, object]

    def __add__(self, other: str) -> Text:
        return Text("{first}{then}", first=self, then=other)


class LaunchError(Exception):
    """An expected reason not to start. `title` heads the shell's dialog, `detail` is its text, as of `Text`."""

    def __init__(self, title: str, detail: str, /, **values: object) -> None:
        self.title = title
        self.detail = Text(detail, **values) if values else detail
        super().__init__(f"{title}: {self.detail}")


def fill(template: str, values: dict[str, object]) -> str:
    """The text with its values."""
    return re.sub(r"\{(\w+)\}", lambda name: str(values.get(name[1], name[0])), template)


def reason(error: BaseException) -> str:
    """The error in a few words, without a traceback: the operating system's own words where there are some."""
    if isinstance(error, OSError) and error.strerror:
        place = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{place}"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
