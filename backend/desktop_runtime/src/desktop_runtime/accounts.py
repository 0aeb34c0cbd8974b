"""`account = "owner"`: one person uses the app, so there is one user, and the window is logged in as that user.

The window has shown that it is the person's by its token. So nobody needs a password, and none is set: no other program
on the computer can log in with one that everybody knows. With `account = "project"` nothing of this happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .faults import LaunchError
from .gate import PERSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import Field
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

NAME = "owner"
MAIL = "owner@localhost"
AUTH_APP, ADMIN_APP = "django.contrib.auth", "django.contrib.admin"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def install() -> None:
    """Put the middleware below into the settings, right after the one that says who somebody is."""
    from django.conf import settings

    middleware = list(settings.MIDDLEWARE)
    if AUTHENTICATION not in middleware:
        raise LaunchError("There are no accounts", f'ACCOUNT is "owner", and MIDDLEWARE lacks {AUTHENTICATION}.')
    middleware.insert(middleware.index(AUTHENTICATION) + 1, f"{__name__}.OwnerMiddleware")
    settings.MIDDLEWARE = middleware


class OwnerMiddleware:
    """Logs the person's window in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Without a token any program on the computer may ask: it is nobody.
        if request.META.get(PERSON) and not request.user.is_authenticated:
            _log_in(request)
        return self._get_response(request)


def owner() -> AbstractBaseUser:
    """The one user of this installation; made if there is none. Raises LaunchError when that takes more than a name."""
    from django.apps import apps
    from django.contrib.auth import get_user_model

    if not apps.is_installed(AUTH_APP):
        raise LaunchError("There are no accounts", f'ACCOUNT is "owner", and {AUTH_APP} is not in INSTALLED_APPS.')
    model = get_user_model()
    users = model._default_manager.order_by("pk")
    # A command of the project may have made the user; then it has more rights than others.
    if _has(model, "is_superuser"):
        users = users.order_by("-is_superuser", "pk")
    if _has(model, "is_active"):
        users = users.filter(is_active=True)
    return users.first() or _made(model, has_admin=apps.is_installed(ADMIN_APP))


def backend() -> str:
    """The path of what logs that user in: Django's own where the project has it."""
    from django.conf import settings

    backends: list[str] = list(settings.AUTHENTICATION_BACKENDS)
    return BACKEND if BACKEND in backends else backends[0]


def _log_in(request: HttpRequest) -> None:
    from django.contrib.auth import login

    # A type checker knows the model of the project that it looks at, which may be any.
    user: Any = owner()
    if hasattr(request, "session"):
        login(request, user, backend=backend())
    else:
        request.user = user


def _made(model: type[AbstractBaseUser], *, has_admin: bool) -> AbstractBaseUser:
    from django.db import router, transaction

    named = {field.name: _value(field, model) for field in model._meta.concrete_fields}
    values: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    rights = {"is_superuser": True, "is_staff": has_admin}
    values |= {name: given for name, given in rights.items() if _has(model, name)}
    missing = [field.name for field in model._meta.concrete_fields if _is_needed(field) and field.name not in values]
    if missing:
        label = model._meta.label
        raise LaunchError(
            "The app's user can't be made",
            f"{label} also needs {', '.join(missing)}. Write a management command that makes the user, name it in "
            "first-run of dds.toml (FIRST_RUN_COMMANDS of DESKTOP_RUNTIME), and it is taken as the owner.",
        )
    user = model(**values)
    user.set_unusable_password()
    # What receivers of its signals make is part of it. Half a user would be taken for the owner by the next start.
    with transaction.atomic(using=router.db_for_write(model)):
        user.save()
    return user


def _value(field: Field[Any, Any], model: type[AbstractBaseUser]) -> str | None:
    """What the owner has in a field; None for the field's own default."""
    kind = field.get_internal_type()
    is_name = field.name == getattr(model, "USERNAME_FIELD", "")
    # A first name, a last name: what people call somebody.
    is_name = is_name or (field.name.endswith("name") and _is_needed(field) and not field.choices)
    if kind == "EmailField" or (kind == "CharField" and field.name == "email"):
        return MAIL if is_name or _is_needed(field) else None
    return NAME if is_name and kind in ("CharField", "TextField", "SlugField") else None


def _is_needed(field: Field[Any, Any]) -> bool:
    """Whether a row can't be made without it."""
    automatic = field.primary_key and field.get_internal_type().endswith("AutoField")
    automatic = automatic or getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return not (automatic or field.null or field.blank or field.has_default() or field.name == "password")


def _has(model: type[AbstractBaseUser], name: str) -> bool:
    return any(field.name == name for field in model._meta.concrete_fields)
