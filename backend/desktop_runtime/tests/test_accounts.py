"""The one user of an installation: made on the first start, logged in by the window's token, without a password."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from launch import Installation, Launched

SETTINGS = """
from notebook import *
import json, os
INSTALLED_APPS += ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "people"]
INSTALLED_APPS += json.loads(os.environ.get("TEST_APPS", "[]"))
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
    "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                           "django.contrib.messages.context_processors.messages"]}}]
AUTH_USER_MODEL = os.environ.get("TEST_USER", "auth.User")
ROOT_URLCONF = "people.urls"
DESKTOP_RUNTIME = {"ACCOUNT": "owner", **json.loads(os.environ.get("TEST_DESKTOP_RUNTIME", "{}"))}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
"""
MODELS = """
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

class Mailed(AbstractBaseUser):
    email = models.EmailField(unique=True)
    USERNAME_FIELD = "email"
    objects = BaseUserManager()

class Named(AbstractBaseUser):
    login = models.CharField(max_length=50, unique=True)
    first_name = models.CharField(max_length=50)
    last_name = models.CharField(max_length=50)
    USERNAME_FIELD = "login"
    REQUIRED_FIELDS = ["first_name", "last_name"]
    objects = BaseUserManager()

class Strict(AbstractBaseUser):
    login = models.CharField(max_length=50, unique=True)
    birthday = models.DateField()
    phone = models.CharField(max_length=20)
    nickname = models.CharField(max_length=20, blank=True)
    USERNAME_FIELD = "login"
    REQUIRED_FIELDS = ["birthday", "phone"]
    objects = BaseUserManager()
"""
PROFILES = """
import logging, os
from django.db.models.signals import post_save
from django.dispatch import receiver

@receiver(post_save, sender="auth.User")
def make_profile(instance, created, **kwargs):
    if os.environ.get("TEST_REFUSES"):
        raise LookupError("no profile today")
    if created:
        logging.getLogger("people").warning("profile of %s", instance.username)
"""
URLS = """
from django.apps import apps
from django.contrib.auth import get_user_model, logout
from django.http import JsonResponse
from django.urls import path

def who(request):
    user = request.user
    users = get_user_model()._default_manager.all()
    return JsonResponse({
        "name": user.get_username(),
        "staff": getattr(user, "is_staff", None), "may": getattr(user, "is_superuser", None),
        "password": bool(users) and any(one.has_usable_password() for one in users), "users": len(users),
    })

urlpatterns = [path("", who)]
if apps.is_installed("django.contrib.admin"):
    from django.contrib import admin
    urlpatterns.append(path("admin/", admin.site.urls))
"""
MAKES_A_USER = """
import datetime
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

class Command(BaseCommand):
    def handle(self, **options):
        get_user_model().objects.create(login="ann", birthday=datetime.date(1990, 1, 1), phone="1", password="!")
"""
TOKEN = "a-token-that-only-the-window-knows"
ADMIN = '["django.contrib.admin", "django.contrib.messages"]'


@pytest.fixture
def accounts(installation: Installation) -> Installation:
    """A project with accounts."""
    package = installation.project / "people"
    (package / "management" / "commands").mkdir(parents=True)
    for folder in (package, package / "management", package / "management" / "commands"):
        (folder / "__init__.py").touch()
    (package / "settings.py").write_text(SETTINGS)
    (package / "models.py").write_text(MODELS)
    (package / "urls.py").write_text(URLS)
    (package / "management" / "commands" / "make_ann.py").write_text(MAKES_A_USER)
    installation.environment |= {"DJANGO_SETTINGS_MODULE": "people.settings", "DESKTOP_DJANGO_AUTH_TOKEN": TOKEN}
    return installation


def who(launched: Launched, **headers: str) -> dict[str, object]:
    """Who the app takes the window for."""
    status, body = launched.get("/", X_Desktop_Django_Token=TOKEN, **headers)
    assert status == 200
    told: dict[str, object] = json.loads(body)
    return told


def test_the_window_is_the_owner_on_each_start(accounts: Installation) -> None:
    expected = {"name": "owner", "staff": False, "may": True, "password": False, "users": 1}
    for _ in range(2):
        launched = accounts.start()
        assert who(launched) == who(launched) == expected
        assert launched.get("/")[0] == 403
        launched.stop()


def test_where_the_admin_is_the_owner_may_use_it(accounts: Installation) -> None:
    launched = accounts.start(TEST_APPS=ADMIN)
    assert who(launched)["staff"] is True
    status, body = launched.get("/admin/", X_Desktop_Django_Token=TOKEN)
    assert (status, "Site administration" in body) == (200, True)
    launched.stop()


def test_without_a_token_nobody_is_logged_in(accounts: Installation) -> None:
    """Every program on the computer may ask then."""
    launched = accounts.start(DESKTOP_DJANGO_AUTH_TOKEN="")
    assert who(launched)["name"] == ""
    launched.stop()


def test_no_client_can_say_that_it_is_the_person(accounts: Installation) -> None:
    launched = accounts.start(DESKTOP_DJANGO_AUTH_TOKEN="")
    assert who(launched, **{"desktop_runtime.person": "1", "Desktop_Runtime_Person": "True"})["name"] == ""
    launched.stop()


def test_accounts_of_the_project_are_left_alone(accounts: Installation) -> None:
    launched = accounts.start(TEST_DESKTOP_RUNTIME='{"ACCOUNT": "project"}')
    assert who(launched) == {"name": "", "staff": False, "may": False, "password": False, "users": 0}
    launched.stop()


def test_a_user_that_is_a_mail_address(accounts: Installation) -> None:
    launched = accounts.start(TEST_USER="people.Mailed")
    assert who(launched)["name"] == "owner@localhost"
    launched.stop()


def test_a_user_that_needs_names_has_them(accounts: Installation) -> None:
    launched = accounts.start(TEST_USER="people.Named")
    assert who(launched)["name"] == "owner"
    launched.stop()


def test_a_user_that_takes_more_is_made_by_a_command(accounts: Installation) -> None:
    failed = accounts.fail(TEST_USER="people.Strict")
    assert "people.Strict also needs birthday, phone" in failed["detail"]
    assert "management command" in failed["detail"]
    commands = '{"FIRST_RUN_COMMANDS": [["make_ann"]]}'
    launched = accounts.start(TEST_USER="people.Strict", TEST_DESKTOP_RUNTIME=commands)
    assert who(launched) == {"name": "ann", "staff": None, "may": None, "password": False, "users": 1}
    launched.stop()


def test_a_user_that_a_receiver_of_signals_refuses_is_made_by_the_next_start(accounts: Installation) -> None:
    """Half a user would be taken for the owner, whose profile is then missing for good."""
    models = accounts.project / "people" / "models.py"
    models.write_text(MODELS + PROFILES)
    failed = accounts.fail(TEST_REFUSES="1")
    assert "no profile today" in failed["detail"], failed
    launched = accounts.start()
    assert who(launched)["users"] == 1
    assert "profile of owner" in accounts.log
    launched.stop()


def test_a_project_without_accounts_is_told(installation: Installation) -> None:
    failed = installation.fail(TEST_DESKTOP_RUNTIME='{"ACCOUNT": "owner"}')
    assert "django.contrib.auth is not in INSTALLED_APPS" in failed["detail"]
