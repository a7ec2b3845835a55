"""Children at risk, the referrals about them, strategy discussions, joint plans, police protection, deliveries."""

from django.conf import settings
from django.db import models

from sooner.intake.models import Document, Referral
from sooner.people.models import Address, Person


class Child(models.Model):
    """A child who may be at risk because of a referral. Counts as at risk until a named person rules it out."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="children")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="at_risk")
    certainty = models.CharField(max_length=10)  # sure | possible
    state = models.CharField(max_length=12, default="at-risk")  # at-risk | confirmed | ruled-out
    ways = models.JSONField(default=list)
    """How found: [{"way": "lives-with", "certainty": "sure", "words": "...", "source": "..."}]."""
    address = models.ForeignKey(Address, null=True, on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=12, blank=True)
    authority_how = models.CharField(max_length=24, blank=True)
    also_authorities = models.JSONField(default=list)
    """Further authorities where the child has a home: each is told."""
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    identified_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["referral", "person"], name="child_once")]
        indexes = [models.Index(fields=["state", "-id"], name="child_state")]

    @property
    def reference(self) -> str:
        return f"C-{self.pk:06d}"


class SafeguardingReferral(models.Model):
    """What the force tells an authority: about a child (social-care) or a position of trust (designated-officer)."""

    kind = models.CharField(max_length=20)  # social-care | designated-officer
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="safeguarding_referrals")
    child = models.ForeignKey(
        Child, null=True, on_delete=models.PROTECT, related_name="safeguarding_referrals"
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    """Whom it is about: the child, or the person in the position of trust."""
    authority = models.CharField(max_length=12)
    restricted = models.BooleanField(default=False)
    """To the authority's named managers only."""
    urgent = models.BooleanField(default=False)
    handling = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    sent_how = models.CharField(max_length=200, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=120, blank=True)
    decision = models.CharField(max_length=40, blank=True)
    decision_reason = models.TextField(blank=True)
    rerouted_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="rerouted_from")
    idempotency_key = models.CharField(max_length=64, unique=True)
    payload = models.TextField()
    """The FHIR message as sent: the facts needed and no more. The authority's page shows this, nothing else."""
    signature = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["authority", "-id"], name="sref_authority"),
        ]

    @property
    def reference(self) -> str:
        return f"S-{self.pk:06d}"

    @property
    def thread(self) -> str:
        return f"safeguarding-referral:{self.pk}"


class Endpoint(models.Model):
    """An authority's machine address for referrals, and the key that verifies what comes back."""

    authority = models.CharField(max_length=12, unique=True)
    url = models.URLField(max_length=300)
    key_id = models.CharField(max_length=80)
    public_key = models.TextField()
    active = models.BooleanField(default=True)


class Delivery(models.Model):
    """The outbox: one referral by one way. Channel: inbox (Sooner's own), message (signed, retried), by-hand."""

    safeguarding_referral = models.ForeignKey(
        SafeguardingReferral, on_delete=models.PROTECT, related_name="deliveries"
    )
    channel = models.CharField(max_length=10)
    state = models.CharField(max_length=12)  # waiting | delivered
    attempts = models.IntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=200, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    claimed_by = models.CharField(max_length=120, blank=True)
    """The process that attempts it now, as host:pid: when that one is gone, its claim is nobody's."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["safeguarding_referral", "channel"], name="delivery_channel_once")
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state="waiting"), name="delivery_waiting"
            )
        ]


class Answer(models.Model):
    """An authority's machine answer: the document that holds its bytes, its signature, and what became of it."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="answer")
    authority = models.CharField(max_length=12, blank=True)
    """Whose signature held; empty where none did."""
    signature = models.TextField(blank=True)
    safeguarding_referral = models.ForeignKey(
        SafeguardingReferral, null=True, on_delete=models.PROTECT, related_name="answers"
    )
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.PROTECT, related_name="answers")
    received_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    refused = models.TextField(blank=True)
    """Why it was not taken, in a sentence."""

    class Meta:
        indexes = [models.Index(fields=["authority", "received_at"], name="answer_authority")]


class StrategyDiscussion(models.Model):
    """Police, social care and health decide together: section 47, and when the overt action happens."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="discussions")
    children = models.ManyToManyField(Child, related_name="discussions")
    arranged_by = models.CharField(max_length=120)
    arranged_at = models.DateTimeField()
    arranged_for = models.DateTimeField()
    place = models.CharField(max_length=160, blank=True)
    held_at = models.DateTimeField(null=True)
    attendees = models.JSONField(default=list)
    """[{"name": ..., "agency": "police" | "social-care" | "health" | "school" | "other"}]."""
    section_47 = models.BooleanField(null=True)
    decisions = models.TextField(blank=True)
    family_told = models.TextField(blank=True)
    """What the family is told, by whom and when."""
    recorded_by = models.CharField(max_length=120, blank=True)


class OvertAction(models.Model):
    """The jointly agreed overt step (arrest, search, visit) with its not-later-than time. Never silently extended:
    a slipped plan is decided again by a new discussion, which replaces it."""

    discussion = models.ForeignKey(StrategyDiscussion, on_delete=models.PROTECT, related_name="plans")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="overt_actions")
    what = models.CharField(max_length=200)
    not_later_than = models.DateTimeField()
    planned_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="planned")  # planned | taken | replaced
    slipped_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaces")


class PoliceProtection(models.Model):
    """Children Act 1989 s.46: its end is set when it begins, by policy/data/limits.toml; not extendable."""

    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="police_protections")
    taken_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    grounds = models.TextField()
    place = models.CharField(max_length=200)
    taken_by = models.CharField(max_length=120)
    designated_officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    told_authority_at = models.DateTimeField(null=True)
    told_child_at = models.DateTimeField(null=True)
    told_parents_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.TextField(blank=True)
