"""Small projects as people have them, which know nothing of the desktop: each a settings module and its files."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COMMON = """
    import os
    from pathlib import Path
    BASE_DIR = Path(__file__).resolve().parent.parent
    SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "a-committed-key")
    DEBUG = False
    ALLOWED_HOSTS = ["*"]
    STATIC_URL = "static/"
    MEDIA_URL = "media/"
    INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.staticfiles", "pages"]
    MIDDLEWARE = []
    ROOT_URLCONF = "pages.urls"
    DATABASES = {"default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(os.environ["DESKTOP_DJANGO_APP_DATA_DIR"]) / "db.sqlite3",
    }}
"""

URLS = """
    from django.conf import settings
    from django.http import HttpResponse
    from django.urls import path, re_path
    from django.views.static import serve
    from .models import Page

    def pages(request):
        if request.method == "POST":
            Page.objects.create(title=request.POST["title"])
        return HttpResponse("pages: " + ", ".join(Page.objects.values_list("title", flat=True)))

    urlpatterns = [
        path("", pages),
        path("health/", lambda request: HttpResponse("ok")),
        re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.BASE_DIR / "media"}),
    ]
"""

MODELS = """
    from django.db import models

    class Page(models.Model):
        id = models.AutoField(primary_key=True)
        title = models.CharField(max_length=50)
"""

SHAPES = {
    "as startproject makes it": """
        MIDDLEWARE = [
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.common.CommonMiddleware",
        ]
        WSGI_APPLICATION = "site_of_mine.wsgi.application"
    """,
    "without any middleware": "",
    "whitenoise, first of all": """
        STATIC_ROOT = Path(os.environ["DESKTOP_DJANGO_BUNDLE_DIR"]) / "staticfiles"
        MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]
    """,
    "a wsgi module that serves static files": """
        STATIC_ROOT = Path(os.environ["DESKTOP_DJANGO_BUNDLE_DIR"]) / "staticfiles"
        WSGI_APPLICATION = "site_of_mine.wsgi.application"
        WRAPS = True
    """,
    "whitenoise, and the token's middleware after it": """
        STATIC_ROOT = Path(os.environ["DESKTOP_DJANGO_BUNDLE_DIR"]) / "staticfiles"
        MIDDLEWARE = [
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "desktop_runtime.middleware.DesktopAuthMiddleware",
        ]
    """,
}

WSGI = """
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
    if getattr(settings, "WRAPS", False):
        from whitenoise import WhiteNoise
        application = WhiteNoise(application, root=settings.STATIC_ROOT, prefix="static/")
"""


def write(folder: Path, shape: str) -> None:
    """Write a project of this shape, with a static file and one of media, into a folder."""
    files = {
        "site_of_mine/__init__.py": "",
        "site_of_mine/settings.py": textwrap.dedent(COMMON) + textwrap.dedent(SHAPES[shape]),
        "site_of_mine/wsgi.py": WSGI,
        "pages/__init__.py": "",
        "pages/models.py": MODELS,
        "pages/urls.py": URLS,
        "staticfiles/pages/style.css": "p { color: teal }\n",
        "media/picture.txt": "a picture\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
