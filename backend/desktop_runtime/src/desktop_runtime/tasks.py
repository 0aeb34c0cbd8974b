"""Tasks that were running when their worker was killed: nobody else would ever finish them.

For the queue in the database, of `django_tasks_db` and of the older `django_tasks`, which keep it in the same way.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

log = logging.getLogger(__name__)

LABEL, MODEL = "django_tasks_database", "DBTaskResult"
BACKENDS = ("django_tasks_db.", "django_tasks.backends.database.")
# A task that ends its worker each time must not do so for ever.
MOST_ATTEMPTS = 3


class Interrupted(Exception):  # noqa: N818 - told to a person as the end of a task
    """The app ended while the task was running."""


def settle(policy: str, worker_id: str | None = None) -> None:
    """Put tasks right that claim to be running and are not: all, or those of one worker. Errors are logged.

    `policy` is `fail`, or `retry`, which runs a task anew up to `MOST_ATTEMPTS` times."""
    from django.apps import apps

    if not apps.is_installed("django_tasks_db") and not apps.is_installed("django_tasks.backends.database"):
        return
    try:
        for result in apps.get_model(LABEL, MODEL).objects.filter(status="RUNNING"):
            if worker_id is None or result.worker_ids[-1:] == [worker_id]:
                _settle(result, policy)
    except Exception:
        log.exception("tasks that were interrupted could not be put right")


def _settle(result: Any, policy: str) -> None:
    if policy == "retry" and len(result.worker_ids) < MOST_ATTEMPTS:
        result.status, result.started_at = "READY", None
        result.save(update_fields=["status", "started_at"])
        log.warning("task %s was interrupted and is run again", result.id)
        return
    result.set_failed(Interrupted("The app ended while the task was running."))
    log.warning("task %s was interrupted and has failed", result.id)
