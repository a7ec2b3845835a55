"""Expiry: what may be kept no longer is deleted, with every fact that hangs on it, and the deletion is on the ledger.

A record goes when it is older than its extract's retention or when the sharing agreement is over. Children already identified,
parties and investigations stand: they belong to the case. Nothing here runs as one large transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection
from django.db.models import Exists, ForeignObjectRel, Model, OuterRef, QuerySet

from sooner.ledger import clock
from sooner.ledger.work import SYSTEM, Actor, Subject, UnitOfWork, unit_of_work
from sooner.people.models import (
    Address,
    Contact,
    Doubt,
    ExtractLoad,
    Key,
    Link,
    LinkKey,
    Person,
    Position,
    Prepared,
    Record,
    Relationship,
    Residence,
    Source,
)
from sooner.people.purpose import agreement_over
from sooner.policy.loader import get_policy

AT_ONCE = 500
AGREEMENT, RETENTION = "agreement", "retention"
FACTS: tuple[tuple[type[Model], tuple[str, ...]], ...] = (
    (Key, ("record",)),
    (Residence, ("record",)),
    (Contact, ("record",)),
    (Position, ("record",)),
    (Relationship, ("record", "other_record")),
    (Link, ("record", "other")),
    (Doubt, ("record", "other")),
    (LinkKey, ("record",)),
    (Prepared, ("record",)),
)
"""Everything that hangs on a record, by the fields that lead to it; a test holds this against the models."""


@dataclass(frozen=True, slots=True)
class Due:
    """A source whose records, all or those before a time, may be kept no longer: why is `agreement` or `retention`."""

    source: Source
    why: str
    before: datetime | None
    """Records as of before this time; None: all of them."""

    @property
    def records(self) -> QuerySet[Record]:
        held = Record.objects.filter(source=self.source)
        return held if self.before is None else held.filter(as_of__lt=self.before)


@dataclass(slots=True)
class Expired:
    """What was deleted of a source, or in a rehearsal would be."""

    source: str
    title: str
    why: str
    records: int = 0
    persons: int = 0
    addresses: int = 0


def due_now() -> list[Due]:
    """Every source of the policy's extracts with what is due for deletion at this moment, whether or not it has such records.

    A source that the policy no longer names is not deleted by a missing line: it is not read (purpose.py), and the list of
    extracts says so.
    """
    now, rules = clock.now(), {rule.source_key: rule for rule in get_policy().extracts.values()}
    found = []
    for source in Source.objects.filter(key__in=rules).order_by("pk"):
        rule = rules[source.key]
        over = agreement_over(rule, now.date())
        before = None if over else now - timedelta(days=rule.retention_days)
        found.append(Due(source, AGREEMENT if over else RETENTION, before))
    return found


def expire(
    actor: Actor,
    *,
    dry_run: bool = False,
    seconds: float | None = None,
    progress: Callable[[int], None] = lambda records: None,
) -> list[Expired]:
    """Delete what is due, in transactions of AT_ONCE records with one ledger entry each; returns what went, by source.

    `dry_run`: count the records only. `seconds`: stop after about so long; what is left is found again. Safe to run twice.
    """
    until = None if seconds is None else monotonic() + seconds
    dues = due_now()
    found = [Expired(due.source.key, due.source.name, due.why) for due in dues]
    for due, gone in zip(dues, found, strict=True):
        if dry_run:
            gone.records = due.records.count()
            continue
        while _expire_some(actor, due, gone):
            progress(sum(one.records for one in found))
            if until is not None and monotonic() > until:
                return [one for one in found if one.records]
        _close_loads(due)
    return [one for one in found if one.records]


def expire_due() -> int:
    """What the worker does each day, a few seconds at a time: how many records went."""
    return sum(gone.records for gone in expire(SYSTEM, seconds=5))


def _expire_some(actor: Actor, due: Due, gone: Expired) -> bool:
    """Delete one batch in one unit of work; whether there was one."""
    with unit_of_work(actor) as work:
        rows = due.records.order_by("source", "as_of")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        batch = dict(rows.values_list("pk", "person_id")[:AT_ONCE])
        if not batch:
            return False
        homes = set(Residence.objects.filter(record__in=batch).values_list("address_id", flat=True))
        _delete_facts(list(batch))
        persons = _delete_persons(set(batch.values()))
        addresses = _delete_unheld(Address, homes)
        _leave_word(work, due, len(batch), persons, addresses)
    gone.records, gone.persons = gone.records + len(batch), gone.persons + persons
    gone.addresses += addresses
    return True


def _delete_facts(records: Sequence[int]) -> None:
    for model, fields in FACTS:
        for name in fields:
            _delete(model._default_manager.filter(**{f"{name}__in": records}))
    _delete(Record.objects.filter(pk__in=records))


def _delete(rows: QuerySet[Any]) -> int:
    """One statement: whatever hung on the rows is gone already, and the database refuses if it is not."""
    return rows._raw_delete(rows.db)


def _delete_persons(persons: set[int]) -> int:
    """Delete those of the persons, and of the numbers that lead to them, whom nothing holds any more; returns how many.

    A person whom a case holds keeps number and name.
    """
    waiting = persons | set(Person.objects.filter(joined_into__in=persons).values_list("pk", flat=True))
    count = 0
    while gone := _delete_unheld(Person, waiting):
        count += gone
    return count


def holders(model: type[Model]) -> list[tuple[type[Model], str]]:
    """Every table of every room that refers to rows of `model`, with the name of its field."""
    fields = model._meta.get_fields(include_hidden=True)
    return [(one.related_model, one.field.name) for one in fields if isinstance(one, ForeignObjectRel)]


def _delete_unheld(model: type[Person] | type[Address], numbers: Iterable[int]) -> int:
    """Delete the rows that no row of any room refers to, in whatever table: a later room's are counted without a change here."""
    free = model._default_manager.filter(pk__in=set(numbers))
    for holder, name in holders(model):
        free = free.filter(~Exists(holder._default_manager.filter(**{name: OuterRef("pk")})))
    pks = list(free.values_list("pk", flat=True))
    return _delete(model._default_manager.filter(pk__in=pks)) if pks else 0


def _leave_word(work: UnitOfWork, due: Due, records: int, persons: int, addresses: int) -> None:
    rule = get_policy().extracts[due.source.key.removeprefix("extract:")]
    work.record(
        "extract.expired",
        subject=Subject("extract", None),
        thread="force",
        source=due.source.key,
        why=due.why,
        agreement=rule.agreement.reference,
        ended=rule.agreement.expires.isoformat() if due.why == AGREEMENT else None,
        before=due.before.isoformat() if due.before else None,
        records=records,
        persons=persons,
        addresses=addresses,
    )


def _close_loads(due: Due) -> None:
    """The report of a loading whose records are gone quotes rows no longer, and its file may be loaded again."""
    loads = ExtractLoad.objects.filter(source=due.source, expired_at=None)
    if due.before is not None:
        loads = loads.filter(loaded_at__lt=due.before)
    loads.update(expired_at=clock.now(), report=[])
