"""Persons and what is known of them, each fact with its source and its time.

A `Person` is a number that stays; `Record` rows are what each source says about that person. Roles (suspect, child at
risk, parent) are facts about a person in an investigation, never kinds of person, so none stands here.
"""

from django.db import models
from django.db.models import Q


class Source(models.Model):
    """Where facts came from: a loaded partner extract, a referral document, or an officer's entry."""

    kind = models.CharField(max_length=20)  # extract | referral | officer
    name = models.CharField(max_length=120)
    key = models.CharField(max_length=80, unique=True)
    """extract:<mapping key>, referral:<pk>, officer:<pk>: one row per source, reused by its later versions."""
    as_of = models.DateTimeField()
    loaded_at = models.DateTimeField()
    lawful_basis = models.CharField(max_length=200, blank=True)


class ExtractLoad(models.Model):
    """One loading of a partner's file, with its validation report."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="loads")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    rows = models.IntegerField()
    accepted = models.IntegerField()
    rejected = models.IntegerField()
    report = models.JSONField(default=list)
    """[{"row": 7, "field": "dob", "problem": "..."}], the first 1,000 problems."""
    unread = models.JSONField(default=list)
    """Columns of the file that no purpose needs: their names; what they held was never read."""
    expired_at = models.DateTimeField(null=True)
    """When what it brought was deleted; the same file may then be loaded again."""


class Person(models.Model):
    """A person's stable number and the best-known name, birth date and sex."""

    name = models.CharField(max_length=200)
    dob = models.DateField(null=True)
    sex = models.CharField(max_length=12, blank=True)
    created_at = models.DateTimeField()
    joined_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="joined")


class Record(models.Model):
    """What one source says about a person."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="records")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="records")
    external_id = models.CharField(max_length=80)
    given_names = models.CharField(max_length=120, blank=True)
    family_name = models.CharField(max_length=120, blank=True)
    aliases = models.JSONField(default=list)
    dob = models.DateField(null=True)
    sex = models.CharField(max_length=12, blank=True)
    occupation = models.CharField(max_length=120, blank=True)
    school = models.CharField(max_length=160, blank=True)
    nhs_number = models.CharField(max_length=10, blank=True)
    upn = models.CharField(max_length=13, blank=True)
    legal_status = models.CharField(max_length=80, blank=True)
    detail = models.JSONField(default=dict)
    """The source's further mapped fields as text (ethnicity, language, gp, disability, worker, flags...)."""
    as_of = models.DateTimeField()
    listed = models.BooleanField(default=True)
    """The source lists this person in a row of their own; False: mentioned in the row of another."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="record_once")]
        indexes = [models.Index(fields=["source", "as_of"], name="record_age")]


class Key(models.Model):
    """What a person can be found by, normalised, its kind in front: `name-dob:`, `name-address:`, `phone:`, `email:`,
    `account:`, `upn:`, `nhs:`. The plain rules of `matching.py` read these by index."""

    value = models.CharField(max_length=220)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="keys")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="keys")

    class Meta:
        indexes = [models.Index(fields=["value"], name="key_value")]


class Address(models.Model):
    """A place, once, however its sources write it. `key` is postcode and first line, normalised; `line` the first line alone."""

    key = models.CharField(max_length=120, unique=True)
    line1 = models.CharField(max_length=160, blank=True)
    line2 = models.CharField(max_length=160, blank=True)
    town = models.CharField(max_length=80, blank=True)
    postcode = models.CharField(max_length=8, blank=True)
    authority = models.CharField(max_length=12, blank=True)
    authority_how = models.CharField(max_length=24, blank=True)  # source | postcode | outward | person | ""
    line = models.CharField(max_length=160, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["line"], name="address_line"),
            models.Index(fields=["postcode"], name="address_postcode"),
        ]


class PostcodeArea(models.Model):
    """Postcode to local authority, loaded from the ONS Postcode Directory (`sooner load postcodes`)."""

    postcode = models.CharField(max_length=8, primary_key=True)
    authority = models.CharField(max_length=12)


class Residence(models.Model):
    """A source says that a person lives, or lived, at an address. Like every fact it hangs on its record: when the record
    is found to be of another person, the fact goes with it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="residences")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+", db_index=False)
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="residences")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=16, default="home")  # home | previous | second-home | work
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "address", "kind"], name="residence_once")]


