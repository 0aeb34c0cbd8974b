"""Addresses of My Ponies."""

from django.urls import path

from . import views

app_name = "example_app"

urlpatterns = [
    path("", views.item_list, name="item-list"),
    path("items/new/", views.item_create, name="item-create"),
    path("items/clear/", views.item_clear, name="item-clear"),
    path("items/<int:pk>/edit/", views.item_update, name="item-update"),
    path("items/<int:pk>/delete/", views.item_delete, name="item-delete"),
]
