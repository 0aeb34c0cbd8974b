"""`python -m desktop_runtime --explain`: what the overlay changed in a project's settings, and why. Never a secret."""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from .. import paths, redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .draft import Draft

STAND_IN_KEY = "a-key-that-only-explain-uses-in-place-of-the-one-of-an-installation"


class Line(NamedTuple):
    """One value that differs, somewhere in a setting."""

    rule: str
    setting: str
    before: str
    after: str
    why: str


def report(draft: Draft) -> list[Line]:
    """Each value that is no longer the project's, in the order in which the rules were applied."""
    return [
        Line(change.rule, setting, _worded(before, setting, draft), _worded(after, setting, draft), change.why)
        for change in draft.changes
        for setting, before, after in _differences(change.setting, change.before, change.after)
    ]


def main(out: TextIO, *, as_json: bool) -> int:
    """Print the report of this bundle's overlay; needs no app data."""
    os.environ[paths.SETTINGS_MODULE] = __package__ or ""
    os.environ.setdefault(paths.SECRET_KEY, STAND_IN_KEY)
    with tempfile.TemporaryDirectory() as throw_away:
        os.environ.setdefault(paths.APP_DATA_DIR, throw_away)
        from .compose import composed

        draft = composed()
        lines = report(draft)
    if as_json:
        out.write(json.dumps([line._asdict() for line in lines], indent=2) + "\n")
    else:
        out.write(f"{draft.spec.values['settings-module']}: {len(lines)} values are another on the desktop\n")
        for line in lines:
            out.write(f"\n{line.setting}\n    {line.before} -> {line.after}\n    {line.why} ({line.rule})\n")
    out.close()
    return 0


def _differences(name: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """The places at which two values differ, tables looked into."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            if before.get(key) != after.get(key):
                yield from _differences(f"{name}.{key}", before.get(key), after.get(key))
    else:
        yield name, before, after


def _worded(value: Any, setting: str, draft: Draft) -> str:
    if any(redact.is_secret(part) for part in setting.split(".")) and value not in (None, "", [], False, True):
        return redact.STARS
    spec = draft.spec
    text = repr(redact.shown(value)).replace(spec.secret, redact.STARS)
    for name, folder in (("data", spec.data), ("static", spec.static), ("root", spec.root)):
        # In a text the backslashes of Windows are doubled; a path is written without them.
        for written in (repr(str(folder))[1:-1], folder.as_posix()):
            text = text.replace(written, f"{{{name}}}")
    return text