class Contact(models.Model):
    """A phone, e-mail, online account, IP address or device a source ties to a person."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contacts")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10)  # phone | email | account | ip | device
    value = models.CharField(max_length=200)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "kind", "value"], name="contact_once")]


class Relationship(models.Model):
    """`person` is `kind` of `other`: parent, guardian, carer, sibling, partner, teacher, coach, childminder..."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="relationships")
    other = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="related_from")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+", db_index=False)
    other_record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "other_record", "kind"], name="relationship_once")
        ]


class Position(models.Model):
    """Work or volunteering at an organisation; `with_children` makes it a position of trust."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="positions")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+", db_index=False)
    organisation = models.CharField(max_length=160)
    role = models.CharField(max_length=120)
    authority = models.CharField(max_length=12, blank=True)
    with_children = models.BooleanField(default=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "organisation", "role"], name="position_once")
        ]


class Link(models.Model):
    """A person's decision that two records are, or are not, of one person; respected by every later resolution and run."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="links")
    other = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")
    same = models.BooleanField()
    via = models.CharField(max_length=10)  # person | review | split
    weight = models.FloatField(null=True)
    """What the model weighed when it was decided, in bits: these decisions are the labels by which it is assessed."""
    reason = models.TextField()
    by_label = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "other"], name="link_once"),
            models.CheckConstraint(condition=Q(record__lt=models.F("other")), name="link_ordered"),
        ]


class LinkageModel(models.Model):
    """A model that was trained here, whole, as JSON; the one adopted last is in force."""

    text = models.TextField()
    trained_at = models.DateTimeField()
    trained_on = models.CharField(max_length=200)
    rows = models.IntegerField()
    by_label = models.CharField(max_length=120)
    adopted_at = models.DateTimeField(null=True)


class LinkageRun(models.Model):
    """One linkage of all records, or of those that changed since the last, with what it did."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    by_label = models.CharField(max_length=120)
    incremental = models.BooleanField(default=False)
    model = models.CharField(max_length=80)
    """When and on what the model was trained."""
    records = models.IntegerField(default=0)
    pairs = models.IntegerField(default=0)
    joined = models.IntegerField(default=0)
    parted = models.IntegerField(default=0)
    doubtful = models.IntegerField(default=0)
    left_aside = models.IntegerField(default=0)
    """Records whose extracts may not be used for this: not compared with any other."""


class Prepared(models.Model):
    """A record's columns as the linkage model compares them (engines/linkage/fields.py), as a JSON list."""

    record = models.OneToOneField(Record, primary_key=True, on_delete=models.CASCADE, related_name="prepared")
    values = models.TextField()
    run = models.ForeignKey(LinkageRun, null=True, on_delete=models.SET_NULL, related_name="+")
    """The run that last took it in; none since it changed."""


class LinkKey(models.Model):
    """A key, hashed to 64 bits, under which the records that may be of one person stand together."""

    pk = models.CompositePrimaryKey("value", "record_id")
    value = models.BigIntegerField()
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")


class Doubt(models.Model):
    """Two records that may be of one person, and are not taken as one: below the sure weight, or kept apart by a rule."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="doubts")
    other = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")
    weight = models.FloatField(db_index=True)
    why = models.CharField(max_length=10, blank=True)  # rule | source | apart
    run = models.ForeignKey(LinkageRun, on_delete=models.CASCADE, related_name="doubts")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "other"], name="doubt_once")]
