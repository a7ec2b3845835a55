"""Documents as they were received, and the referrals read from them. Bytes are stored before anything parses them;
of an attachment only fingerprints are kept, never its bytes."""

from django.db import models
from django.db.models import Q

from sooner.people.models import Person

NOT_READ = "not-read:"
"""Before what a thing is known again by whose bytes were not read, or that has none: it is no digest of bytes."""


class Document(models.Model):
    """Something received, whole. State: received, read, unreadable (before a person), settled, attachment, answer (an
    authority's: kept beside what it answers, never read as a referral)."""

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=300)
    size = models.BigIntegerField()
    via = models.CharField(max_length=12)  # upload | api | cli | folder | message
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=120)
    container = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="members")
    state = models.CharField(max_length=12, default="received")
    reason = models.TextField(blank=True)
    """Why it could not be read, in words for an officer; then what a person did about it."""
    settled_note = models.TextField(blank=True)
    times_received = models.IntegerField(default=1)
    about = models.ForeignKey("Referral", null=True, on_delete=models.PROTECT, related_name="answers")
    """The referral that an authority's answer is about, once that is known: who may see the one may see the other."""

    class Meta:
        indexes = [
            models.Index(fields=["state", "-id"], name="document_state"),
        ]

    @property
    def digest(self) -> str:
        """The SHA-256 of its bytes; empty where they were not read."""
        return "" if self.sha256.startswith(NOT_READ) else self.sha256


class Part(models.Model):
    """The received bytes, in parts of at most 4 MiB, in order."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="parts", db_index=False)
    place = models.IntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "place"], name="part_place")]


class Attachment(models.Model):
    """Fingerprints and name of a file that came with a document. Its bytes were dropped as they were read."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=300)
    size = models.BigIntegerField()
    md5 = models.CharField(max_length=32)
    sha1 = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)


class Referral(models.Model):
    """One report that somebody may harm children, with its versions."""

    source_format = models.CharField(max_length=24)
    number = models.CharField(max_length=120, blank=True)
    number_key = models.CharField(max_length=300, null=True, unique=True)  # noqa: DJ001  # none is no number: many may have none
    """The sender's number within its own numbering: what makes a second document a new version."""
    sender = models.CharField(max_length=160, blank=True)
    received_at = models.DateTimeField()
    incident_at = models.DateTimeField(null=True)
    incident_type = models.CharField(max_length=160, blank=True)
    urgent = models.BooleanField(default=False)
    unit = models.CharField(max_length=20, blank=True)
    restricted = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True)
    closed_reason = models.TextField(blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["unit", "-received_at"], name="referral_unit"),
            models.Index(fields=["-received_at"], name="referral_received"),
        ]

    @property
    def reference(self) -> str:
        return f"R-{self.pk:06d}"

    @property
    def thread(self) -> str:
        return f"referral:{self.pk}"


class Version(models.Model):
    """What one document says of a referral: the whole reading, with every field."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.IntegerField()
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="readings")
    member = models.IntegerField(default=0)
    """Which of a document's several reports this is, from 0."""
    content = models.TextField()
    """The engine's ReferralDocument as JSON."""
    differences = models.JSONField(default=list)
    """Against the version before: [{"field": ..., "before": ..., "after": ...}]."""
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["referral", "number"], name="version_number")]


class Party(models.Model):
    """A person a referral speaks of, by role, and which person of ours that is, with the explanation."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="parties")
    place = models.IntegerField()
    role = models.CharField(
        max_length=24
    )  # suspect | victim | intended-recipient | guardian | associate | reporter
    name = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="parties")
    how_matched = models.JSONField(default=list)
    """[{"person": 7, "certainty": "sure" | "possible", "words": "Same name and date of birth in ..."}]: which rule tied
    this party to which persons, on what evidence; a possible match is never taken as the person, and never dropped."""
    current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "place"], condition=Q(current=True), name="party_place"
            )
        ]
