"""What can go wrong in a launch and is told to a person: a short title and one or two sentences with the cause."""

from __future__ import annotations


class LaunchError(Exception):
    """An expected reason not to start. `title` heads the shell's dialog, `detail` is its text."""

    def __init__(self, title: str, detail: str) -> None:
        super().__init__(f"{title}: {detail}")
        self.title = title
        self.detail = detail


def reason(error: BaseException) -> str:
    """The error in a few words, without a traceback: the operating system's own words where there are some."""
    if isinstance(error, OSError) and error.strerror:
        place = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{place}"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
