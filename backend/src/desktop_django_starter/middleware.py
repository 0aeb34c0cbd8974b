"""Where a project looks for its middleware; the token check itself lives in the desktop runtime."""

from desktop_runtime.middleware import DESKTOP_AUTH_COOKIE, DesktopAuthMiddleware

__all__ = ["DESKTOP_AUTH_COOKIE", "DesktopAuthMiddleware"]
