"""The worker: it works until it is stopped."""

import time

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Takes its time."""

    def handle(self, *_args: object, **_options: object) -> None:
        """Graze."""
        while True:
            time.sleep(0.1)
