"""The pages."""

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from meadow.models import Plant

LEAF = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 200 200]>> endobj
trailer <</Root 1 0 R>>
"""


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


def leaf(_request: HttpRequest) -> HttpResponse:
    """A document, to be shown and not to be saved."""
    return HttpResponse(LEAF, content_type="application/pdf", headers={"Content-Disposition": "inline"})


def health(_request: HttpRequest) -> JsonResponse:
    """Say that it runs."""
    return JsonResponse({"status": "ok"})
