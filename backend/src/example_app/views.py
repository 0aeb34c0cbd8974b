"""Pages of My Ponies. Each form answers a good POST with a redirect to the list, where one sentence confirms it."""

from http import HTTPStatus

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from desktop_django_starter.http import wants_page

from .forms import ItemForm
from .models import Item

LIST = "example_app:item-list"
PONIES_ON_A_PAGE = 25

accepts_form = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def item_list(request: HttpRequest) -> HttpResponse:
    """All ponies, or those with every word that is looked for; the latest change first."""
    search = request.GET.get("q", "").strip()
    ponies = Item.objects.all()
    for word in search.split():
        ponies = ponies.filter(Q(title__icontains=word) | Q(notes__icontains=word))
    page = Paginator(ponies, PONIES_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "example_app/item_list.html", {"page": page, "search": search})


@accepts_form
def item_create(request: HttpRequest) -> HttpResponse:
    """A new card."""
    return _edit_card(request, Item(), saved="{} joined the stable.")


@accepts_form
def item_update(request: HttpRequest, pk: int) -> HttpResponse:
    """The card of a pony that is already here."""
    return _edit_card(request, get_object_or_404(Item, pk=pk), saved="The card of {} was changed.")


@accepts_form
def item_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask before a pony is released; the dialog in the list posts here as well."""
    item = get_object_or_404(Item, pk=pk)
    if request.method != "POST":
        return render(request, "example_app/item_confirm_delete.html", {"item": item})
    item.delete()
    messages.success(request, f"{item.title} was released.")
    return redirect(LIST)


@require_POST
def item_clear(request: HttpRequest) -> HttpResponse:
    """Release every pony."""
    Item.objects.all().delete()
    if wants_page(request):
        messages.success(request, "All ponies were released.")
        return redirect(LIST)
    return JsonResponse({"cleared": True})


def expired_card(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The card as it was sent by a page that has grown old: nothing is saved, and nothing has to be typed again."""
    item = Item() if pk is None else get_object_or_404(Item, pk=pk)
    context = {"form": ItemForm(request.POST, instance=item), "item": item, "title": item.title, "is_expired": True}
    return render(request, "example_app/item_form.html", context, status=HTTPStatus.FORBIDDEN)


def _edit_card(request: HttpRequest, item: Item, *, saved: str) -> HttpResponse:
    """Show the card of `item`, or save what was sent and confirm it with `saved`."""
    # The heading must not show what was typed but not saved, and validation writes into `item`.
    title = item.title
    form = ItemForm(request.POST if request.method == "POST" else None, instance=item)
    if form.is_valid():
        messages.success(request, saved.format(form.save().title))
        return redirect(LIST)
    return render(request, "example_app/item_form.html", {"form": form, "item": item, "title": title})
