"""One table."""

from django.db import models


class Plant(models.Model):
    """What grows here."""

    title = models.CharField(max_length=50)
    notes = models.TextField()

    def __str__(self) -> str:
        return self.title
