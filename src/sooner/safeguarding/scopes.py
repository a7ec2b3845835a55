"""Which of this room's rows a reader sees: police by the referral's unit, an authority its own referrals and nothing else."""

from collections.abc import Iterable

from django.db.models import Q

from sooner.access.decide import NOTHING, Reader, by_unit, visible
from sooner.access.models import User
from sooner.intake.models import Referral
from sooner.intake.scopes import referrals
from sooner.people.queries import age_of
from sooner.safeguarding.models import Child, SafeguardingReferral


def _police(reader: Reader, path: str = "referral") -> Q:
    mine = by_unit(reader, unit=f"{path}__unit")
    return (mine & Q(**{f"{path}__restricted": False})) | Q(**{f"{path}__in": reader.known_ids("referral")})


def children(reader: Reader) -> Q:
    """An authority sees a child only through what it was told, never the police record."""
    return _police(reader)


def safeguarding_referrals(reader: Reader) -> Q:
    """An authority's own; those for named managers only to them."""
    if reader.scope == "authority":
        mine = Q(authority=reader.authority, sent_at__isnull=False) if reader.authority else NOTHING
        return mine if reader.user.named_manager else mine & Q(restricted=False)
    return _police(reader)


def discussions(reader: Reader) -> Q:
    """An authority sees the discussions about children it was told of."""
    if reader.scope == "authority":
        told = SafeguardingReferral.objects.filter(safeguarding_referrals(reader)).values("child_id")
        return Q(children__in=told)
    return _police(reader)


def overt_actions(reader: Reader) -> Q:
    if reader.scope == "authority":
        told = SafeguardingReferral.objects.filter(safeguarding_referrals(reader)).values("child_id")
        return Q(discussion__children__in=told)
    return _police(reader)


def protections(reader: Reader) -> Q:
    return _police(reader, "child__referral")


def child_labels(ids: Iterable[int], user: User) -> dict[int, str]:
    """Children as lists name them: name and age; numbers for readers who see no names, and for those who may not see them."""
    masked = Reader(user).names_masked
    found = visible(Child.objects.filter(pk__in=list(ids)).select_related("person"), user)
    return {child.pk: child_name(child, masked=masked) for child in found}


def child_name(child: Child, *, masked: bool) -> str:
    """The child's name and age, or a number where names are not shown."""
    name = f"Child {child.reference}" if masked or not child.person.name else child.person.name
    age = age_of(child.person)
    return f"{name}, {age}" if age is not None else f"{name}, age not known"


def referral_labels(ids: Iterable[int], user: User) -> dict[int, str]:
    return {pk: f"Referral to social care S-{pk:06d}" for pk in ids}


def discussion_labels(ids: Iterable[int], user: User) -> dict[int, str]:
    return {pk: f"Strategy discussion {pk}" for pk in ids}


def plan_labels(ids: Iterable[int], user: User) -> dict[int, str]:
    return {pk: f"Joint plan {pk}" for pk in ids}


def persons(reader: Reader) -> Q:
    """The children at risk that the reader sees lead to their persons."""
    if reader.scope in {"none", "authority"}:
        return NOTHING
    return Q(pk__in=Child.objects.filter(children(reader)).values("person_id"))


def at_risk(ids: Iterable[int], user: User) -> dict[int, str]:
    """Which of these persons are children at risk in a referral that the reader sees."""
    held = Child.objects.filter(
        person__in=list(ids), referral__in=Referral.objects.filter(referrals(Reader(user)))
    ).exclude(state="ruled-out")
    return dict.fromkeys(held.values_list("person_id", flat=True), "at-risk")
