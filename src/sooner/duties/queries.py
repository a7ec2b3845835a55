"""Reading duties: my work by what harms a child soonest, the late list, and the duties of one thing.

Each list is answered from an index, a page at a time: the first page costs the same among ten duties and a million.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from sooner.access.decide import Reader, may, visible
from sooner.access.models import User
from sooner.duties import scopes
from sooner.duties.links import labels_for, link_of
from sooner.duties.models import LATE, OPEN, Duty, Extension
from sooner.duties.rules import next_escalation, rule_of
from sooner.errors import NotFound
from sooner.ledger.models import Entry
from sooner.policy.loader import get_policy
from sooner.policy.model import DutyRule

PAGE = 25
COUNTED = 1000
CURSOR = re.compile(r"(\d{1,4})~(\d{1,17})~(\d{1,18})")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """A duty as a list shows it."""

    duty: Duty
    rule: DutyRule
    about: str
    link: str
    owner: str
    outside: bool = False
    """The record is restricted, and the reader may know only that this is late."""


@dataclass(frozen=True, slots=True)
class DutyPage:
    """A page of a list; `after` is the cursor of what follows, None at the end."""

    rows: Sequence[Row]
    after: str | None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class LateCount:
    """How many of one kind of duty are late: exact to 1,000, then `1,000+`."""

    key: str
    title: str
    count: str


def my_work(user: User, *, after: str = "", limit: int = PAGE) -> DutyPage:
    """What the reader's own unit, authority or person must do, what harms a child soonest first."""
    return _page(scopes.work(Reader(user)), user, OPEN, after=after, limit=limit)


def my_open_count(user: User) -> str:
    """How many: exact to 1,000, then `1,000+`."""
    return _capped(len(_keys(scopes.work(Reader(user)), OPEN)))


def late(user: User, *, after: str = "", limit: int = PAGE) -> DutyPage:
    """What is late, among what the reader may see; what was late stays here until it is done, though its time was moved."""
    return _page(scopes.seen(Reader(user)), user, OPEN & LATE, after=after, limit=limit)


def late_counts(user: User) -> list[LateCount]:
    """How many late duties of each kind the reader sees, counted over the 1,000 that harm soonest."""
    keys = _keys(scopes.seen(Reader(user)), OPEN & LATE)
    full = len(keys) > COUNTED
    known = get_policy().duties
    return [
        LateCount(key, known[key].title if key in known else key, f"{count:,}{'+' if full else ''}")
        for key, count in Counter(keys.values()).most_common()
    ]


def _keys(branches: Iterable[Q], state: Q) -> dict[int, str]:
    """At most 1,001 duties and what kind each is; more are not counted."""
    found: dict[int, str] = {}
    for branch in branches:
        rows = Duty.objects.filter(state, branch).order_by("harm", "due_at", "pk")
        found |= dict(rows.values_list("pk", "key")[: COUNTED + 1])
    return dict(list(found.items())[: COUNTED + 1])


def _capped(count: int) -> str:
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"


def _page(branches: Iterable[Q], user: User, state: Q, *, after: str, limit: int) -> DutyPage:
    """Each branch gives its first rows from its own index; merged, they are the first rows of all."""
    found: dict[int, Duty] = {}
    for branch in branches:
        rows = Duty.objects.filter(state, branch).order_by("harm", "due_at", "pk").select_related("officer")
        found |= {duty.pk: duty for duty in _first(rows, after, limit + 1)}
    ordered = sorted(found.values(), key=lambda duty: (duty.harm, duty.due_at, duty.pk))
    page = ordered[:limit]
    return DutyPage(_rows(page, user), _cursor(page[-1]) if len(ordered) > limit else None)


def _first(rows: QuerySet[Duty], after: str, wanted: int) -> Iterator[Duty]:
    """The first rows behind the cursor, by one range of the index after another."""
    for step in _steps(after):
        if wanted <= 0:
            return
        for duty in rows.filter(step)[:wanted]:
            wanted -= 1
            yield duty


def _steps(cursor: str) -> list[Q]:
    """What follows a cursor: the same moment, the same harm later, more distant harm. A damaged cursor begins anew."""
    read = CURSOR.fullmatch(cursor)
    if read is None:
        return [Q()]
    harm, micros, pk = (int(part) for part in read.groups())
    try:
        due = EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return [Q()]
    return [Q(harm=harm, due_at=due, pk__gt=pk), Q(harm=harm, due_at__gt=due), Q(harm__gt=harm)]


