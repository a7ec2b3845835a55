"""The unit of work: one transaction, its ledger entries, and what follows from them.

Every command of the product runs in one. It must never write an entry outside the transaction of the change it tells of.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from sooner.ledger import clock
from sooner.ledger.models import Entry
from sooner.policy.loader import get_policy

ANY_SUBJECT = "any"
_encoder = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: kind is `user`, `system` or `partner`; id is the user's or None."""

    kind: str
    id: int | None
    label: str


SYSTEM = Actor("system", None, "Sooner")


@dataclass(frozen=True, slots=True)
class Subject:
    """The record an entry or a duty is about, as kind and primary key."""

    kind: str
    id: int | None


@dataclass(slots=True)
class Recorded:
    """An entry on its way into the ledger; `effects` is filled by subscribers, `entry_id` at insertion."""

    at: datetime
    event: str
    actor: Actor
    subject: Subject
    thread: str
    facts: dict[str, Any]
    effects: list[dict[str, Any]] = field(default_factory=list)
    entry_id: int = 0

    def ids_of(self, kind: str) -> tuple[int, ...]:
        """The ids of records of `kind` this entry speaks of: its subject, else the fact of that name."""
        if self.subject.kind == kind:
            return (self.subject.id,) if self.subject.id is not None else ()
        value = self.facts.get(kind)
        if value is None:
            return ()
        return tuple(value) if isinstance(value, list | tuple) else (value,)


Apply = Callable[[], None]
Subscriber = Callable[[list[Recorded]], Apply]
"""Called with the entries before they are written (may annotate `effects`); what it returns runs after."""

_subscribers: list[Subscriber] = []


def subscribe(subscriber: Subscriber) -> None:
    """Have `subscriber` called for the entries of every unit of work; rooms do this once, at start."""
    if subscriber not in _subscribers:
        _subscribers.append(subscriber)


class UnknownEvent(Exception):
    """A command recorded an event that policy/data/events.toml does not declare, or with another subject."""


class UnitOfWork:
    """Collects the entries of one transaction; made by `unit_of_work`, not directly."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.pending: list[Recorded] = []

    @property
    def now(self) -> datetime:
        return clock.now()

    def record(self, event: str, *, subject: Subject, thread: str, **facts: Any) -> Recorded:
        """Add an entry by this unit's actor. Facts are codes, numbers, ids, times and given reasons."""
        return self.record_as(self.actor, event, subject=subject, thread=thread, **facts)

    def record_as(self, actor: Actor, event: str, *, subject: Subject, thread: str, **facts: Any) -> Recorded:
        declared = get_policy().events.get(event)
        if declared is None or declared.subject not in (ANY_SUBJECT, subject.kind):
            raise UnknownEvent(f"{event} about a {subject.kind}: declare it in policy/data/events.toml")
        known = {name: value for name, value in facts.items() if value is not None}
        recorded = Recorded(clock.now(), event, actor, subject, thread, known)
        self.pending.append(recorded)
        return recorded

    def flush(self) -> None:
        entries, self.pending = self.pending, []
        if not entries:
            return
        follow_ups = [subscriber(entries) for subscriber in _subscribers]
        rows = Entry.objects.bulk_create([_row(entry) for entry in entries])
        for entry, row in zip(entries, rows, strict=True):
            entry.entry_id = row.pk
        for apply in follow_ups:
            apply()
        self.flush()  # a follow-up may itself have recorded something


def _row(entry: Recorded) -> Entry:
    return Entry(
        at=entry.at,
        event=entry.event,
        actor_kind=entry.actor.kind,
        actor_id=entry.actor.id,
        actor_label=entry.actor.label,
        subject_kind=entry.subject.kind,
        subject_id=entry.subject.id,
        thread=entry.thread,
        body=_encoder.encode({"effects": entry.effects, "facts": entry.facts}).decode(),
    )


_current: ContextVar[UnitOfWork | None] = ContextVar("sooner_unit_of_work", default=None)


@contextmanager
def unit_of_work(actor: Actor) -> Iterator[UnitOfWork]:
    """One transaction with its ledger entries; a unit inside another joins it, as a savepoint."""
    outer = _current.get()
    if outer is not None:
        yield from _joined(outer, actor)
        return
    work = UnitOfWork(actor)
    token = _current.set(work)
    try:
        with transaction.atomic():
            yield work
            work.flush()
    finally:
        _current.reset(token)


def _joined(outer: UnitOfWork, actor: Actor) -> Iterator[UnitOfWork]:
    before, held = outer.actor, len(outer.pending)
    outer.actor = actor
    try:
        with transaction.atomic():
            yield outer
    except BaseException:
        del outer.pending[held:]
        raise
    finally:
        outer.actor = before


def record_view(actor: Actor, *, subject: Subject, thread: str, page: str, **facts: Any) -> None:
    """Put on the record that personal data was shown: to whom, of which record, on which page."""
    with unit_of_work(actor) as work:
        work.record("record.viewed", subject=subject, thread=thread, page=page, **facts)
