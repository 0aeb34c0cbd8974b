"""First-run command: three notes. Waits in between when a test wants to interrupt it."""

import os
import time
from pathlib import Path

from django.core.management.base import BaseCommand
from django.db import transaction

from notes.models import Note


class Command(BaseCommand):
    """All or nothing."""

    def handle(self, **_options: object) -> None:
        """Make the notes."""
        with transaction.atomic():
            for text in ("one", "two", "three"):
                Note.objects.create(text=text)
            if marker := os.environ.get("TEST_SEED_WAITS"):
                Path(marker).touch()
                time.sleep(60)
        print("seeded")  # noqa: T201
