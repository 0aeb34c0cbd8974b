"""Pages for the tests, as plain as can be."""

import logging
import os
import subprocess
import sys
import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from .models import Note


def texts(_request: HttpRequest) -> HttpResponse:
    """All notes, oldest first."""
    return JsonResponse({"notes": [note.text for note in Note.objects.order_by("pk")]})


def address(_request: HttpRequest) -> HttpResponse:
    """What the settings knew of the address and the key."""
    return JsonResponse({"address": settings.ADDRESS_KNOWN_TO_SETTINGS, "key": settings.SECRET_KEY})


def slow(request: HttpRequest) -> HttpResponse:
    """Takes its time, then writes."""
    time.sleep(float(request.GET["secs"]))
    Note.objects.create(text="slow")
    return HttpResponse("done")


def noise(request: HttpRequest) -> HttpResponse:
    """Writes to stdout in every way there is."""
    for number in range(int(request.GET.get("lines", "1"))):
        print(f"line {number} é {'x' * 80}")  # noqa: T201
    os.write(1, b"written to the descriptor\n")
    subprocess.run([sys.executable, "-c", "print('printed by a child')"], check=True)
    sys.stderr.write("written to stderr\n")
    logging.getLogger("notes").info("logged")
    return HttpResponse("done")


def leak(request: HttpRequest) -> HttpResponse:
    """An error with everything in it that must not be logged."""
    token = request.GET.get("token")
    print(f"printing {settings.SECRET_KEY} and {token}")  # noqa: T201
    raise ValueError(f"{settings.SECRET_KEY} {token}")


def seen(request: HttpRequest) -> HttpResponse:
    """What the app, and a program that it starts, know of the token and the key."""
    child = subprocess.run(
        [sys.executable, "-c", "import os; print(dict(os.environ))"], check=True, capture_output=True
    )
    return JsonResponse({"meta": repr(request.META), "own": repr(os.environ), "child": child.stdout.decode()})


def enqueue(request: HttpRequest) -> HttpResponse:
    """Queue a task."""
    from . import tasks

    if "secs" in request.GET:
        tasks.sleep.enqueue(float(request.GET["secs"]))
    else:
        tasks.write_note.enqueue(request.GET["text"])
    return HttpResponse("queued")


urlpatterns = [
    path("", texts),
    path("address/", address),
    path("slow/", slow),
    path("noise/", noise),
    path("leak/", leak),
    path("seen/", seen),
    path("enqueue/", enqueue),
]
