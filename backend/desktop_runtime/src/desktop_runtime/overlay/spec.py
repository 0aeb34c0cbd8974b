"""`desktop-overlay.json`: what staging wrote down of `[backend]` in dds.toml, and the placeholders in it.

The file lies in the bundle folder, beside the manifest. Its keys are those of dds.toml; an unknown one is refused,
because what is silently ignored would show up on somebody else's computer.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured

from .. import paths

FILE = "desktop-overlay.json"
SCHEMA = 1
KEYS: dict[str, type | tuple[type, ...]] = {
    "settings-module": str,
    "root": str,
    "source-roots": list,
    "static-root": str,
    "env": dict,
    "overlay": dict,
    "settings-file": str,
    "account": str,
    "first-run": list,
    "every-start": list,
    "worker": (list, str, bool),
    "start-path": str,
    "version": str,
    "seed": dict,
}


class Spec(NamedTuple):
    """The file, read, and the folders that its placeholders stand for."""

    values: dict[str, Any]
    data: Path
    bundle: Path
    port: str
    secret: str

    @property
    def root(self) -> Path:
        """The project's own folder, `{root}`: what a relative path in its settings is relative to."""
        return self.bundle / str(self.values.get("root", "."))

    @property
    def static(self) -> Path:
        """The collected static files, `{static}`."""
        return self.bundle / str(self.values.get("static-root", "staticfiles"))

    def filled(self, value: Any) -> Any:
        """The value with its placeholders filled in, in tables and lists, too."""
        if isinstance(value, dict):
            return {name: self.filled(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        return self._text(value) if isinstance(value, str) else value

    def prepare_process(self) -> None:
        """Put the project's folders on the import path and its variables into the environment."""
        for folder in reversed(self.values.get("source-roots", [])):
            place = str(self.bundle / folder)
            if place not in sys.path:
                sys.path.insert(0, place)
        # Whatever this computer has set under such a name was not meant for this program.
        os.environ.update({name: str(self.filled(value)) for name, value in self.values.get("env", {}).items()})

    def _text(self, text: str) -> str:
        # In an address a blank or a "#" of a folder's name would end the path.
        is_address = "://" in text
        for name in ("data", "static", "root"):
            if f"{{{name}}}" in text:
                folder: Path = getattr(self, name)
                text = text.replace(f"{{{name}}}", quote(folder.as_posix(), safe="/:") if is_address else str(folder))
        return text.replace("{port}", self.port).replace("{secret}", self.secret)


def read() -> Spec:
    """The file of this bundle; raise ImproperlyConfigured with the remedy when it can't be used."""
    bundle = Path(paths.variable(paths.BUNDLE_DIR) or Path.cwd())
    file = bundle / FILE
    try:
        values = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"{file} can't be read ({error}). Stage the project again.") from error
    return Spec(
        _checked(values, file),
        data=Path(_required(paths.APP_DATA_DIR)),
        bundle=bundle.absolute(),
        port=paths.variable(paths.PORT) or "0",
        secret=_required(paths.SECRET_KEY),
    )


def _checked(values: Any, file: Path) -> dict[str, Any]:
    if not isinstance(values, dict) or values.get("schemaVersion") != SCHEMA:
        raise ImproperlyConfigured(f'{file} has another format than this runtime reads ("schemaVersion": {SCHEMA}).')
    rest = {name: value for name, value in values.items() if name != "schemaVersion"}
    if unknown := sorted(set(rest) - set(KEYS)):
        raise ImproperlyConfigured(
            f"{file} has no key {', '.join(map(repr, unknown))}. Its keys are: {', '.join(sorted(KEYS))}."
        )
    if wrong := [name for name, value in rest.items() if not isinstance(value, KEYS[name])]:
        raise ImproperlyConfigured(f"{file}: the value of {wrong[0]!r} is of the wrong kind: {rest[wrong[0]]!r}.")
    if "settings-module" not in rest:
        raise ImproperlyConfigured(f"{file} lacks 'settings-module', the project's own settings.")
    return rest


def _required(name: str) -> str:
    value = paths.variable(name)
    if value is None:
        raise ImproperlyConfigured(f"The environment variable {name} is not set. `python -m desktop_runtime` sets it.")
    return value
