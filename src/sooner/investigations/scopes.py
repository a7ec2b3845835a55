"""Which investigations a reader sees, and what they are called in lists."""

from collections.abc import Iterable

from django.db.models import Q

from sooner.access.decide import Reader, by_unit
from sooner.access.models import User
from sooner.investigations.models import Action, JoinedReferral


def investigations(reader: Reader) -> Q:
    """Police by unit, and whoever leads one; a restricted one only with need-to-know, which its lead has."""
    mine = by_unit(reader, officer="lead")
    inside = Q(pk__in=reader.known_ids("investigation")) | Q(lead=reader.user.pk)
    return (mine & Q(restricted=False)) | inside


def actions(reader: Reader) -> Q:
    """The actions of the investigations that the reader sees."""
    mine = by_unit(reader, unit="investigation__unit", officer="investigation__lead") | Q(
        owner=reader.user.pk
    )
    known = Q(investigation__in=reader.known_ids("investigation"))
    return (mine & Q(investigation__restricted=False)) | known


def investigation_labels(ids: Iterable[int], user: User) -> dict[int, str]:
    return {pk: f"Investigation I-{pk:06d}" for pk in ids}


def action_labels(ids: Iterable[int], user: User) -> dict[int, str]:
    rows = Action.objects.filter(pk__in=list(ids)).values_list("pk", "investigation_id")
    return {pk: f"Action {pk} of I-{investigation:06d}" for pk, investigation in rows}


def referrals_of(threads: frozenset[str]) -> set[str]:
    """The threads of the referrals that joined these investigations."""
    numbers = [int(one.removeprefix("investigation:")) for one in threads if one.startswith("investigation:")]
    if not numbers:
        return set()
    joined = JoinedReferral.objects.filter(investigation__in=numbers).values_list("referral_id", flat=True)
    return {f"referral:{pk}" for pk in joined}
