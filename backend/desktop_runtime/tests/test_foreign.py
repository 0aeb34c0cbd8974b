"""The undocumented names of other packages: each is still there, or this says who moved it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from desktop_runtime import foreign

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

DISTRIBUTIONS = {"waitress": "waitress", "django": "Django", "django_tasks_db": "django-tasks-db"}


@pytest.mark.parametrize("name", foreign.PLACES)
def test_a_name_is_where_it_was(name: str, settings: SettingsWrapper) -> None:
    place = foreign.PLACES[name]
    package = place.partition(".")[0]
    if package == "django_tasks_db":
        pytest.importorskip("django_tasks_db")
        # Its modules want to be those of an app, also in a project that has no tasks.
        settings.INSTALLED_APPS = [*{*settings.INSTALLED_APPS, package}]
    release = f"{DISTRIBUTIONS[package]} {version(DISTRIBUTIONS[package])}"
    try:
        value = getattr(foreign, name)
    except (ImportError, AttributeError):
        pytest.fail(f"{release} has no {name} in {place} any more: desktop_runtime/foreign.py needs its new place")
    for attribute in foreign.ATTRIBUTES.get(name, ()):
        assert hasattr(value, attribute) or attribute in _set_by_instances(value), (
            f"{release} has no {place}.{name}.{attribute} any more"
        )


def test_no_other_module_reaches_into_them() -> None:
    for path in Path(foreign.__file__).parent.glob("*.py"):
        text = path.read_text()
        for place in foreign.PLACES.values():
            assert path.name == "foreign.py" or f"from {place} import" not in text, f"{path.name} imports from {place}"


def _set_by_instances(value: type) -> set[str]:
    """The attributes that a class's methods name."""
    return {name for kind in value.__mro__ for method in vars(kind).values() for name in _names(method)}


def _names(method: object) -> tuple[str, ...]:
    code = getattr(method, "__code__", None)
    return code.co_names if code is not None else ()
