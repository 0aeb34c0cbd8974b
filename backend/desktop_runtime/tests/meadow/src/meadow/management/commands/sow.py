"""What a new installation begins with."""

from django.core.management.base import BaseCommand

from meadow.models import Plant


class Command(BaseCommand):
    """Sows three plants."""

    def handle(self, *_args: object, **_options: object) -> None:
        """Sow."""
        for title in ("Red Clover", "White Clover", "Sweet Clover"):
            Plant.objects.create(title=title, notes="Green.")
