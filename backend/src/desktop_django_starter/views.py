"""The two pages that belong to the project rather than to an app: the health check and the splash."""

import base64
import functools
import hashlib
import os
import re
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.urls import resolve
from django.utils.csp import CSP, build_policy
from django.views import csrf
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
def health(_request: HttpRequest) -> JsonResponse:
    """Say that requests are answered. Reads no data, so it is quick and true on a locked database, too."""
    return JsonResponse({"status": "ok"})


@require_safe
def splash(_request: HttpRequest) -> HttpResponse:
    """The start-up page, exactly as the shells load it from disk."""
    page = _splash_page()
    return HttpResponse(page, headers={CSP.HEADER_ENFORCE: _policy_for_inline_styles(page)})


def server_error(_request: HttpRequest) -> HttpResponse:
    """The page for an error of the app's own, which says where the log is."""
    folder = os.environ.get("DESKTOP_DJANGO_APP_DATA_DIR")
    log = Path(folder, "logs", "desktop.log") if folder else None
    return HttpResponseServerError(render_to_string("500.html", {"log": log}))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of a page that has grown old. A card comes back with what was typed."""
    match = resolve(request.path_info)
    if match.view_name in ("example_app:item-create", "example_app:item-update"):
        from example_app.views import expired_card

        return expired_card(request, **match.kwargs)
    return csrf.csrf_failure(request, reason)


@functools.cache
def _splash_page() -> str:
    return render_to_string("splash.html")


def _policy_for_inline_styles(page: str) -> str:
    """A policy that allows the style sheets inside `page`, by their hashes, and nothing else."""
    digests = [hashlib.sha256(style.encode()).digest() for style in re.findall(r"<style>(.*?)</style>", page, re.S)]
    return build_policy(
        {
            "default-src": [CSP.NONE],
            "style-src": [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests],
            "base-uri": [CSP.NONE],
            "form-action": [CSP.NONE],
            "frame-ancestors": [CSP.NONE],
        }
    )
