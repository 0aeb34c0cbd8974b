"""Rules for how pages are served: plain http on a loopback address, to one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .draft import Draft

LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
# What only holds behind https, and what it is on loopback.
HTTPS_ONLY: dict[str, Any] = {
    "SECURE_SSL_REDIRECT": False,
    "SECURE_HSTS_SECONDS": 0,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": False,
    "SECURE_HSTS_PRELOAD": False,
    "SECURE_PROXY_SSL_HEADER": None,
    "SESSION_COOKIE_SECURE": False,
    "CSRF_COOKIE_SECURE": False,
    "LANGUAGE_COOKIE_SECURE": False,
    "CSP_UPGRADE_INSECURE_REQUESTS": False,
    "ACCOUNT_DEFAULT_HTTP_PROTOCOL": "http",
}
COOKIES = ("SESSION_COOKIE", "CSRF_COOKIE", "LANGUAGE_COOKIE")
# A browser takes such names only over https.
SECURE_PREFIXES = ("__Secure-", "__Host-", "__Http-", "__Host-Http-")
CSP_NAMES = ("SECURE_CSP", "CONTENT_SECURITY_POLICY")
CSP_SETTINGS = (*CSP_NAMES, *(f"{name}_REPORT_ONLY" for name in CSP_NAMES))
UPGRADE = "upgrade-insecure-requests"

SECURITY = "django.middleware.security.SecurityMiddleware"
WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"


def no_debug(draft: Draft) -> None:
    """People see error pages, not the program's inside."""
    draft.set("DEBUG", False)


def plain_http(draft: Draft) -> None:
    """A loopback address has no https, so nothing may insist on it."""
    for name, value in HTTPS_ONLY.items():
        if name in draft.settings:
            draft.set(name, value)
    for cookie in COOKIES:
        same_site = draft.get(f"{cookie}_SAMESITE")
        if isinstance(same_site, str) and same_site.lower() == "none":
            draft.set(f"{cookie}_SAMESITE", "Lax")
        name = plain = draft.get(f"{cookie}_NAME")
        for prefix in sorted(SECURE_PREFIXES, key=len, reverse=True):
            plain = plain.removeprefix(prefix)
        if plain != name:
            draft.set(f"{cookie}_NAME", plain)
    for name in CSP_SETTINGS:
        if name in draft.settings:
            draft.set(name, _without_upgrade(draft.settings[name]))


def loopback_host(draft: Draft) -> None:
    """The program is reached by a loopback address alone, under no other name."""
    draft.set("ALLOWED_HOSTS", LOOPBACK_HOSTS)
    for cookie in COOKIES:
        draft.set(f"{cookie}_DOMAIN", None)
    for name in ("PREPEND_WWW", "USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT"):
        draft.set(name, False)
    draft.set("FORCE_SCRIPT_NAME", None)


def trusted_origin(draft: Draft) -> None:
    """A project that lists the origins it trusts trusts its window, too."""
    origins = draft.get("CSRF_TRUSTED_ORIGINS")
    own = f"http://127.0.0.1:{draft.spec.port}"
    if origins and own not in origins:
        draft.set("CSRF_TRUSTED_ORIGINS", type(origins)([*origins, own]))


def static_files_are_served(draft: Draft) -> None:
    """WhiteNoise serves the collected static files."""
    if "django.contrib.staticfiles" not in draft.get("INSTALLED_APPS"):
        return
    middleware = list(draft.get("MIDDLEWARE"))
    if WHITENOISE not in middleware:
        middleware.insert(middleware.index(SECURITY) + 1 if SECURITY in middleware else 0, WHITENOISE)
        draft.set("MIDDLEWARE", type(draft.get("MIDDLEWARE"))(middleware))
    # Both are for development: they look for files in the sources on each request.
    for name in ("WHITENOISE_AUTOREFRESH", "WHITENOISE_USE_FINDERS"):
        if draft.get(name):
            draft.set(name, False)


def nothing_is_compressed_later(draft: Draft) -> None:
    """django-compressor writes no files into the installed program: pages load the static files as they are."""
    if "compressor" in draft.get("INSTALLED_APPS") and not draft.settings.get("COMPRESS_OFFLINE"):
        draft.set("COMPRESS_ENABLED", False)


def _without_upgrade(policy: Any) -> Any:
    """A policy without the order to load everything over https, in the form of Django 6 or of django-csp 4."""
    if not isinstance(policy, dict):
        return policy
    return {name: _without_upgrade(value) for name, value in policy.items() if name != UPGRADE}


RULES = (no_debug, plain_http, loopback_host, trusted_origin, static_files_are_served, nothing_is_compressed_later)
