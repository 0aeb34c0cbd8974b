"""A pony, and the memory of whether the first ponies were already given out."""

from django.db import models


class Item(models.Model):
    """One pony; whichever changed last comes first."""

    class Status(models.TextChoices):
        """What the pony is up to."""

        BACKLOG = "backlog", "Grazing"
        ACTIVE = "active", "Galloping"
        DONE = "done", "Show Ready"

    title = models.CharField("name", max_length=200)
    notes = models.TextField("personality")
    status = models.CharField(max_length=20, choices=Status, default=Status.BACKLOG)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-updated_at", "-pk")
        verbose_name = "pony"
        verbose_name_plural = "ponies"

    def __str__(self) -> str:
        return self.title


class DemoContentState(models.Model):
    """A note that something was done once in the life of this database."""

    class Key(models.TextChoices):
        """What was done."""

        FIRST_RUN_PONY_SEED = "first-run-pony-seed", "First ponies given out"

    key = models.CharField(max_length=64, choices=Key, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "demo content state"
        verbose_name_plural = "demo content states"

    def __str__(self) -> str:
        return self.key
