"""The pages."""

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from meadow.models import Plant


def plants(request: HttpRequest) -> HttpResponse:
    """All plants."""
    return render(request, "meadow/plants.html", {"plants": Plant.objects.order_by("pk")})


def new_plant(request: HttpRequest) -> HttpResponse:
    """A form, and what it sends."""
    if request.method == "POST":
        Plant.objects.create(title=request.POST["title"], notes=request.POST["notes"])
        return redirect("/")
    return render(request, "meadow/new_plant.html")


def hedge(request: HttpRequest) -> HttpResponse:
    """Another page."""
    return render(request, "meadow/hedge.html")


def photo(request: HttpRequest) -> HttpResponse:
    """A form for a file, and what it sends."""
    if request.method == "POST":
        sent = request.FILES["photo"]
        default_storage.save(sent.name, sent)
        return redirect("/hedge/")
    return render(request, "meadow/photo.html")


def health(_request: HttpRequest) -> JsonResponse:
    """Say that it runs."""
    return JsonResponse({"status": "ok"})
