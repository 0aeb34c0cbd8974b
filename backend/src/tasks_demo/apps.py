"""How Django knows this app, and what it does when the desktop app starts."""

from django.apps import AppConfig

from desktop_runtime.signals import runtime_starting


class TasksDemoConfig(AppConfig):
    """Stable Routines."""

    name = "tasks_demo"
    verbose_name = "Stable Routines"

    def ready(self) -> None:
        """Wait for the desktop runtime; a management command never sends this signal."""
        runtime_starting.connect(self.reconcile_stale_tasks, dispatch_uid="tasks_demo.reconcile_stale_tasks")

    @staticmethod
    def reconcile_stale_tasks(**_signal: object) -> None:
        """Close the routines that were underway when the app went away: their worker is gone, too."""
        from .reconcile import abandon_unfinished

        abandon_unfinished()
