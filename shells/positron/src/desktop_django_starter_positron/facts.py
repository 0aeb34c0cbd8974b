"""What dds.toml says, and where things are: the same in a checkout and in an installed program.

Briefcase puts dds.toml, the folder with the backend's sources and the runtime beside this package, see pyproject.toml.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME = "dds.toml"


class Facts(NamedTuple):
    """What this shell is around."""

    title: str
    """For people."""
    identifier: str
    """Reverse-domain identifier."""
    settings_module: str
    """The settings of the packaged program. Here there are no others."""
    sources: Path
    """The folder that goes on the import path for the app."""
    words: Path
    """The words of menus and dialogs in other languages."""
    runtime: Path
    """The folder that goes on the import path for `desktop_runtime`."""
    is_installed: bool
    """Not run from a checkout."""

    @property
    def splash(self) -> Path | None:
        """The page to be seen until the app answers, if the project has one."""
        template = self.sources / self.settings_module.partition(".")[0] / "templates" / "splash.html"
        return template if template.is_file() else None


PACKAGE = Path(__file__).resolve().parent


def read(package: Path = PACKAGE) -> Facts:
    """Find dds.toml above the package and read it."""
    file = next(path for folder in package.parents if (path := folder / FILE_NAME).is_file())
    given = tomllib.loads(file.read_text(encoding="utf-8"))
    project, backend = given["project"], given["backend"]
    folders = [file.parent / backend.get("root", "backend") / root for root in backend.get("source-roots", ["."])]
    is_installed = file.parent == package.parent
    if is_installed:
        folders = [file.parent / folder.name for folder in folders]
    # The folder of manage.py is among them when `adopt` wrote them.
    top = backend["settings-module"].partition(".")[0]
    with_settings = (folder for folder in folders if (folder / top).exists() or (folder / f"{top}.py").exists())
    return Facts(
        title=project["title"],
        identifier=project["identifier"],
        settings_module=backend["settings-module"],
        sources=next(with_settings, folders[0]),
        words=(file.parent if is_installed else file.parent / "shells") / "words.json",
        runtime=file.parent if is_installed else file.parent / "backend" / "desktop_runtime" / "src",
        is_installed=is_installed,
    )


def data_folder(facts: Facts, environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where the app's data is: the same folder as under Electron. A checkout has one of its own."""
    home = Path(environ.get("HOME") or Path.home())
    match platform:
        case "darwin":
            base = home / "Library" / "Application Support"
        case "win32":
            base = Path(environ.get("APPDATA") or home / "AppData" / "Roaming")
        case _:
            base = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return base / (facts.identifier + ("" if facts.is_installed else ".development"))
