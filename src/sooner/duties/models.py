"""An obligation with a clock, and the extensions of it. Opened and discharged by ledger events only (`rules.py`)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

OPEN = Q(discharged_at__isnull=True)
LATE = Q(late_at__isnull=False)
PLAIN = Q(restricted=False)


class Duty(models.Model):
    """What somebody must do by when, for which record. `key` names its row in policy/data/duties.toml."""

    key = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    thread = models.CharField(max_length=60)
    harm = models.SmallIntegerField()
    unit = models.CharField(max_length=20, blank=True)
    authority = models.CharField(max_length=12, blank=True)
    role = models.CharField(max_length=40, blank=True)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="duties", db_index=False
    )
    restricted = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    opened_by = models.BigIntegerField()
    first_due_at = models.DateTimeField()
    due_at = models.DateTimeField()
    next_tick_at = models.DateTimeField(null=True)
    late_at = models.DateTimeField(null=True)
    """When it was first found late. Nothing takes this mark off: not an extension, not its end."""
    escalations = models.SmallIntegerField(default=0)
    discharged_at = models.DateTimeField(null=True)
    discharged_by = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "duties"
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "key"], condition=OPEN, name="duty_open_once"
            ),
        ]
        indexes = [
            models.Index(fields=["thread"], name="duty_thread"),
            models.Index(
                fields=["next_tick_at"], condition=OPEN & Q(next_tick_at__isnull=False), name="duty_tick"
            ),
            # One for each list that `queries` reads a page of, in the order in which it reads it.
            models.Index(
                fields=["role", "harm", "due_at", "id"],
                condition=OPEN & PLAIN & Q(authority=""),
                name="duty_force_work",
            ),
            models.Index(
                fields=["unit", "role", "harm", "due_at", "id"], condition=OPEN & PLAIN, name="duty_unit_work"
            ),
            models.Index(
                fields=["officer", "harm", "due_at", "id"],
                condition=OPEN & PLAIN & Q(officer__isnull=False),
                name="duty_officer_work",
            ),
            models.Index(
                fields=["authority", "restricted", "harm", "due_at", "id"],
                condition=OPEN & Q(authority__gt=""),
                name="duty_authority_work",
            ),
            models.Index(
                fields=["harm", "due_at", "id"], condition=OPEN & LATE & PLAIN, name="duty_force_late"
            ),
            models.Index(
                fields=["unit", "harm", "due_at", "id"], condition=OPEN & LATE & PLAIN, name="duty_unit_late"
            ),
            models.Index(
                fields=["harm", "due_at", "id"],
                condition=OPEN & LATE & Q(restricted=True),
                name="duty_inside_late",
            ),
        ]


class Extension(models.Model):
    """A recorded move of a due time: who, why, until when. Partner and inspector see it."""

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="extensions")
    from_due_at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
