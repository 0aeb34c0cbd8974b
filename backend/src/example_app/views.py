"""Pages of My Ponies. Each form answers a good POST with a redirect to the list, where one sentence confirms it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from desktop_django_starter.http import wants_page

from .forms import ItemForm
from .models import Item

LIST = "example_app:item-list"

accepts_form = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def item_list(request: HttpRequest) -> HttpResponse:
    """All ponies, the latest change first."""
    return render(request, "example_app/item_list.html", {"items": Item.objects.all()})


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


def _edit_card(request: HttpRequest, item: Item, *, saved: str) -> HttpResponse:
    """Show the card of `item`, or save what was sent and confirm it with `saved`."""
    # The heading must not show what was typed but not saved, and validation writes into `item`.
    title = item.title
    form = ItemForm(request.POST if request.method == "POST" else None, instance=item)
    if form.is_valid():
        messages.success(request, saved.format(form.save().title))
        return redirect(LIST)
    return render(request, "example_app/item_form.html", {"form": form, "item": item, "title": title})
