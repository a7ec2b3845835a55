"""Things that happen: ledger events as the rooms record them, and the duties that they open."""

from itertools import count
from typing import Any

from sooner.duties.models import Duty
from sooner.ledger.work import SYSTEM, Recorded, Subject, unit_of_work
from sooner.policy.loader import get_policy

_numbers = count(1000)


def happens(event: str, pk: int | None = None, *, thread: str = "", **facts: Any) -> Recorded:
    """Record one event about record `pk` of its kind (a new one by default), in a unit of work of its own."""
    with unit_of_work(SYSTEM) as work:
        kind = get_policy().events[event].subject
        subject = Subject(kind, pk if pk is not None else next(_numbers))
        return work.record(event, subject=subject, thread=thread or "referral:1", **facts)


def a_duty(event: str = "household.not-found", *, key: str = "", thread: str = "", **facts: Any) -> Duty:
    """An open duty, opened by its event; by default to find a household, in the first unit."""
    facts.setdefault("unit", next(iter(get_policy().units)))
    entry = happens(event, thread=thread, **facts)
    rows = Duty.objects.filter(opened_by=entry.entry_id)
    return rows.get(key=key) if key else rows.order_by("pk")[0]


def to_acknowledge(*, thread: str = "", **facts: Any) -> Duty:
    """Camden's open duty to acknowledge a police referral about one child."""
    facts = {"child": [1], "authority": "E09000007", **facts}
    return a_duty("safeguarding-referral.sent", key="acknowledge-referral", thread=thread, **facts)
