"""A report that joins a restricted investigation is restricted too: the same named people, from the same moment on."""

from collections.abc import Sequence

from sooner.access.models import Grant
from sooner.access.threads import mark_restricted
from sooner.duties.commands import restrict_thread
from sooner.intake.models import Referral
from sooner.investigations.models import Investigation
from sooner.ledger import clock
from sooner.ledger.work import Subject, UnitOfWork


def restrict_joining(work: UnitOfWork, one: Investigation, referrals: Sequence[Referral]) -> None:
    """Restrict the referrals of `referrals` that are not yet; who may see the investigation may see them."""
    fresh = [referral for referral in referrals if not referral.restricted]
    if not fresh:
        return
    for referral in fresh:
        referral.restricted = True
    Referral.objects.filter(pk__in=[referral.pk for referral in fresh]).update(restricted=True)
    threads = [referral.thread for referral in fresh]
    mark_restricted(threads, since=clock.now())
    restrict_thread(work, threads=threads)
    _let_the_same_in(one, threads)
    for referral in fresh:
        work.record(
            "referral.restricted",
            subject=Subject("referral", referral.pk),
            thread=referral.thread,
            investigation=one.pk,
            unit=referral.unit,
            restricted=True,
            how="policy",
        )


def _let_the_same_in(one: Investigation, threads: Sequence[str]) -> None:
    """The same grants as of the investigation, by whoever granted them, with their reasons."""
    held = list(Grant.objects.filter(thread=one.thread, withdrawn_at=None))
    Grant.objects.bulk_create(
        [
            Grant(
                user_id=grant.user_id,
                thread=thread,
                granted_by_id=grant.granted_by_id,
                granted_at=clock.now(),
                reason=grant.reason,
            )
            for grant in held
            for thread in threads
        ]
    )
