"""The work itself, as the worker runs it: it takes a while, and now and then it goes wrong.

`random` and `time` are used by their module names, so that a test can take the chance and the waiting out.
"""

import random
import time
from datetime import datetime
from typing import TypedDict

# Django's own task framework grew out of the package `django_tasks`, and the database queue builds on it.
# Importing the package's copy instead would give the same object and cost an eighth of a second at launch.
from django.tasks import task
from django.utils import timezone

from .models import SimulatedTask

SECONDS_MIN, SECONDS_MAX = 3.0, 10.0
FAILURE_RATE = 0.2

SUCCESSES = (
    "Everything gleams, and nobody was nibbled.",
    "Done, with a carrot to spare.",
    "The ponies approve. Tails were swished.",
    "Finished just before a cloud drifted in.",
)
FAILURES = (
    "A pony ate the checklist.",
    "The gate was open, and now so is the sky.",
    "Someone took off in the middle of it.",
)


class SimulatedTaskFailure(Exception):  # noqa: N818 - an outcome to expect, not a defect
    """The routine went wrong, as one in five does."""


class Outcome(TypedDict):
    """What a finished routine leaves behind; the queue stores it as JSON."""

    status: str
    result: str
    duration: float | None
    completed_at: str | None


@task()
def run_simulated_task(task_pk: int) -> Outcome:
    """Work on the routine with this key, and record how it went.

    A routine that is already finished, or that was cleared away while it waited, is left alone, so the queue
    may deliver the same work twice.
    """
    rows = SimulatedTask.objects.filter(pk=task_pk)
    if not rows.unfinished().update(status=SimulatedTask.Status.RUNNING):
        return _outcome_so_far(rows.first())

    duration = random.uniform(SECONDS_MIN, SECONDS_MAX)  # noqa: S311 - nothing secret
    time.sleep(duration)
    if random.random() < FAILURE_RATE:  # noqa: S311
        reason = random.choice(FAILURES)  # noqa: S311
        _finish(task_pk, SimulatedTask.Status.FAILED, reason, duration)
        raise SimulatedTaskFailure(reason)
    return _finish(task_pk, SimulatedTask.Status.DONE, random.choice(SUCCESSES), duration)  # noqa: S311


def _finish(task_pk: int, status: SimulatedTask.Status, result: str, duration: float) -> Outcome:
    """Record the end of a routine, unless somebody else already has."""
    completed_at = timezone.now()
    SimulatedTask.objects.filter(pk=task_pk).unfinished().update(
        status=status, result=result, duration=duration, completed_at=completed_at
    )
    return _outcome(status, result, duration, completed_at)


def _outcome_so_far(row: SimulatedTask | None) -> Outcome:
    if row is None:
        return _outcome(SimulatedTask.Status.FAILED, "Cleared before it could run.", None, None)
    return _outcome(row.status, row.result, row.duration, row.completed_at)


def _outcome(status: str, result: str, duration: float | None, completed_at: datetime | None) -> Outcome:
    return {
        "status": str(status),
        "result": result,
        "duration": duration,
        "completed_at": completed_at.isoformat() if completed_at else None,
    }
