"""The app of the test project; counts its starts and does what real apps should not do but do."""

import os

from django.apps import AppConfig

from desktop_runtime.signals import runtime_starting


def note_the_start(**_kwargs: object) -> None:
    """A receiver of the runtime's signal."""
    from .models import Note

    Note.objects.create(text="started")


class NotesConfig(AppConfig):
    """Opens the database in ready(), which creates its file, and prints."""

    name = "notes"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Connect the receiver."""
        from django.db import connection

        connection.ensure_connection()
        runtime_starting.connect(note_the_start)
        if "TEST_QUIET" not in os.environ:
            print('{"event": "ready", "url": "http://printed.by.the.app/"}')  # noqa: T201
