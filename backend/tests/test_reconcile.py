"""Rows against the queue: every state, the agreed sentences, and the races with a worker."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from desktop_runtime.signals import runtime_starting
from tasks_demo import reconcile
from tasks_demo.apps import TasksDemoConfig
from tasks_demo.models import SimulatedTask
from tasks_demo.tasks import SimulatedTaskFailure

pytestmark = pytest.mark.django_db


def make_pair(row_status: str = "PENDING", **result: Any) -> tuple[SimulatedTask, DBTaskResult]:
    """A row, and what the queue knows of it."""
    queued = DBTaskResult.objects.create(
        args_kwargs={"args": [1], "kwargs": {}},
        task_path="tasks_demo.tasks.run_simulated_task",
        backend_name="default",
        run_after=get_date_max(),
        **result,
    )
    return SimulatedTask.objects.create(label="Sweep", status=row_status, backend_task_id=str(queued.id)), queued


def look(client: Client) -> dict[str, Any]:
    """The only routine, as the status address tells it."""
    (task,) = client.get("/tasks/status/").json()["tasks"]
    return task


@pytest.mark.parametrize("row_status", ["PENDING", "RUNNING"])
@pytest.mark.parametrize(("queue_status", "expected"), [("READY", "PENDING"), ("RUNNING", "RUNNING")])
def test_unfinished_work(client: Client, row_status: str, queue_status: str, expected: str) -> None:
    make_pair(row_status, status=queue_status)
    task = look(client)
    assert (task["status"], task["result"], task["completed_at"]) == (expected, "", None)


@pytest.mark.parametrize("row_status", ["PENDING", "RUNNING"])
def test_success_brings_what_the_task_returned(client: Client, row_status: str) -> None:
    returned = {"status": "DONE", "result": "Clean.", "duration": 4.5, "completed_at": "2026-11-22T10:00:00+00:00"}
    _, queued = make_pair(row_status)
    queued.set_successful(returned)
    task = look(client)
    assert {key: task[key] for key in returned} == returned | {"completed_at": "2026-11-22T10:00:00Z"}


@pytest.mark.parametrize("returned", [None, {}, {"result": "Clean."}])
def test_success_with_less_than_expected(client: Client, returned: dict[str, str] | None) -> None:
    make_pair(status="SUCCESSFUL", return_value=returned, finished_at=timezone.now())
    task = look(client)
    assert (task["status"], task["duration"]) == ("DONE", None)
    assert task["completed_at"]


def test_failure_brings_the_last_line_of_the_traceback(client: Client) -> None:
    _, queued = make_pair("RUNNING")
    try:
        raise SimulatedTaskFailure("A pony ate the broom.")
    except SimulatedTaskFailure as failure:
        queued.set_failed(failure)
    task = look(client)
    assert task["status"] == "FAILED"
    assert task["result"] == "tasks_demo.tasks.SimulatedTaskFailure: A pony ate the broom."
    assert task["completed_at"]


@pytest.mark.parametrize("traceback", ["", "  \n \n"])
def test_failure_without_a_traceback(client: Client, traceback: str) -> None:
    make_pair("RUNNING", status="FAILED", traceback=traceback)
    assert look(client)["result"] == "Task exited before the demo row was finalized."


@pytest.mark.parametrize("backend_task_id", [str(uuid.uuid4()), "not-a-uuid", ""])
def test_a_result_that_is_not_there(client: Client, backend_task_id: str) -> None:
    SimulatedTask.objects.create(label="Sweep", backend_task_id=backend_task_id)
    task = look(client)
    assert (task["status"], task["result"]) == ("FAILED", "Task result could not be found.")
    assert task["completed_at"]


@pytest.mark.parametrize("status", ["DONE", "FAILED"])
def test_finished_rows_are_never_touched(client: Client, status: str) -> None:
    row, _ = make_pair(status, status="RUNNING")
    SimulatedTask.objects.filter(pk=row.pk).update(result="As it was.")
    task = look(client)
    assert (task["status"], task["result"]) == (status, "As it was.")


def test_reconciling_again_changes_nothing(client: Client) -> None:
    make_pair("RUNNING", status="FAILED", traceback="Error: no hay", finished_at=timezone.now())
    assert look(client) == look(client)


def test_the_page_is_reconciled_as_well(client: Client) -> None:
    make_pair("RUNNING", status="FAILED", traceback="Error: no hay")
    assert "Error: no hay" in client.get("/tasks/").content.decode()


def test_a_worker_that_finishes_between_reading_and_writing_wins(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, _ = make_pair("PENDING", status="RUNNING")
    read_results = reconcile._results

    def finish_meanwhile(ids: Any) -> Any:
        results = read_results(ids)
        SimulatedTask.objects.filter(pk=row.pk).update(status="DONE", result="Clean.")
        return results

    monkeypatch.setattr(reconcile, "_results", finish_meanwhile)
    task = look(client)
    assert (task["status"], task["result"]) == ("DONE", "Clean.")


def test_many_rows_cost_two_reads_and_one_write_each(django_assert_num_queries: Any) -> None:
    for _ in range(5):
        make_pair("PENDING", status="READY")
    make_pair("PENDING", status="RUNNING")
    with django_assert_num_queries(2 + 1):
        reconcile.reconcile_unfinished()


# When the desktop app starts


def test_what_a_former_run_left_behind_is_abandoned() -> None:
    for status in SimulatedTask.Status:
        SimulatedTask.objects.create(label="Sweep", status=status, result="As it was.")
    TasksDemoConfig.reconcile_stale_tasks()
    rows = {(row.status, row.result) for row in SimulatedTask.objects.all()}
    assert rows == {("DONE", "As it was."), ("FAILED", "As it was."), ("FAILED", "Abandoned - app restarted")}
    abandoned = SimulatedTask.objects.filter(result="Abandoned - app restarted")
    assert all(timezone.now() - row.completed_at < timedelta(minutes=1) for row in abandoned)


def test_it_happens_when_the_runtime_starts_and_not_in_a_command() -> None:
    SimulatedTask.objects.create(label="Sweep", status="RUNNING")
    call_command("check", verbosity=0)
    assert SimulatedTask.objects.get().status == "RUNNING"
    runtime_starting.send(sender=None)
    assert SimulatedTask.objects.get().status == "FAILED"
