"""Which duties a reader sees, and which of them are the reader's own work.

Both are lists of branches, each of which an index answers in order; a reader sees what any branch lets through.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Q

from sooner.access.decide import NOTHING, Reader
from sooner.duties.models import Duty
from sooner.policy.loader import get_policy

PLAIN = Q(restricted=False)
LATE_INSIDE = Q(restricted=True, late_at__isnull=False)


def duties(reader: Reader) -> Q:
    """Police by unit, an authority its own, an officer theirs; restricted ones only with need-to-know.

    An authority's duty about a restricted referral is seen by its named managers.
    """
    return reduce(or_, seen(reader), NOTHING)


def seen(reader: Reader) -> list[Q]:
    """Every duty that the reader may see."""
    if reader.scope == "authority":
        return _authority(reader)
    if reader.scope == "force":
        return _compartments(reader, [Q()])
    mine = Q(officer=reader.user.pk)
    if reader.scope == "unit":
        return _compartments(reader, [Q(unit=reader.unit), mine] if reader.unit else [mine])
    return _compartments(reader, [mine, *_role(reader)]) if reader.scope == "own" else []


def work(reader: Reader) -> list[Q]:
    """What the reader, the reader's unit or authority must do: not what others in the force or a partner must."""
    if reader.scope == "authority":
        return _authority(reader)
    roles = ("", reader.user.role)
    if reader.scope == "force":
        return _compartments(reader, [Q(authority="", role=role) for role in roles])
    mine = Q(officer=reader.user.pk)
    if reader.scope == "unit":
        unit = [Q(unit=reader.unit, role=role) for role in roles] if reader.unit else []
        return _compartments(reader, [*unit, mine])
    return seen(reader)


def _role(reader: Reader) -> list[Q]:
    return [Q(unit=reader.unit, role=reader.user.role)] if reader.unit else []


def _authority(reader: Reader) -> list[Q]:
    if not reader.authority:
        return []
    mine = Q(authority=reader.authority, authority__gt="")  # the second is what the index is kept for
    restricted = (False, True) if reader.user.named_manager else (False,)
    return [mine & Q(restricted=one) for one in restricted]


def _compartments(reader: Reader, branches: Iterable[Q]) -> list[Q]:
    """Each branch outside the restricted compartments, and inside those that the reader needs to know."""
    plain = list(branches)
    inside = [Q(restricted=True, thread__in=reader.known_threads)] if reader.known_threads else []
    if reader.user.role in _heard():
        inside.append(LATE_INSIDE)
    return [branch & PLAIN for branch in plain] + [branch & one for branch in plain for one in inside]


def _heard() -> frozenset[str]:
    """The roles that hear of a duty when it is late. They see that it is late though the record is restricted, or nobody would
    when those inside are away; what the record says stays inside."""
    return frozenset(step.to for rule in get_policy().duties.values() for step in rule.escalates)


def sees_inside(reader: Reader, duty: Duty) -> bool:
    """Whether the reader may read what the record says, not only that its duty is late."""
    return not duty.restricted or bool(duty.authority) or duty.thread in reader.known_threads
