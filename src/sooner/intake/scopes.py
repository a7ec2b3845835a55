"""Which of the intake's rows a reader sees, and what they are called in lists."""

from collections.abc import Iterable

from django.db.models import Q

from sooner.access.decide import NOTHING, Reader, by_unit
from sooner.access.models import User
from sooner.intake.models import Document, Referral


def referrals(reader: Reader) -> Q:
    """Police by unit; a restricted referral only with need-to-know. Authorities see no referral at all."""
    mine = by_unit(reader)
    return (mine & Q(restricted=False)) | Q(pk__in=reader.known_ids("referral"))


def documents(reader: Reader) -> Q:
    """Those who receive for the force see documents, but not one behind a restricted referral they need not know."""
    if reader.scope != "force":
        return NOTHING
    hidden = Referral.objects.filter(restricted=True).exclude(pk__in=reader.known_ids("referral"))
    return ~Q(readings__referral__in=hidden)


def referral_labels(ids: Iterable[int], user: User) -> dict[int, str]:
    return {pk: f"Referral R-{pk:06d}" for pk in ids}


def document_labels(ids: Iterable[int], user: User) -> dict[int, str]:
    return {pk: f"Document {pk}" for pk in ids}
