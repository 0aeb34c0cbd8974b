"""How Django knows this app."""

from django.apps import AppConfig


class ExampleAppConfig(AppConfig):
    """My Ponies."""

    name = "example_app"
    verbose_name = "My Ponies"
