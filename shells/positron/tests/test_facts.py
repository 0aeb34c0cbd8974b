"""One set of facts: dds.toml and the backend's; what Briefcase is told must not differ."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from desktop_django_starter_positron import facts
from programs import MEADOW, REPOSITORY, SHELL, TOGA, brings_toga

FIX = "edit shells/positron/pyproject.toml"


def toml(path: str) -> dict[str, Any]:
    """A file of the repository."""
    return tomllib.loads((REPOSITORY / path).read_text(encoding="utf-8"))


def app() -> tuple[dict[str, Any], str, dict[str, Any]]:
    """What Briefcase is told in general, the name of the app, and what it is told of it."""
    briefcase = toml("shells/positron/pyproject.toml")["tool"]["briefcase"]
    ((name, given),) = briefcase["app"].items()
    return briefcase, name, given


def version() -> str:
    """The backend's version, which may stand in a module of its own."""
    given = toml("backend/pyproject.toml")
    if "version" in given["project"]:
        return str(given["project"]["version"])
    module = REPOSITORY / "backend" / given["tool"]["hatch"]["version"]["path"]
    found = re.search(r'^__version__ = "(.+)"', module.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, module
    return found[1]


def test_briefcase_uses_the_names_of_the_project() -> None:
    briefcase, name, given = app()
    project = toml("dds.toml")["project"]
    assert briefcase["project_name"] == project["name"], FIX
    assert given["formal_name"] == project["title"], FIX
    assert name == f"{project['name']}-positron", FIX
    assert f"{briefcase['bundle']}.{project['name']}" == project["identifier"], FIX
    assert briefcase["version"] == version(), FIX


@pytest.mark.skipif(not brings_toga(), reason=f"needs {TOGA}")
def test_briefcase_finds_package_backend_facts_and_runtime() -> None:
    _, name, given = app()
    package, backend, file, words, runtime = (SHELL / source for source in given["sources"])
    assert package.name == name.replace("-", "_")
    assert (package / "__main__.py").is_file()
    assert backend.resolve() == facts.read().sources.resolve(), FIX
    assert file.resolve() == REPOSITORY / "dds.toml", FIX
    assert words.resolve() == facts.read().words.resolve(), FIX
    assert words.is_file()
    assert runtime.resolve() == facts.read().runtime.resolve() / "desktop_runtime", FIX


def test_a_checkout_has_data_of_its_own() -> None:
    found = facts.read()
    assert not found.is_installed
    assert (found.runtime / "desktop_runtime").is_dir()
    assert facts.data_folder(found, {"HOME": "/h"}, "linux") == Path("/h/.config") / f"{found.identifier}.development"


def test_an_installed_program_finds_everything_beside_its_package(tmp_path: Path) -> None:
    package = tmp_path / "app" / "package"
    package.mkdir(parents=True)
    shutil.copy(MEADOW / "dds.toml", package.parent)
    found = facts.read(package)
    assert found.is_installed
    assert found.sources == tmp_path / "app" / "src"
    assert found.runtime == tmp_path / "app"
    assert found.words == tmp_path / "app" / "words.json"
    assert found.splash is None
    splash = found.sources / found.settings_module.partition(".")[0] / "templates" / "splash.html"
    splash.parent.mkdir(parents=True)
    splash.touch()
    assert found.splash == splash


def test_of_several_folders_the_one_with_the_settings_counts(tmp_path: Path) -> None:
    lines = ["[project]", 'title = "T"', 'identifier = "org.t"', "[backend]", 'source-roots = [".", "src"]']
    (tmp_path / "dds.toml").write_text("\n".join([*lines, 'settings-module = "shop.settings"', ""]))
    package = tmp_path / "shells" / "positron" / "src" / "package"
    backend = tmp_path / "backend"
    (backend / "src" / "shop").mkdir(parents=True)
    assert facts.read(package).sources == backend / "src"
    (backend / "shop").mkdir()
    assert facts.read(package).sources == backend, "the first one that has them"


def test_only_a_lock_with_toga_can_be_packaged(tmp_path: Path) -> None:
    dds = tmp_path / "dds.toml"
    dds.write_text('[backend]\nroot = "shop"\n')
    assert not brings_toga(dds), "there is no lock"
    (tmp_path / "shop").mkdir()
    lock = tmp_path / "shop" / "uv.lock"
    lock.write_text('version = 1\n[[package]]\nname = "toga-cored"\n')
    assert not brings_toga(dds)
    lock.write_text('version = 1\n[[package]]\nname = "toga-core"\n')
    assert brings_toga(dds)


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {"HOME": "/h"}, "/h/.config/{}"),
        ("linux", {"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/x/{}"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Application Support/{}"),
        ("win32", {"HOME": "/h", "APPDATA": "/roaming"}, "/roaming/{}"),
        ("win32", {"HOME": "/h"}, "/h/AppData/Roaming/{}"),
    ],
)
def test_data_lies_where_each_system_has_it(platform: str, environ: dict[str, str], expected: str) -> None:
    found = facts.read()._replace(is_installed=True)
    assert facts.data_folder(found, environ, platform) == Path(expected.format(found.identifier))
