"""Reading environment variables; an empty value counts as unset everywhere."""

import os

from django.core.exceptions import ImproperlyConfigured


def optional(name: str) -> str | None:
    """The value of a variable, or None when it is unset or empty."""
    return os.environ.get(name) or None


def required(name: str) -> str:
    """The value of a variable without which the settings make no sense."""
    value = optional(name)
    if value is None:
        raise ImproperlyConfigured(f"The environment variable {name} is not set, and there is no default for it.")
    return value
