"""An investigation per suspect: its reports, priority with reasons, team, lead, recorded steps and
assessments.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from sooner.intake.models import Referral
from sooner.people.models import Person


class Investigation(models.Model):
    """Opened per suspect, not per report; later reports about the same suspect join it."""

    suspect = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="investigations")
    opened_at = models.DateTimeField()
    unit = models.CharField(max_length=20)
    routed_because = models.CharField(max_length=300, blank=True)
    routed_by = models.CharField(max_length=120, blank=True)
    """The person who chose the unit; empty while policy's rule did."""
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="investigations"
    )
    allocated_at = models.DateTimeField(null=True)
    band = models.CharField(max_length=24)
    band_rank = models.SmallIntegerField(default=9)
    score = models.IntegerField(default=0)
    reasons = models.JSONField(default=list)
    """The priority explained: [{"indicator", "title", "weight", "evidence": [...], "source"}], heaviest
    first.
    """
    decision = models.JSONField(default=dict)
    """A named person's lowering: {"rank", "score", "by", "at", "reason", "weighed": [observation rows]},
    or empty.
    """
    restricted = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True)
    closed_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["suspect"], condition=Q(closed_at__isnull=True), name="investigation_open_per_suspect"
            )
        ]
        indexes = [
            models.Index(fields=["unit", "band_rank", "-score", "id"], name="investigation_unit"),
            models.Index(fields=["band_rank", "-score", "id"], name="investigation_rank"),
        ]

    @property
    def reference(self) -> str:
        return f"I-{self.pk:06d}"

    @property
    def thread(self) -> str:
        return f"investigation:{self.pk}"


class JoinedReferral(models.Model):
    """Which referral belongs to which investigation. A report that names two suspects belongs to two."""

    investigation = models.ForeignKey(Investigation, on_delete=models.PROTECT, related_name="joined")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="joined")
    joined_at = models.DateTimeField()
    version = models.IntegerField(default=0)
    """The referral's version that `evidence` was taken from."""
    evidence = models.JSONField(default=list)
    """What the report itself speaks for, as observation rows, kept so that old reports need not be read
    again.
    """

    class Meta:
        constraints = [models.UniqueConstraint(fields=["referral", "investigation"], name="joined_once")]


class Kirat(models.Model):
    """The team's own KIRAT result, recorded beside our indicators, never computed or replaced by them."""

    investigation = models.ForeignKey(Investigation, on_delete=models.PROTECT, related_name="kirats")
    level = models.CharField(max_length=12)  # low | medium | high | very-high
    version = models.CharField(max_length=20)
    assessor = models.CharField(max_length=120)
    assessor_trained_on = models.DateField(null=True)
    assessed_at = models.DateTimeField()
    unknowns = models.TextField(blank=True)
    recorded_by = models.CharField(max_length=120)


class Step(models.Model):
    """Something done in the investigation: warrant.applied, suspect.arrested, suspect.bailed,
    victim.updated...
    """

    investigation = models.ForeignKey(Investigation, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    """For bail: when it ends. For a warrant granted: its expiry."""
    detail = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    recorded_by = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()


class SuicideRisk(models.Model):
    """The suspect's own risk of suicide, assessed in person at contact, interview, release."""

    investigation = models.ForeignKey(Investigation, on_delete=models.PROTECT, related_name="suicide_risks")
    occasion = models.CharField(max_length=20)  # contact | arrest | interview | release | charge | review
    in_person = models.BooleanField()
    level = models.CharField(max_length=10)  # low | raised | high
    what_was_done = models.TextField()
    assessed_at = models.DateTimeField()
    assessed_by = models.CharField(max_length=120)


class Action(models.Model):
    """A line of enquiry or task with an owner."""

    investigation = models.ForeignKey(Investigation, on_delete=models.PROTECT, related_name="actions")
    title = models.CharField(max_length=300)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="actions")
    due_at = models.DateTimeField()
    added_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    result = models.TextField(blank=True)
