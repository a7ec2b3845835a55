"""Looking again: after a partner's extract was loaded, every open referral is resolved anew, because the child at risk may
be in it."""

from collections.abc import Sequence

from sooner.intake.models import Referral
from sooner.ledger.work import Subject, UnitOfWork


def look_again(work: UnitOfWork, extract_ids: Sequence[int]) -> None:
    """Call for a new resolution of all open referrals; the steps that follow add what is found and take nothing away."""
    for referral in Referral.objects.filter(closed_at=None).only("pk", "unit", "restricted"):
        work.record(
            "referral.look-again",
            subject=Subject("referral", referral.pk),
            thread=referral.thread,
            extract=max(extract_ids),
            unit=referral.unit or None,
        )
