"""What people and the clock may do to a duty: extend it where policy allows, hand it on, find it late, escalate it.

Nothing here opens, discharges or shortens a duty; `rules.py` does the first two from ledger events, nobody the third.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from sooner.access.decide import actor_for, require
from sooner.access.models import User
from sooner.duties.models import Duty, Extension
from sooner.duties.rules import next_escalation, rule_of
from sooner.duties.store import set_columns
from sooner.errors import Refused
from sooner.ledger import clock
from sooner.ledger.work import SYSTEM, Subject, UnitOfWork, unit_of_work
from sooner.policy.loader import get_policy

TICK_BATCH = 1000


def extend(user: User, *, duty: Duty, until: datetime, reason: str) -> Extension:
    """Move a due time: only where policy allows, by the roles it names, not beyond its maximum from the first due time.

    A duty that was late stays marked so: no extension takes a lateness back. Raises Refused with the rule that says no. The
    authority and the inspector see the extension.
    """
    require(user, "duty.extend")
    rule = rule_of(duty)
    if rule.extension is None:
        raise Refused(f"'{rule.title}' can never be extended. It ends only when it is done.")
    if user.role not in rule.extension.by:
        raise Refused(f"'{rule.title}' may be extended by: {', '.join(_titles(rule.extension.by))}.")
    if not reason.strip():
        raise Refused("Give the reason for the extension: the partner and the inspector see it.")
    _look_first(duty.pk)
    with unit_of_work(actor_for(user)) as work:
        held = Duty.objects.select_for_update().get(pk=duty.pk)
        _check_extension(held, until, rule.extension.max_hours)
        made = Extension.objects.create(
            duty=held, from_due_at=held.due_at, until=until, reason=reason.strip(), by=user, at=clock.now()
        )
        held.due_at = held.next_tick_at = until
        held.escalations = 0
        held.save(update_fields=["due_at", "next_tick_at", "escalations"])
        _record(
            work,
            "duty.extended",
            held,
            from_due=made.from_due_at.isoformat(),
            until=until.isoformat(),
            late_since=held.late_at.isoformat() if held.late_at else None,
            reason=reason.strip(),
        )
    return made


def _look_first(pk: int) -> None:
    """What is late by now is found late before its time moves, even where the tick has not come by yet."""
    with unit_of_work(SYSTEM) as work:
        held = Duty.objects.select_for_update().get(pk=pk)
        if held.discharged_at is None and held.next_tick_at and held.next_tick_at <= work.now:
            _note_late(work, held)
            _note_escalations(work, held)
            _store_ticked([held])


def _check_extension(duty: Duty, until: datetime, max_hours: int) -> None:
    limit = duty.first_due_at + timedelta(hours=max_hours)
    if duty.discharged_at is not None:
        raise Refused("This duty is done. Nothing changed.")
    if until <= max(duty.due_at, clock.now()):
        raise Refused("An extension must be later than the due time, and not in the past.")
    if until > limit:
        zone = get_policy().force.zone
        raise Refused(f"The latest time that policy allows is {limit.astimezone(zone):%-d %B %Y, %H:%M}.")


def _titles(roles: Iterable[str]) -> list[str]:
    return [get_policy().roles[role].title for role in roles]


def reassign(
    user: User, *, duty: Duty, unit: str | None = None, officer: User | None = None, reason: str
) -> None:
    """Hand a duty to another unit or officer of the force, with a reason. Its clock goes on.

    A role's duty stays the role's in another unit, and becomes the officer's when handed to one.
    """
    require(user, "duty.reassign")
    if duty.authority:
        raise Refused("This duty is the local authority's. Police cannot hand it on.")
    if unit is not None and unit not in get_policy().units:
        raise Refused(f"There is no unit {unit!r}.")
    if officer is not None and (officer.authority or not officer.is_active):
        raise Refused("A police duty can only be handed to an open police account.")
    if unit is None and officer is None:
        raise Refused("Choose the unit or the officer who takes the duty.")
    if not reason.strip():
        raise Refused("Give the reason for handing the duty on.")
    with unit_of_work(actor_for(user)) as work:
        held = Duty.objects.select_for_update().get(pk=duty.pk)
        if held.discharged_at is not None:
            raise Refused("This duty is done. Nothing changed.")
        held.unit = unit or (officer.unit if officer else held.unit)
        held.officer = officer
        held.role = "" if officer else held.role
        held.save(update_fields=["unit", "officer", "role"])
        _record(
            work,
            "duty.reassigned",
            held,
            unit=held.unit,
            officer=officer.pk if officer else None,
            reason=reason.strip(),
        )


def own_thread(
    work: UnitOfWork, *, threads: Sequence[str], unit: str | None = None, officer: int | None = None
) -> None:
    """Give the open police duties of these threads to a unit and an officer, in the caller's unit of work."""
    open_duties = Duty.objects.filter(thread__in=threads, discharged_at__isnull=True, authority="", role="")
    if unit is not None:
        open_duties.update(unit=unit)
    if officer is not None:
        open_duties.update(officer=officer)


