"""The steps still to be done: written in the transaction of the event that calls for them, deleted in the step's own."""

from django.db import models


class Task(models.Model):
    """One step for one record. `error` is kept for a person when the step fails."""

    step = models.CharField(max_length=40)
    rank = models.SmallIntegerField()
    """The step's place in the wiring: earlier steps run first."""
    subject_id = models.BigIntegerField()
    thread = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    run_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "subject_id"], name="task_once")]
        indexes = [models.Index(fields=["run_at", "rank", "id"], name="task_due")]
