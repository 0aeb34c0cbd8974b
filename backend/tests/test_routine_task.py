"""The work itself: how long, how it ends, and what happens when it is delivered twice."""

import pytest
from django.conf import LazySettings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tasks_demo import tasks
from tasks_demo.models import SimulatedTask
from tasks_demo.tasks import SimulatedTaskFailure, run_simulated_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> SimulatedTask:
    return SimulatedTask.objects.create(label="Sweep")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Take the waiting out and keep count of it; the routine succeeds."""
    naps: list[float] = []
    monkeypatch.setattr(tasks.time, "sleep", naps.append)
    monkeypatch.setattr(tasks.random, "uniform", lambda low, high: (low + high) / 2)
    monkeypatch.setattr(tasks.random, "random", lambda: 0.2)
    monkeypatch.setattr(tasks.random, "choice", lambda sentences: sentences[0])
    return naps


@pytest.fixture
def bad_luck(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - replaces one part of it
    monkeypatch.setattr(tasks.random, "random", lambda: 0.19)


def test_success(row: SimulatedTask, slept: list[float]) -> None:
    outcome = run_simulated_task.call(row.pk)
    row.refresh_from_db()
    assert slept == [6.5]
    assert (row.status, row.result, row.duration) == ("DONE", tasks.SUCCESSES[0], 6.5)
    assert outcome["completed_at"] == row.completed_at.isoformat()
    assert outcome == {**outcome, "status": "DONE", "result": row.result, "duration": 6.5}
    assert set(outcome) == {"status", "result", "duration", "completed_at"}
    assert parse_datetime(outcome["completed_at"]) <= timezone.now()


@pytest.mark.usefixtures("bad_luck")
def test_failure(row: SimulatedTask) -> None:
    with pytest.raises(SimulatedTaskFailure, match=tasks.FAILURES[0]):
        run_simulated_task.call(row.pk)
    row.refresh_from_db()
    assert (row.status, row.result, row.duration) == ("FAILED", tasks.FAILURES[0], 6.5)
    assert row.completed_at is not None


def test_it_takes_three_to_ten_seconds_and_one_in_five_fails() -> None:
    assert (tasks.SECONDS_MIN, tasks.SECONDS_MAX, tasks.FAILURE_RATE) == (3, 10, 0.2)


@pytest.mark.usefixtures("slept")
def test_the_row_says_so_while_it_is_underway(row: SimulatedTask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(tasks.time, "sleep", lambda _seconds: seen.append(SimulatedTask.objects.get().status))
    run_simulated_task.call(row.pk)
    assert seen == ["RUNNING"]


@pytest.mark.parametrize("status", ["DONE", "FAILED"])
def test_a_finished_routine_is_left_alone(slept: list[float], status: str) -> None:
    row = SimulatedTask.objects.create(label="Sweep", status=status, result="As it was.", duration=4.0)
    outcome = run_simulated_task.call(row.pk)
    row.refresh_from_db()
    assert not slept
    assert (row.status, row.result) == (status, "As it was.")
    assert outcome == {"status": status, "result": "As it was.", "duration": 4.0, "completed_at": None}


def test_a_routine_that_was_cleared_away_is_no_work(slept: list[float]) -> None:
    assert run_simulated_task.call(404)["status"] == "FAILED"
    assert not slept


@pytest.mark.usefixtures("slept")
def test_a_routine_closed_meanwhile_stays_closed(row: SimulatedTask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        tasks.time, "sleep", lambda _seconds: SimulatedTask.objects.update(status="FAILED", result="Abandoned")
    )
    run_simulated_task.call(row.pk)
    row.refresh_from_db()
    assert (row.status, row.result) == ("FAILED", "Abandoned")


@pytest.mark.usefixtures("slept")
@pytest.mark.parametrize(
    "backend", ["django.tasks.backends.immediate.ImmediateBackend", "django_tasks.backends.immediate.ImmediateBackend"]
)
def test_the_routine_is_not_tied_to_the_database_queue(
    row: SimulatedTask, settings: LazySettings, backend: str
) -> None:
    settings.TASKS = {"default": {"BACKEND": backend}}
    run_simulated_task.enqueue(row.pk)
    row.refresh_from_db()
    assert row.status == "DONE"
