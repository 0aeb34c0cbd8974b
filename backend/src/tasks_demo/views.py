"""The page of Stable Routines and the three addresses that its script talks to.

The buttons are forms, so that they work without the script: a browser that sends one gets a page back.
"""

import random
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST, require_safe

from desktop_django_starter.http import wants_page

from .models import SimulatedTask
from .reconcile import forget_all, reconcile_unfinished
from .tasks import run_simulated_task

LIST = "tasks_demo:task-list"

LABELS = (
    "Polish the horseshoes",
    "Brush the wings",
    "Braid the manes",
    "Count the clouds",
    "Fill the hay loft",
    "Sweep the runway",
    "Air the saddle blankets",
    "Inspect the landing meadow",
)


@require_safe
@never_cache
@ensure_csrf_cookie
def task_list(request: HttpRequest) -> HttpResponse:
    """All routines as they stand now."""
    reconcile_unfinished()
    return render(
        request,
        "tasks_demo/task_list.html",
        {"tasks": SimulatedTask.objects.all(), "statuses": SimulatedTask.Status.choices},
    )


@require_POST
def task_run(request: HttpRequest) -> HttpResponse:
    """Queue a routine.

    The row and its place in the queue appear together: a worker never meets a routine without a row, and the
    page never meets a row without a place in the queue.
    """
    with transaction.atomic():
        row = SimulatedTask.objects.create(label=random.choice(LABELS))  # noqa: S311 - nothing secret
        row.backend_task_id = str(run_simulated_task.enqueue(row.pk).id)
        row.save(update_fields=["backend_task_id"])
    if wants_page(request):
        return redirect(LIST)
    return JsonResponse({"id": row.pk, "label": row.label, "status": row.status}, status=201)


@require_GET
@never_cache
def task_status(_request: HttpRequest) -> JsonResponse:
    """All routines as data, newest first."""
    reconcile_unfinished()
    return JsonResponse({"tasks": [_as_data(row) for row in SimulatedTask.objects.all()]})


@require_POST
def task_clear(request: HttpRequest) -> HttpResponse:
    """Forget all routines; those that still wait in the queue don't run any more."""
    with transaction.atomic():
        forget_all()
    return redirect(LIST) if wants_page(request) else JsonResponse({"cleared": True})


def _as_data(row: SimulatedTask) -> dict[str, Any]:
    return {
        "id": row.pk,
        "label": row.label,
        "status": row.status,
        "result": row.result,
        "duration": row.duration,
        "created_at": row.created_at,
        "completed_at": row.completed_at,
    }
