"""Staff: what each person is trained for, how much they can carry, when they are away."""

from django.conf import settings
from django.db import models


class Staff(models.Model):
    """A member of staff, one to one with their sign-in."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="staff")
    rank = models.CharField(max_length=40, blank=True)
    capacity = models.IntegerField(default=12)
    """Open investigations this person can lead at once."""


class Competence(models.Model):
    """A skill held, until when. `skill` is a key of policy/data/skills.toml."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="competences")
    skill = models.CharField(max_length=60)
    awarded_on = models.DateField()
    expires_on = models.DateField(null=True)
    awarded_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "skill"], name="competence_once")]


class Absence(models.Model):
    """Days away: leave, training, sickness (no reason is kept)."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="absences")
    first_day = models.DateField()
    last_day = models.DateField()
