"""Telling a form sent by the browser itself from a request made by a script."""

from django.http import HttpRequest


def wants_page(request: HttpRequest) -> bool:
    """Whether the sender would rather see a page than read JSON.

    A browser that submits a form asks for `text/html`; `fetch` and most other clients take anything. This is
    what lets one address serve the scripted page and the page without JavaScript.
    """
    return request.get_preferred_type(["application/json", "text/html"]) == "text/html"
