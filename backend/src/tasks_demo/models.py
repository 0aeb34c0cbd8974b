"""What the page shows of a routine. The queue keeps its own record of the same work."""

from django.db import models


class SimulatedTaskQuerySet(models.QuerySet["SimulatedTask"]):
    """Questions asked of routines in more than one place."""

    def unfinished(self) -> "SimulatedTaskQuerySet":
        """Routines that may still change by themselves."""
        return self.filter(status__in=SimulatedTask.UNFINISHED)


class SimulatedTask(models.Model):
    """One routine, newest first."""

    class Status(models.TextChoices):
        """How far the routine is."""

        PENDING = "PENDING", "Waiting"
        RUNNING = "RUNNING", "Underway"
        DONE = "DONE", "Done"
        FAILED = "FAILED", "Failed"

    UNFINISHED = (Status.PENDING, Status.RUNNING)

    label = models.CharField(max_length=200)
    backend_task_id = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    result = models.TextField(blank=True)
    duration = models.FloatField("duration in seconds", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = SimulatedTaskQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = "routine"
        verbose_name_plural = "routines"

    def __str__(self) -> str:
        return self.label
