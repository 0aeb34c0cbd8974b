"""Addresses of Stable Routines."""

from django.urls import path

from . import views

app_name = "tasks_demo"

urlpatterns = [
    path("", views.task_list, name="task-list"),
    path("run/", views.task_run, name="task-run"),
    path("status/", views.task_status, name="task-status"),
    path("clear/", views.task_clear, name="task-clear"),
]
