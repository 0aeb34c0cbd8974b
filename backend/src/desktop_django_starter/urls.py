"""All addresses of the app. The token bootstrap has none here: the middleware answers it by itself."""

from django.urls import include, path

from . import views

handler500 = "desktop_django_starter.views.server_error"

urlpatterns = [
    path("health/", views.health, name="health"),
    path("splash/", views.splash, name="splash"),
    path("tasks/", include("tasks_demo.urls")),
    path("", include("example_app.urls")),
]
