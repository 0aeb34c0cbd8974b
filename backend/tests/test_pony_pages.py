"""My Ponies, through its addresses."""

import re
from http import HTTPStatus

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from example_app.models import Item

pytestmark = pytest.mark.django_db

LIST = "/"
CARD = {"title": "Pippin", "notes": "Jumps fences for fun.", "status": "active"}


def make_pony(**changes: str) -> Item:
    return Item.objects.create(**CARD | changes)


def titles(response: HttpResponse) -> list[str]:
    """The names in the list, from top to bottom."""
    return re.findall(r'<a href="/items/\d+/edit/">(.*?)</a>', response.content.decode())


def test_addresses_are_the_agreed_ones() -> None:
    assert reverse("example_app:item-list") == LIST
    assert reverse("example_app:item-create") == "/items/new/"
    assert reverse("example_app:item-update", args=[7]) == "/items/7/edit/"
    assert reverse("example_app:item-delete", args=[7]) == "/items/7/delete/"
    assert reverse("example_app:item-clear") == "/items/clear/"


def test_empty_stable(client: Client) -> None:
    response = client.get(LIST)
    assertContains(response, "The stable is empty right now.")
    assertContains(response, "My Ponies")
    assertContains(response, "0 ponies in the stable")
    assertNotContains(response, "Release All Ponies")


def test_list_shows_the_newest_change_first(client: Client) -> None:
    first = make_pony(title="Pippin")
    make_pony(title="Juno")
    assert titles(client.get(LIST)) == ["Juno", "Pippin"]
    first.save()
    assert titles(client.get(LIST)) == ["Pippin", "Juno"]


@pytest.mark.parametrize(("count", "words"), [(1, "1 pony in the stable"), (2, "2 ponies in the stable")])
def test_list_counts_in_proper_english(client: Client, count: int, words: str) -> None:
    for _ in range(count):
        make_pony()
    response = client.get(LIST)
    assertContains(response, words)
    assertContains(response, "Release All Ponies")


@pytest.mark.parametrize("count", [1, 200])
def test_list_takes_two_queries(client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int) -> None:
    Item.objects.bulk_create(Item(**CARD) for _ in range(count))
    with django_assert_num_queries(2):
        client.get(LIST)


def test_many_ponies_have_pages(client: Client) -> None:
    Item.objects.bulk_create(Item(**CARD | {"title": f"Pony {number:03}"}) for number in range(200))
    page = client.get(LIST)
    assertContains(page, "200 ponies in the stable")
    assertContains(page, "Page 1 of 8")
    assertContains(page, "All 200 ponies will fly off")
    seen = list(titles(page))
    for number in range(2, 9):
        seen += titles(client.get(LIST, {"page": number}))
    assert sorted(seen) == [f"Pony {number:03}" for number in range(200)]
    assertContains(client.get(LIST, {"page": "a pony"}), "Page 1 of 8")
    assertContains(client.get(LIST, {"page": 99}), "Page 8 of 8")


def test_a_few_ponies_need_neither_pages_nor_a_search(client: Client) -> None:
    make_pony()
    assertNotContains(client.get(LIST), 'role="search"')
    assertNotContains(client.get(LIST), "Page 1")


def test_search_finds_ponies_with_every_word(client: Client) -> None:
    make_pony(title="Juno", notes="Likes clouds.")
    make_pony(title="Moss", notes="Likes clouds and hay.")
    assert titles(client.get(LIST, {"q": "LIKES hay"})) == ["Moss"]
    found = client.get(LIST, {"q": "clouds"})
    assertContains(found, "2 ponies found")
    # It would release more than what is seen.
    assertNotContains(found, "Release All Ponies")
    assertContains(client.get(LIST, {"q": '"><b>'}), "No pony answers to that.")
    assertContains(client.get(LIST, {"q": '"><b>'}), 'value="&quot;&gt;&lt;b&gt;"')


def test_the_next_page_is_one_of_what_was_found(client: Client) -> None:
    Item.objects.bulk_create(Item(**CARD) for _ in range(30))
    make_pony(title="Juno")
    assertContains(client.get(LIST, {"q": "pippin"}), 'href="?q=pippin&amp;page=2"')


def test_names_and_notes_run_in_the_direction_of_their_script(client: Client) -> None:
    pony = make_pony(title="مهرة", notes="حصان")
    assertContains(client.get(LIST), 'dir="auto"', count=3)
    page = client.get(f"/items/{pony.pk}/edit/")
    assertContains(page, 'dir="auto"', count=2)
    assertContains(page, "<bdi>مهرة</bdi>")


