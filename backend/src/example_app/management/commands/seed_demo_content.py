"""`python manage.py seed_demo_content`: the first ponies, once."""

from django.core.management.base import BaseCommand

from example_app.demo_content import FIRST_RUN_PONIES, seed_first_run_ponies


class Command(BaseCommand):
    """Thin wrapper; the rule lives in `example_app.demo_content`."""

    help = "Put the first ponies into a stable that is empty and never had any. Safe to run again."

    def handle(self, *_args: object, **_options: object) -> None:
        """Seed, and say in one line what happened."""
        if seed_first_run_ponies():
            self.stdout.write(f"{len(FIRST_RUN_PONIES)} ponies moved in.")
        else:
            self.stdout.write("Nothing to do: this stable has been lived in before.")
