"""Bringing the rows of the page into agreement with what the queue knows.

A routine writes its own end into its row. It can't when its process is killed, so whoever looks at the rows
compares the unfinished ones with the queue first. The worker goes on meanwhile: a row is only changed here
if it is still in the state in which it was read.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.tasks import TaskResultStatus
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django_tasks_db.models import DBTaskResult

from .models import SimulatedTask

Status = SimulatedTask.Status
Changes = dict[str, Any]

ABANDONED = "Abandoned - app restarted"
RESULT_MISSING = "Task result could not be found."
NO_TRACEBACK = "Task exited before the demo row was finalized."


def reconcile_unfinished() -> None:
    """Compare every unfinished row with its result in the queue."""
    # The rows are read before the results: a row seen here was queued in the same transaction.
    rows = list(SimulatedTask.objects.unfinished())
    results = _results(row.backend_task_id for row in rows)
    for row in rows:
        changes = _changes(results.get(row.backend_task_id))
        if changes["status"] != row.status:
            SimulatedTask.objects.filter(pk=row.pk, status=row.status).update(**changes)


def abandon_unfinished() -> int:
    """Mark what a former run of the app left behind, and say how many rows that were."""
    return SimulatedTask.objects.unfinished().update(
        status=Status.FAILED, result=ABANDONED, completed_at=timezone.now()
    )


def forget_all() -> None:
    """Remove all rows, and their results except those that a worker is writing at the moment."""
    ids = _uuids(SimulatedTask.objects.values_list("backend_task_id", flat=True))
    DBTaskResult.objects.filter(id__in=ids).exclude(status=TaskResultStatus.RUNNING).delete()
    SimulatedTask.objects.all().delete()


def _results(backend_task_ids: Iterable[str]) -> dict[str, DBTaskResult[Any, Any]]:
    """Results by the id that the rows know them by."""
    return {str(result.id): result for result in DBTaskResult.objects.filter(id__in=_uuids(backend_task_ids))}


def _uuids(backend_task_ids: Iterable[str]) -> list[uuid.UUID]:
    """The ids that can be one; the queue would refuse to look for anything else."""
    found = []
    for text in backend_task_ids:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


def _changes(result: DBTaskResult[Any, Any] | None) -> Changes:
    """The columns of a row whose result looks like this."""
    if result is None:
        return {"status": Status.FAILED, "result": RESULT_MISSING, "completed_at": timezone.now()}
    match result.status:
        case TaskResultStatus.SUCCESSFUL:
            return _success(result)
        case TaskResultStatus.FAILED:
            lines = result.traceback.strip().splitlines()
            return {
                "status": Status.FAILED,
                "result": lines[-1] if lines else NO_TRACEBACK,
                "completed_at": result.finished_at,
            }
        case TaskResultStatus.RUNNING:
            return {"status": Status.RUNNING}
        case _:
            return {"status": Status.PENDING}


def _success(result: DBTaskResult[Any, Any]) -> Changes:
    returned = result.return_value or {}
    return {
        "status": Status.DONE,
        "result": returned.get("result", ""),
        "duration": returned.get("duration"),
        "completed_at": _time(returned.get("completed_at")) or result.finished_at,
    }


def _time(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None