def restrict_thread(work: UnitOfWork, *, threads: Sequence[str], restricted: bool = True) -> None:
    """Keep the police duties of these threads from those who do not need to know, in the caller's unit of work.

    What an authority was told stays told: its duties follow who in the authority has the referral.
    """
    Duty.objects.filter(thread__in=threads, authority="").update(restricted=restricted)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one look at the clocks found."""

    became_late: int
    escalated: int

    @property
    def total(self) -> int:
        return self.became_late + self.escalated


def tick(*, limit: int = TICK_BATCH) -> Ticked:
    """Find what became late and what is due to be escalated, at most `limit` duties; safe in several processes at once."""
    waiting = Duty.objects.filter(discharged_at__isnull=True, next_tick_at__lte=clock.now()).order_by(
        "next_tick_at"
    )
    if not waiting.exists():  # the common case, without taking SQLite's one write lock
        return Ticked(0, 0)
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True)
    late = escalated = 0
    with unit_of_work(SYSTEM) as work:
        duties = list(waiting[:limit])
        for duty in duties:
            late += _note_late(work, duty)
            escalated += _note_escalations(work, duty)
        _store_ticked(duties)
    return Ticked(late, escalated)


def _note_late(work: UnitOfWork, duty: Duty) -> int:
    """Record that the due time passed, once for each due time. The mark says since when it is late, and is never taken off."""
    if duty.next_tick_at is None or duty.next_tick_at > duty.due_at:
        return 0
    duty.late_at = duty.late_at or work.now
    _record(work, "duty.became-late", duty, due=duty.due_at.isoformat())
    return 1


def _note_escalations(work: UnitOfWork, duty: Duty) -> int:
    """Tell everybody whose time to hear has come; a worker that stood still catches up."""
    rule, policy, before = rule_of(duty), get_policy(), duty.escalations
    coming = next_escalation(duty, rule, policy)
    while coming and coming[1] <= work.now:
        duty.escalations += 1
        _record(work, "duty.escalated", duty, to=coming[0].to, level=duty.escalations)
        coming = next_escalation(duty, rule, policy)
    duty.next_tick_at = coming[1] if coming else None
    return duty.escalations - before


def _store_ticked(duties: Sequence[Duty]) -> None:
    set_columns(
        ("late_at", "escalations", "next_tick_at"),
        [(duty.pk, duty.late_at, duty.escalations, duty.next_tick_at) for duty in duties],
    )


def _record(work: UnitOfWork, event: str, duty: Duty, **facts: object) -> None:
    work.record(
        event,
        subject=Subject("duty", duty.pk),
        thread=duty.thread,
        duty=duty.key,
        about_kind=duty.subject_kind,
        about=duty.subject_id,
        harm=duty.harm,
        **facts,
    )
