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
from sooner.duties.rules import next_escalation
from sooner.errors import Refused
from sooner.ledger import clock
from sooner.ledger.work import SYSTEM, Subject, UnitOfWork, unit_of_work
from sooner.policy.loader import get_policy

TICK_BATCH = 1000


def extend(user: User, *, duty: Duty, until: datetime, reason: str) -> Extension:
    """Move a due time: only where policy allows, by the roles it names, not beyond its maximum from the first due time.

    Raises Refused with the rule that says no. The authority and the inspector see the extension.
    """
    require(user, "duty.extend")
    rule = get_policy().duties[duty.key]
    if rule.extension is None:
        raise Refused(f"'{rule.title}' can never be extended. It ends only when it is done.")
    if user.role not in rule.extension.by:
        raise Refused(f"'{rule.title}' may be extended by: {', '.join(_titles(rule.extension.by))}.")
    if not reason.strip():
        raise Refused("Give the reason for the extension: the partner and the inspector see it.")
    with unit_of_work(actor_for(user)) as work:
        held = Duty.objects.select_for_update().get(pk=duty.pk)
        _check_extension(held, until, rule.extension.max_hours)
        made = Extension.objects.create(
            duty=held, from_due_at=held.due_at, until=until, reason=reason.strip(), by=user, at=clock.now()
        )
        held.due_at = held.next_tick_at = until
        held.late_at, held.escalations = None, 0
        held.save(update_fields=["due_at", "next_tick_at", "late_at", "escalations"])
        _record(work, "duty.extended", held, from_due=made.from_due_at.isoformat(), until=until.isoformat(), reason=reason.strip())
    return made


def _check_extension(duty: Duty, until: datetime, max_hours: int) -> None:
    limit = duty.first_due_at + timedelta(hours=max_hours)
    if duty.discharged_at is not None:
        raise Refused("This duty is done. Nothing changed.")
    if until <= duty.due_at:
        raise Refused("An extension must be later than the due time.")
    if until > limit:
        zone = get_policy().force.zone
        raise Refused(f"The latest time that policy allows is {limit.astimezone(zone):%-d %B %Y, %H:%M}.")


def _titles(roles: Iterable[str]) -> list[str]:
    return [get_policy().roles[role].title for role in roles]


def reassign(user: User, *, duty: Duty, unit: str | None = None, officer: User | None = None, reason: str) -> None:
    """Hand a duty to another unit or officer of the force, with a reason. Its clock goes on."""
    require(user, "duty.reassign")
    if duty.authority:
        raise Refused("This duty is the local authority's. Police cannot hand it on.")
    if unit is not None and unit not in get_policy().units:
        raise Refused(f"There is no unit {unit!r}.")
    if not reason.strip():
        raise Refused("Give the reason for handing the duty on.")
    with unit_of_work(actor_for(user)) as work:
        held = Duty.objects.select_for_update().get(pk=duty.pk)
        if held.discharged_at is not None:
            raise Refused("This duty is done. Nothing changed.")
        held.unit = unit or (officer.unit if officer else held.unit)
        held.officer = officer
        held.save(update_fields=["unit", "officer"])
        _record(work, "duty.reassigned", held, unit=held.unit, officer=officer.pk if officer else None, reason=reason.strip())


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
    """Keep the duties of these threads from those who do not need to know, in the caller's unit of work."""
    Duty.objects.filter(thread__in=threads).update(restricted=restricted)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one look at the clocks found."""

    became_late: int
    escalated: int

    @property
    def total(self) -> int:
        return self.became_late + self.escalated


def tick(*, limit: int = TICK_BATCH) -> Ticked:
    """Find what became late and what is due to be escalated; safe in several processes at once."""
    policy, now = get_policy(), clock.now()
    late = escalated = 0
    with unit_of_work(SYSTEM) as work:
        due = Duty.objects.filter(discharged_at__isnull=True, next_tick_at__lte=now).order_by("next_tick_at")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        duties = list(due[:limit])
        for duty in duties:
            rule = policy.duties.get(duty.key)
            if duty.late_at is None:
                duty.late_at = now
                late += 1
                _record(work, "duty.became-late", duty, due=duty.due_at.isoformat())
            while rule and (step := next_escalation(duty, rule, policy)) and step[1] <= now:
                duty.escalations += 1
                escalated += 1
                _record(work, "duty.escalated", duty, to=step[0].to, level=duty.escalations)
            coming = next_escalation(duty, rule, policy) if rule else None
            duty.next_tick_at = coming[1] if coming else None
        Duty.objects.bulk_update(duties, ["late_at", "escalations", "next_tick_at"], batch_size=250)
    return Ticked(late, escalated)


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
