"""Background tasks."""

import os
import time

from django_tasks import task

from .models import Note


@task()
def write_note(text: str) -> None:
    """Leave a trace of having run, and where."""
    Note.objects.create(text=f"{text} by {os.getpid()}")


@task()
def sleep(secs: float) -> None:
    """Be busy."""
    Note.objects.create(text="sleeping")
    time.sleep(secs)