@pytest.mark.parametrize(("status", "words"), [("backlog", "Grazing"), ("active", "Galloping"), ("done", "Show Ready")])
def test_statuses_have_their_own_words(client: Client, status: str, words: str) -> None:
    make_pony(status=status)
    assertContains(client.get(LIST), words)


def test_what_was_typed_is_text_and_never_markup(client: Client) -> None:
    make_pony(title='<b>"Bold"</b>', notes="<script>alert(1)</script>")
    response = client.get(LIST)
    assertNotContains(response, "<b>")
    assertNotContains(response, "<script>alert")
    assertContains(response, 'data-confirm-title="Release &lt;b&gt;&quot;Bold&quot;&lt;/b&gt;?"')


def test_create(client: Client) -> None:
    assertContains(client.get("/items/new/"), "New Pony")
    response = client.post("/items/new/", CARD, follow=True)
    assertRedirects(response, LIST)
    assertContains(response, "Pippin joined the stable.")
    pony = Item.objects.get()
    assert (pony.title, pony.notes, pony.status) == ("Pippin", "Jumps fences for fun.", "active")


def test_update(client: Client) -> None:
    pony = make_pony()
    address = f"/items/{pony.pk}/edit/"
    assertContains(client.get(address), "Jumps fences for fun.")
    response = client.post(address, CARD | {"title": "Pip", "status": "done"}, follow=True)
    assertRedirects(response, LIST)
    assertContains(response, "The card of Pip was changed.")
    pony.refresh_from_db()
    assert (pony.title, pony.status) == ("Pip", "done")


def test_delete_asks_first(client: Client) -> None:
    pony = make_pony()
    address = f"/items/{pony.pk}/delete/"
    assertContains(client.get(address), 'Release <strong dir="auto">Pippin</strong>?')
    assert Item.objects.exists()
    response = client.post(address, follow=True)
    assertRedirects(response, LIST)
    assertContains(response, "Pippin was released.")
    assert not Item.objects.exists()


def test_clear_answers_a_script_with_data(client: Client) -> None:
    make_pony()
    make_pony()
    response = client.post("/items/clear/")
    assert response.json() == {"cleared": True}
    assert not Item.objects.exists()


def test_clear_answers_a_form_with_a_page(client: Client, html: dict[str, str]) -> None:
    make_pony()
    response = client.post("/items/clear/", headers=html, follow=True)
    assertRedirects(response, LIST)
    assertContains(response, "All ponies were released.")


def test_clear_only_by_post(client: Client) -> None:
    make_pony()
    assert client.get("/items/clear/").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert Item.objects.exists()


@pytest.mark.parametrize("page", ["edit", "delete"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_pony_that_is_not_there(client: Client, page: str, method: str) -> None:
    assert getattr(client, method)(f"/items/99/{page}/").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("address", ["/items/new/", "/items/{pk}/edit/", "/items/{pk}/delete/"])
def test_other_methods_are_refused(client: Client, address: str) -> None:
    pony = make_pony()
    assert client.put(address.format(pk=pony.pk)).status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("address", ["/items/new/", "/items/clear/"])
def test_a_post_without_a_token_is_refused(strict_client: Client, address: str) -> None:
    make_pony()
    assert strict_client.post(address, CARD).status_code == HTTPStatus.FORBIDDEN
    assert Item.objects.count() == 1


@pytest.mark.parametrize("address", ["/items/new/", "/items/{pk}/edit/"])
def test_a_card_that_has_grown_old_keeps_what_was_typed(strict_client: Client, address: str) -> None:
    address = address.format(pk=make_pony(title="Juno").pk)
    page = strict_client.post(address, CARD | {"notes": "Typed for <hours>."})
    assertContains(page, "nothing was saved", status_code=HTTPStatus.FORBIDDEN)
    assertContains(page, "Typed for &lt;hours&gt;.", status_code=HTTPStatus.FORBIDDEN)
    assert [pony.title for pony in Item.objects.all()] == ["Juno"]
    token = strict_client.cookies["csrftoken"].value
    again = strict_client.post(address, CARD | {"csrfmiddlewaretoken": token})
    assertRedirects(again, LIST)


def test_an_old_card_of_a_pony_that_is_gone(strict_client: Client) -> None:
    assert strict_client.post("/items/99/edit/", CARD).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("address", ["/", "/items/new/"])
def test_navigation_marks_where_the_reader_is(client: Client, address: str) -> None:
    response = client.get(address)
    assertContains(response, '<a href="/" aria-current="page">My Ponies</a>', html=True)
    assertContains(response, '<a href="/tasks/">Stable Routines</a>', html=True)
