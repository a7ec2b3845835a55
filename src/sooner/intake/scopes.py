"""Which of the intake's rows a reader sees, and what they are called in lists."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from sooner.access.decide import NOTHING, Reader, by_unit, visible
from sooner.access.models import User
from sooner.intake.models import Party, Referral
from sooner.people.models import Relationship, Residence
from sooner.people.purpose import FINDING_CHILDREN, permitted


def referrals(reader: Reader) -> Q:
    """Police by unit; a restricted referral only with need-to-know. Authorities see no referral at all."""
    mine = by_unit(reader)
    return (mine & Q(restricted=False)) | Q(pk__in=reader.known_ids("referral"))


def documents(reader: Reader) -> Q:
    """Those who receive for the force see documents, but not one behind a restricted referral they need not know."""
    if reader.scope != "force":
        return NOTHING
    hidden = Referral.objects.filter(restricted=True).exclude(pk__in=reader.known_ids("referral"))
    return ~Q(readings__referral__in=hidden) & ~Q(about__in=hidden)


def referral_labels(ids: Iterable[int], user: User) -> dict[int, str]:
    return {pk: f"Referral R-{pk:06d}" for pk in ids}


def document_labels(ids: Iterable[int], user: User) -> dict[int, str]:
    return {pk: f"Document {pk}" for pk in ids}


def persons(reader: Reader) -> Q:
    """Persons that a visible referral speaks of, and those who share a home or a tie with one of them."""
    if reader.scope in {"none", "authority"}:
        return NOTHING
    parties = Party.objects.filter(current=True, referral__in=Referral.objects.filter(referrals(reader)))
    spoken_of, may = parties.values("person_id"), permitted(FINDING_CHILDREN)
    lived, ties = may.of(Residence.objects.exclude(kind="work")), may.of(Relationship.objects.all())
    homes = lived.filter(person__in=spoken_of).values("address_id")
    return (
        Q(pk__in=spoken_of)
        | Q(pk__in=lived.filter(address__in=homes).values("person_id"))
        | Q(pk__in=ties.filter(other__in=spoken_of).values("person_id"))
        | Q(pk__in=ties.filter(person__in=spoken_of).values("other_id"))
        | Q(pk__in=possible_persons(parties))
    )


def possible_persons(parties: QuerySet[Party]) -> list[int]:
    """Persons that a party may be, and has not been decided to be."""
    rows = parties.exclude(how_matched=[]).values_list("how_matched", flat=True)[:5000]
    return [match["person"] for row in rows for match in row]


def suspects(ids: Iterable[int], user: User) -> dict[int, str]:
    """Who of these is a suspect in a referral that the reader sees."""
    held = Party.objects.filter(
        person__in=list(ids), role="suspect", current=True, referral__in=visible(Referral.objects.all(), user)
    )
    return {pk: "suspect" for pk in held.values_list("person_id", flat=True) if pk is not None}
