"""The first ponies move in once in the life of a database."""

import subprocess
import sys

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from example_app.demo_content import FIRST_RUN_PONIES
from example_app.models import DemoContentState, Item
from support.packaged import BACKEND, Environment, RunPython

CODE = (
    "import django; django.setup(); from django.core.management import call_command; call_command('seed_demo_content')"
)


def seed() -> None:
    call_command("seed_demo_content", verbosity=0)


@pytest.mark.django_db
def test_a_new_stable_gets_three_ponies_in_their_order(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    seed()
    assert capsys.readouterr().out == "3 ponies moved in.\n"
    page = client.get("/").content.decode()
    places = [page.index(f">{pony.title}</a>") for pony in FIRST_RUN_PONIES]
    assert places == sorted(places)
    for pony in FIRST_RUN_PONIES:
        assert Item.objects.filter(title=pony.title, notes=pony.notes, status=pony.status).exists()


@pytest.mark.django_db
def test_seeding_again_changes_nothing() -> None:
    seed()
    seed()
    assert Item.objects.count() == len(FIRST_RUN_PONIES)
    assert DemoContentState.objects.get().key == DemoContentState.Key.FIRST_RUN_PONY_SEED


@pytest.mark.django_db
def test_a_cleared_stable_stays_empty(client: Client) -> None:
    seed()
    client.post("/items/clear/")
    seed()
    assert not Item.objects.exists()


@pytest.mark.django_db
def test_a_stable_with_a_pony_of_its_own_is_left_alone_for_good(client: Client) -> None:
    Item.objects.create(title="Own", notes="Was here first.")
    seed()
    assert Item.objects.count() == 1
    client.post("/items/clear/")
    seed()
    assert not Item.objects.exists()


@pytest.mark.django_db
def test_the_note_can_only_be_made_once() -> None:
    DemoContentState.objects.create(key=DemoContentState.Key.FIRST_RUN_PONY_SEED)
    with pytest.raises(IntegrityError), transaction.atomic():
        DemoContentState.objects.create(key=DemoContentState.Key.FIRST_RUN_PONY_SEED)


def test_three_processes_at_once_seed_once(packaged_environment: Environment, run_python: RunPython) -> None:
    run_python("-m", "django", "migrate", "-v0")
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", CODE], cwd=BACKEND, env=packaged_environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    said = sorted(racer.communicate(timeout=60)[0] for racer in racers)
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert said == ["3 ponies moved in.\n"] + ["Nothing to do: this stable has been lived in before.\n"] * 2
