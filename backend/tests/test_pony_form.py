"""What may be written on a pony's card, and what is said when it may not."""

from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from example_app.models import Item

pytestmark = pytest.mark.django_db

CARD = {"title": "Pippin", "notes": "Jumps fences for fun.", "status": "backlog"}
NAME_MISSING = "Your pony needs a name."
PERSONALITY_MISSING = "Do you know nothing about your pony?"


def test_labels_and_choices(client: Client) -> None:
    response = client.get("/items/new/")
    for field, label in (("title", "Name"), ("notes", "Personality"), ("status", "Status")):
        assertContains(response, f'<label for="id_{field}">{label}</label>', html=True)
    for value, words in (("active", "Galloping"), ("done", "Show Ready")):
        assertContains(response, f'<option value="{value}">{words}</option>', html=True)
    assertContains(response, '<option value="backlog" selected>Grazing</option>', html=True)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", NAME_MISSING),
        ("title", "  \t", NAME_MISSING),
        ("notes", "", PERSONALITY_MISSING),
        ("notes", " \n ", PERSONALITY_MISSING),
        ("title", "x" * 201, "at most 200 characters"),
        ("status", "asleep", "not one of the available choices"),
    ],
)
def test_mistakes_are_named_beside_the_field(client: Client, field: str, value: str, sentence: str) -> None:
    response = client.post("/items/new/", CARD | {field: value})
    assert response.status_code == HTTPStatus.OK
    assert not Item.objects.exists()
    assertContains(response, sentence)
    assertContains(response, 'aria-invalid="true"', count=1)
    assertContains(response, f'aria-describedby="id_{field}_error"', count=1)
    assertContains(response, f'<p class="field-error" id="id_{field}_error">')


def test_the_script_gets_the_same_sentences(client: Client) -> None:
    response = client.get("/items/new/")
    assertContains(response, f'data-required="{NAME_MISSING}"')
    assertContains(response, f'data-required="{PERSONALITY_MISSING}"')


def test_what_was_typed_is_kept_but_the_heading_is_what_was_saved(client: Client) -> None:
    pony = Item.objects.create(**CARD)
    response = client.post(f"/items/{pony.pk}/edit/", CARD | {"title": "Pip", "notes": ""})
    assertContains(response, 'value="Pip"')
    assertContains(response, "<title>Edit Pippin · Flying Stable</title>", html=True)


def test_the_longest_card_that_is_allowed(client: Client) -> None:
    client.post("/items/new/", CARD | {"title": "x" * 200, "notes": "y" * 20_000})
    pony = Item.objects.get()
    assert (len(pony.title), len(pony.notes)) == (200, 20_000)
    assert str(pony) == "x" * 200


def test_blanks_around_a_name_are_dropped(client: Client) -> None:
    client.post("/items/new/", CARD | {"title": "  Pippin "})
    assert Item.objects.get().title == "Pippin"


def test_names_in_any_script(client: Client) -> None:
    response = client.post("/items/new/", CARD | {"title": "Æthelþryð 小馬 🐴"}, follow=True)
    assertContains(response, "Æthelþryð 小馬 🐴 joined the stable.")
    assertNotContains(client.get("/"), "joined the stable")
