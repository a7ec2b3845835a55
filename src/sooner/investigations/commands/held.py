"""The frame of every command by a person: role checked, row locked, one unit of work, the entry's common
facts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sooner.access.decide import actor_for, require, visible
from sooner.access.models import User
from sooner.errors import NotFound, Refused
from sooner.investigations.commands.open import common_facts
from sooner.investigations.models import Investigation, JoinedReferral
from sooner.ledger.work import Subject, UnitOfWork, unit_of_work
from sooner.safeguarding.models import Child, SafeguardingReferral


@dataclass(frozen=True, slots=True)
class Held:
    """An investigation, locked, in a unit of work by a person who may see it."""

    work: UnitOfWork
    one: Investigation

    def record(self, event: str, **facts: object) -> None:
        """Put an event about the investigation on the record, with what every such entry says."""
        self.work.record(
            event,
            subject=Subject("investigation", self.one.pk),
            thread=self.one.thread,
            **{**common_facts(self.one), **facts},
        )


@contextmanager
def holding(
    user: User, capability: str, investigation: Investigation, *, closed: bool = False
) -> Iterator[Held]:
    """Lock the investigation for a command. Raises NotAllowed, NotFound, or Refused when it is (not)
    closed.
    """
    require(user, capability)
    with unit_of_work(actor_for(user)) as work:
        rows = Investigation.objects.select_for_update(of=("self",)).filter(pk=investigation.pk)
        one = visible(rows, user).first()
        if one is None:
            raise NotFound("There is no such investigation, or you do not need to know it.")
        if one.closed_at is not None and not closed:
            raise Refused(f"{one.reference} is closed. Open it again first.")
        if one.closed_at is None and closed:
            raise Refused(f"{one.reference} is open already. Nothing changed.")
        yield Held(work, one)


def said(reason: str, words: str) -> str:
    """A given reason, without spaces around it. Raises Refused with these words when it is empty."""
    if not reason.strip():
        raise Refused(words)
    return reason.strip()


def referral_ids(one: Investigation) -> list[int]:
    """The referrals that belong to an investigation."""
    rows = JoinedReferral.objects.filter(investigation=one).order_by("referral")
    return list(rows.values_list("referral_id", flat=True))


def threads_of(one: Investigation) -> list[str]:
    """An investigation's own thread, and those of its referrals."""
    return [one.thread, *(f"referral:{pk}" for pk in referral_ids(one))]


def all_threads_of(one: Investigation) -> list[str]:
    """`threads_of`, and those of what social care was told about its children."""
    told = SafeguardingReferral.objects.filter(referral__in=referral_ids(one))
    return [*threads_of(one), *(f"safeguarding-referral:{pk}" for pk in told.values_list("pk", flat=True))]


def children_at_risk(one: Investigation) -> list[Child]:
    """Children of its referrals whom nobody has ruled out."""
    rows = Child.objects.filter(referral__in=referral_ids(one)).exclude(state="ruled-out")
    return list(rows.select_related("person").order_by("pk"))
