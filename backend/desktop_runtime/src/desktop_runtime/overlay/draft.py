"""The settings while they are being made, with a note of each change."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import global_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .spec import Spec

CONTAINERS = (tuple, set, frozenset)


class Change(NamedTuple):
    """One setting that is no longer what the project says."""

    rule: str
    setting: str
    before: Any
    after: Any
    why: str


class Draft:
    """Settings by their names. A rule asks with `get` and changes with `set`."""

    def __init__(self, settings: Mapping[str, Any], spec: Spec) -> None:
        self.settings = dict(settings)
        self.project = dict(settings)
        """What the project itself says."""
        self.spec = spec
        self.changes: list[Change] = []
        self._rule, self._why = "", ""

    def get(self, name: str, default: Any = None) -> Any:
        """The setting, or Django's own default, or `default`."""
        return self.settings.get(name, getattr(global_settings, name, default))

    def table(self, name: str) -> dict[str, Any]:
        """A setting that is a dict; an empty one when it is not set."""
        value = self.get(name)
        return dict(value) if isinstance(value, dict) else {}

    def set(self, name: str, value: Any) -> None:
        """Change a setting, and note that. What it is already stays as it is."""
        before = self.get(name)
        if type(before) is type(value) and before == value:
            return
        self.settings[name] = value
        self.changes.append(Change(self._rule, name, before, value, self._why))

    def apply(self, rule: Callable[[Draft], None]) -> None:
        """Have one rule do its work. The first sentence of its docstring is the reason that the report gives."""
        self._rule = rule.__name__
        self._why = (rule.__doc__ or "").partition(".")[0]
        rule(self)

    def merge(self, tables: Mapping[str, Any]) -> None:
        """Lay values over the settings: tables are merged, everything else replaces what was there."""
        self._rule, self._why = "overlay", "dds.toml says so"
        for name, value in tables.items():
            self.set(name, merged(self.get(name), value))


def merged(present: Any, over: Any) -> Any:
    """`over` laid over `present`, which keeps its type: a Path stays a Path and a tuple a tuple."""
    if isinstance(present, dict) and isinstance(over, dict):
        return {**present, **{name: merged(present.get(name), value) for name, value in over.items()}}
    if isinstance(present, PurePath) and isinstance(over, str):
        return type(present)(over)
    if isinstance(present, timedelta) and isinstance(over, (int, float)) and not isinstance(over, bool):
        return timedelta(seconds=over)
    if isinstance(over, list):
        for kind in CONTAINERS:
            if isinstance(present, kind):
                return kind(over)
    return over
