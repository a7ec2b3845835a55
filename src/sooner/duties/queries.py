"""Reading duties: my work by what harms a child soonest, the late list, and the duties of one thing.

Each list is answered from an index, a page at a time: the first page costs the same among ten duties and a million.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from sooner.access.decide import NOTHING, Reader, visible
from sooner.access.models import User
from sooner.duties.links import labels_for, link_of
from sooner.duties.models import Duty, Extension
from sooner.errors import NotFound
from sooner.policy.loader import get_policy
from sooner.policy.model import DutyRule

PAGE = 25
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """A duty as a list shows it."""

    duty: Duty
    rule: DutyRule
    about: str
    link: str
    owner: str


@dataclass(frozen=True, slots=True)
class DutyPage:
    """A page of a list; `after` is the cursor of what follows, None at the end."""

    rows: Sequence[Row]
    after: str | None
    before: str | None = None


def my_work(user: User, *, after: str = "", limit: int = PAGE) -> DutyPage:
    """What the reader's own unit, authority or person must do, what harms a child soonest first."""
    return _page(_mine(user), user, after, limit)


def my_open_count(user: User) -> str:
    """How many: exact to 1,000, then `1,000+`."""
    count = _mine(user)[: COUNTED + 1].count()
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"


def _mine(user: User) -> QuerySet[Duty]:
    reader = Reader(user)
    rows = _open()
    if reader.scope == "authority":
        return visible(rows, user)
    if reader.scope == "unit":
        return visible(rows.filter(unit=user.unit), user).filter(Q(role="") | Q(role=user.role))
    if reader.scope == "own":
        return visible(rows.filter(officer=user.pk), user)
    return visible(rows, user)


def late(user: User, *, after: str = "", limit: int = PAGE) -> DutyPage:
    """What is late, among what the reader may see."""
    return _page(visible(_open().filter(late_at__isnull=False), user), user, after, limit)


def _open() -> QuerySet[Duty]:
    return Duty.objects.filter(discharged_at__isnull=True).order_by("harm", "due_at", "pk")


def _page(rows: QuerySet[Duty], user: User, after: str, limit: int) -> DutyPage:
    if after:
        rows = rows.filter(_follows(after))
    found = list(rows.select_related("officer")[: limit + 1])
    page = found[:limit]
    return DutyPage(_rows(page, user), _cursor(page[-1]) if len(found) > limit else None)


def _cursor(duty: Duty) -> str:
    return f"{duty.harm}~{duty.due_at.isoformat()}~{duty.pk}"


def _follows(cursor: str) -> Q:
    try:
        harm, due, pk = cursor.split("~")
        at, level, number = datetime.fromisoformat(due), int(harm), int(pk)
    except ValueError:
        return NOTHING
    later = Q(due_at__gt=at) | Q(due_at=at, pk__gt=number)
    return Q(harm__gte=level) & (Q(harm__gt=level) | (Q(harm=level) & later))


def _rows(duties: Sequence[Duty], user: User) -> list[Row]:
    names = labels_for(duties, user)
    rules = get_policy().duties
    return [
        Row(duty, rules[duty.key], names[duty.subject_kind, duty.subject_id], link_of(duty), owner_of(duty))
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
        return f"{policy.roles[duty.role].title}, {team}"
    return duty.officer.name if duty.officer else team


def duties_of(
    user: User, *, threads: Iterable[str] | None = None, subject: tuple[str, int] | None = None
) -> list[Duty]:
    """The open duties of threads, or of one record, that the reader may see."""
    rows = visible(_open(), user).select_related("officer")
    if threads is not None:
        rows = rows.filter(thread__in=list(threads))
    if subject is not None:
        rows = rows.filter(subject_kind=subject[0], subject_id=subject[1])
    return list(rows[:100]) if threads is not None or subject is not None else []


def duty_for(user: User, pk: int) -> Row:
    """One duty, if the reader may see it. Raises NotFound."""
    found = visible(Duty.objects.filter(pk=pk), user).select_related("officer").first()
    if found is None:
        raise NotFound("There is no such duty, or it is not yours to see.")
    return _rows([found], user)[0]


def extensions_of(duty: Duty) -> list[Extension]:
    """Every recorded move of its due time, the latest first."""
    return list(Extension.objects.filter(duty=duty).select_related("by").order_by("-pk"))


def late_counts(user: User) -> list[dict[str, object]]:
    """How many late duties of each kind the reader sees, counted over at most 1,000."""
    late_ids = visible(_open().filter(late_at__isnull=False), user).order_by()[:COUNTED].values("key")
    counts: dict[str, int] = {}
    for row in late_ids:
        counts[row["key"]] = counts.get(row["key"], 0) + 1
    return [{"key": key, "count": count} for key, count in sorted(counts.items(), key=lambda item: -item[1])]