def _cursor(duty: Duty) -> str:
    return f"{duty.harm}~{(duty.due_at - EPOCH) // timedelta(microseconds=1)}~{duty.pk}"


def _rows(duties: Sequence[Duty], user: User) -> list[Row]:
    names, reader = labels_for(duties, user), Reader(user)
    return [
        Row(
            duty,
            rule_of(duty),
            names[duty.subject_kind, duty.subject_id],
            link_of(duty, user) if scopes.sees_inside(reader, duty) else "",
            owner_of(duty),
            outside=not scopes.sees_inside(reader, duty),
        )
        for duty in duties
    ]


def owner_of(duty: Duty) -> str:
    """Whose duty it is, in words."""
    policy = get_policy()
    if duty.authority:
        known = policy.authorities.get(duty.authority)
        return known.name if known else duty.authority
    unit = policy.units.get(duty.unit)
    team = unit.name if unit else "the force"
    if duty.role:
        role = policy.roles.get(duty.role)
        return f"{role.title if role else duty.role}, {team}"
    return duty.officer.name if duty.officer else team


def duties_of(
    user: User, *, threads: Iterable[str] | None = None, subject: tuple[str, int] | None = None
) -> list[Duty]:
    """The open duties of threads, or of one record, that the reader may see: at most 100, what harms soonest first."""
    rows = visible(Duty.objects.filter(OPEN), user).select_related("officer")
    if threads is None and subject is None:
        return []
    if threads is not None:
        rows = rows.filter(thread__in=list(threads))
    if subject is not None:
        rows = rows.filter(subject_kind=subject[0], subject_id=subject[1])
    return sorted(rows[:1000], key=lambda duty: (duty.harm, duty.due_at, duty.pk))[:100]


def duty_for(user: User, pk: int) -> Row:
    """One duty, if the reader may see it. Raises NotFound."""
    found = visible(Duty.objects.filter(pk=pk), user).select_related("officer").first()
    if found is None:
        raise NotFound("There is no such duty, or it is not yours to see.")
    return _rows([found], user)[0]


def extensions_of(user: User, duty: Duty) -> list[Extension]:
    """Every recorded move of its due time, the latest first. Nothing to a reader who may only know that it is late."""
    if not scopes.sees_inside(Reader(user), duty):
        return []
    return list(Extension.objects.filter(duty=duty).select_related("by").order_by("-pk"))


def history_of(user: User, duty: Duty) -> list[Entry]:
    """The entries that opened, moved, handed on, escalated and discharged it, the latest first; views are left out. Nothing to
    a reader who may only know that it is late."""
    if not scopes.sees_inside(Reader(user), duty):
        return []
    own = Q(subject_kind="duty", subject_id=duty.pk) & ~Q(event="record.viewed")
    return list(
        Entry.objects.filter(own | Q(pk__in=[duty.opened_by, duty.discharged_by or 0])).order_by("-pk")[:100]
    )


def latest_extension(duty: Duty) -> datetime | None:
    """The latest due time that policy allows; None when the duty can never be extended."""
    allowed = rule_of(duty).extension
    return duty.first_due_at + timedelta(hours=allowed.max_hours) if allowed else None


def may_extend(user: User, duty: Duty) -> bool:
    """Whether this reader could extend this duty at all: the page then offers it."""
    allowed = rule_of(duty).extension
    return (
        allowed is not None
        and duty.discharged_at is None
        and user.role in allowed.by
        and may(user, "duty.extend")
        and duty.due_at < duty.first_due_at + timedelta(hours=allowed.max_hours)
    )


def may_reassign(user: User, duty: Duty) -> bool:
    """Whether this reader could hand this duty on."""
    return duty.discharged_at is None and not duty.authority and may(user, "duty.reassign")


def heard_next(duty: Duty) -> tuple[str, datetime] | None:
    """The title of the role that hears next while the duty is not done, and when; None when nobody further does."""
    policy = get_policy()
    step = next_escalation(duty, rule_of(duty), policy) if duty.discharged_at is None else None
    return (policy.roles[step[0].to].title, step[1]) if step else None
