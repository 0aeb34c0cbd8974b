"""Keeps a helper for type checkers out of the shipped app.

django_tasks_db imports django_stubs_ext so that `Task[P, T]` may stand in its annotations. That package does as much
for every generic class of Django, and imports the admin, syndication feeds, sitemaps and sessions for it: seventy
modules, a tenth of the launch. What stands in here does it for the classes that django_tasks_db names.

An app whose own code has annotations like `ModelAdmin[Pony]` outside `TYPE_CHECKING` needs the real one: import
django_stubs_ext before this is called, or leave the call out of `settings.packaged`.
"""

import sys
from types import ModuleType

NAME = "django_stubs_ext"


def without_django_stubs_ext() -> None:
    """Take the name of django_stubs_ext, unless it is imported already."""
    if NAME not in sys.modules:
        stand_in = ModuleType(NAME, __doc__)
        stand_in.__dict__["monkeypatch"] = _make_task_classes_generic
        sys.modules[NAME] = stand_in


def _make_task_classes_generic() -> None:
    from django.tasks import base

    for generic in (base.Task, base.TaskContext, base.TaskResult):
        if not hasattr(generic, "__class_getitem__"):
            generic.__class_getitem__ = classmethod(lambda cls, *_types: cls)  # type: ignore[union-attr]
