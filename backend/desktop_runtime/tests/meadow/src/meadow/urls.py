"""The addresses of the pages."""

from django.urls import path

from meadow import views

urlpatterns = [
    path("", views.plants),
    path("items/new/", views.new_plant),
    path("hedge/", views.hedge),
    path("photo/", views.photo),
    path("leaf/", views.leaf),
    path("health/", views.health),
]
