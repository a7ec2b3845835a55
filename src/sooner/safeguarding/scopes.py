"""Which of this room's rows a reader sees: police by the referral's unit, an authority its own referrals and nothing else."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from sooner.access.decide import NOTHING, Reader, by_unit, visible
from sooner.access.models import User
from sooner.engines.formats.social_care import message
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


def _told_of(reader: Reader) -> Q:
    """The children that an authority was told of and that are still its own: not those it passed on."""
    return Q(
        pk__in=SafeguardingReferral.objects.filter(safeguarding_referrals(reader), rerouted_to=None).values(
            "child_id"
        )
    )


def discussions(reader: Reader) -> Q:
    """An authority sees the discussions about children it was told of."""
    if reader.scope == "authority":
        return Q(children__in=Child.objects.filter(_told_of(reader)))
    return _police(reader)


def overt_actions(reader: Reader) -> Q:
    """An authority sees the joint plans that discussions about its children agreed."""
    if reader.scope == "authority":
        return Q(discussion__children__in=Child.objects.filter(_told_of(reader)))
    return _police(reader)


def protections(reader: Reader) -> Q:
    return _police(reader, "child__referral")


def child_labels(ids: Iterable[int], user: User) -> dict[int, str]:
    """Children as lists name them: name and age; numbers for readers who see no names, and for those who may not see them.
    An authority knows a child by the referral about it."""
    reader = Reader(user)
    if reader.scope == "authority":
        told = _own(user).filter(child__in=list(ids)).order_by("pk")
        return {row.child_id: _about(row) for row in told if row.child_id is not None}
    found = visible(Child.objects.filter(pk__in=list(ids)).select_related("person"), user)
    return {child.pk: child_name(child, masked=reader.names_masked) for child in found}


def _own(user: User) -> QuerySet[SafeguardingReferral]:
    return visible(SafeguardingReferral.objects.all(), user)


def _about(row: SafeguardingReferral) -> str:
    """Whom a referral is about, as the authority was told, which is all that an authority sees."""
    told = message.decode(row.payload)
    if told.child is not None:
        age = f", {told.child.age}" if told.child.age is not None else ", age not known"
        return f"{told.child.name}{age} ({row.reference})"
    name = next((adult.name for adult in told.adults if adult.is_suspect), "Name not known")
    return f"{name} ({row.reference})"


def child_name(child: Child, *, masked: bool) -> str:
    """The child's name and age, or a number where names are not shown."""
    name = f"Child {child.reference}" if masked or not child.person.name else child.person.name
    age = age_of(child.person)
    return f"{name}, {age}" if age is not None else f"{name}, age not known"


def referral_labels(ids: Iterable[int], user: User) -> dict[int, str]:
    """Referrals to an authority, with whom they are about: every list of work says for which child."""
    reader, numbers = Reader(user), list(ids)
    named = {pk: f"Referral to social care S-{pk:06d}" for pk in numbers}
    rows = _own(user).filter(pk__in=numbers)
    if reader.scope == "authority":
        return named | {row.pk: _about(row) for row in rows}
    plain = rows.select_related("child__person").defer("payload", "signature")
    return named | {
        row.pk: f"{child_name(row.child, masked=reader.names_masked)} ({row.reference})"
        for row in plain
        if row.child is not None
    }


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
