"""Looking again: after a partner's extract was loaded or records were linked, open referrals are resolved anew, because the
child at risk may be found by it."""

from collections.abc import Sequence

from django.db.models import QuerySet

from sooner.intake.models import Party, Referral
from sooner.ledger.work import Subject, UnitOfWork
from sooner.people.models import Person


def look_again(work: UnitOfWork, extract_ids: Sequence[int]) -> None:
    """Call for a new resolution of all open referrals; the steps that follow add what is found and take nothing away."""
    _call(work, Referral.objects.all(), extract=max(extract_ids))


def look_again_after_linkage(work: UnitOfWork, run_ids: Sequence[int]) -> None:
    """The same, after a linkage run joined and parted persons."""
    _call(work, Referral.objects.all(), run=max(run_ids))


def look_again_at(work: UnitOfWork, person_ids: Sequence[int]) -> None:
    """The same for the referrals that speak of these persons or of whom they may be, after somebody decided who they are."""
    persons = set(person_ids)
    persons |= set(
        Person.objects.filter(pk__in=persons)
        .exclude(joined_into=None)
        .values_list("joined_into_id", flat=True)
    )
    doubtful = Party.objects.filter(current=True, referral__closed_at=None).exclude(how_matched=[])
    may_be = {
        referral
        for referral, matches in doubtful.values_list("referral_id", "how_matched").iterator()
        if any(match["person"] in persons for match in matches)
    }
    spoken_of = set(Party.objects.filter(person__in=persons).values_list("referral_id", flat=True))
    _call(work, Referral.objects.filter(pk__in=may_be | spoken_of))


def _call(work: UnitOfWork, referrals: QuerySet[Referral], **why: int) -> None:
    for referral in referrals.filter(closed_at=None).only("pk", "unit", "restricted"):
        work.record(
            "referral.look-again",
            subject=Subject("referral", referral.pk),
            thread=referral.thread,
            unit=referral.unit or None,
            **why,
        )
