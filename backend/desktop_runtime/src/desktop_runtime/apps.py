"""Django's registration of the runtime: its `desktop` command. No models, nothing done at start-up."""

from django.apps import AppConfig


class DesktopRuntimeConfig(AppConfig):
    """Makes the `desktop` management command and the runtime's settings known to a project."""

    name = "desktop_runtime"
    verbose_name = "Desktop runtime"
