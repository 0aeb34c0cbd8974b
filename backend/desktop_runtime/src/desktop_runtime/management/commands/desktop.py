"""`manage.py desktop` by way of Django's own command discovery, where manage.py has no faster route to the launcher."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from desktop_runtime import launcher


class Command(BaseCommand):
    """Run the project as a desktop program, for a shell that speaks the launcher protocol.

    Django has imported the settings and set up the apps by now. A project whose settings use the port or the generated
    secret key, or whose apps print while they start, wants `python -m desktop_runtime` instead."""

    help = "Serve the project to a desktop shell: JSON events on stdout, ends when stdin closes."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Hand over to the launcher; its exit code is the command's."""
        sys.exit(launcher.main())
