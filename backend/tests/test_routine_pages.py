"""Stable Routines, through its addresses, with the real queue in the database."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django_tasks_db.models import DBTaskResult
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tasks_demo import views
from tasks_demo.models import SimulatedTask

pytestmark = pytest.mark.django_db


def test_addresses_are_the_agreed_ones() -> None:
    addresses = {"task-list": "/tasks/", "task-run": "/tasks/run/", "task-status": "/tasks/status/"}
    for name, address in (addresses | {"task-clear": "/tasks/clear/"}).items():
        assert reverse(f"tasks_demo:{name}") == address


def test_empty_list(client: Client) -> None:
    response = client.get("/tasks/")
    assertContains(response, "No routines underway.")
    assertContains(response, "Stable Routines")
    assertContains(response, "Start Routine")
    assertContains(response, '<a href="/tasks/" aria-current="page">Stable Routines</a>', html=True)


def test_list_hands_out_the_csrf_cookie(client: Client) -> None:
    assert client.get("/tasks/").cookies["csrftoken"].value


def test_list_shows_each_routine(client: Client) -> None:
    SimulatedTask.objects.create(label="Sweep", status="DONE", result="All clean.", duration=4.5)
    SimulatedTask.objects.create(label="Braid", status="FAILED", result="<b>Tangled</b>")
    response = client.get("/tasks/")
    for words in (
        "2 routines",
        "Sweep",
        "All clean.",
        "took 4.5&nbsp;s",
        "Braid",
        "&lt;b&gt;Tangled&lt;/b&gt;",
        "Failed",
    ):
        assertContains(response, words)


def test_run_queues_a_real_task(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views.random, "choice", lambda _labels: "Polish the moon")
    response = client.post("/tasks/run/")
    row = SimulatedTask.objects.get()
    assert response.status_code == HTTPStatus.CREATED
    assert response.json() == {"id": row.pk, "label": "Polish the moon", "status": "PENDING"}
    queued = DBTaskResult.objects.get()
    assert str(queued.id) == row.backend_task_id
    assert queued.task_path == "tasks_demo.tasks.run_simulated_task"
    assert queued.args_kwargs == {"args": [row.pk], "kwargs": {}}


def test_a_routine_that_can_not_be_queued_leaves_no_row(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def enqueue(self, _pk: int) -> None:
            raise OSError("disk full")

    monkeypatch.setattr(views, "run_simulated_task", Full())
    with pytest.raises(OSError, match="disk full"):
        client.post("/tasks/run/")
    assert not SimulatedTask.objects.exists()


def test_status_tells_everything_newest_first(client: Client) -> None:
    done_at = timezone.now()
    SimulatedTask.objects.create(label="Old", status="DONE", result="Fine.", duration=3.5, completed_at=done_at)
    client.post("/tasks/run/")
    response = client.get("/tasks/status/")
    newest, oldest = response.json()["tasks"]
    assert set(newest) == {"id", "label", "status", "result", "duration", "created_at", "completed_at"}
    assert (newest["status"], newest["result"], newest["duration"], newest["completed_at"]) == (
        "PENDING",
        "",
        None,
        None,
    )
    assert (oldest["label"], oldest["status"], oldest["result"], oldest["duration"]) == ("Old", "DONE", "Fine.", 3.5)
    assert abs(parse_datetime(oldest["completed_at"]) - done_at) < timedelta(milliseconds=1)
    assert "no-store" in response["Cache-Control"]


def test_clear_forgets_the_routines_and_their_place_in_the_queue(client: Client) -> None:
    client.post("/tasks/run/")
    client.post("/tasks/run/")
    assert client.post("/tasks/clear/").json() == {"cleared": True}
    assert not SimulatedTask.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_clear_leaves_alone_what_a_worker_is_writing(client: Client) -> None:
    client.post("/tasks/run/")
    DBTaskResult.objects.get().claim("worker")
    client.post("/tasks/clear/")
    assert not SimulatedTask.objects.exists()
    DBTaskResult.objects.get().set_successful({})


@pytest.mark.parametrize(
    ("address", "method"),
    [("/tasks/run/", "get"), ("/tasks/clear/", "get"), ("/tasks/status/", "post"), ("/tasks/", "post")],
)
def test_each_address_has_one_method(client: Client, address: str, method: str) -> None:
    assert getattr(client, method)(address).status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("address", ["/tasks/run/", "/tasks/clear/"])
def test_forms_without_a_script_lead_back_to_the_page(client: Client, html: dict[str, str], address: str) -> None:
    assertRedirects(client.post(address, headers=html), "/tasks/")


@pytest.mark.parametrize("address", ["/tasks/run/", "/tasks/clear/"])
def test_a_post_without_a_token_is_refused(strict_client: Client, address: str) -> None:
    assert strict_client.post(address).status_code == HTTPStatus.FORBIDDEN
    token = strict_client.get("/tasks/").cookies["csrftoken"].value
    assert strict_client.post(address, headers={"X-CSRFToken": token}).status_code < HTTPStatus.BAD_REQUEST


def test_looking_at_finished_routines_costs_two_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    SimulatedTask.objects.create(label="Sweep", status="DONE")
    with django_assert_num_queries(2):
        client.get("/tasks/status/")


def test_the_template_for_new_rows_is_empty(client: Client) -> None:
    response = client.get("/tasks/")
    assertContains(response, 'data-pending="Waiting" data-running="Underway" data-done="Done" data-failed="Failed"')
    assertContains(response, '<li class="row" data-id="" data-status="">')
    assertNotContains(response, "None")
