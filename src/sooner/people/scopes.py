"""Which persons a reader sees: those of their cases. Rooms above say which those are; a partner's records are not browsed."""

from collections.abc import Callable

from django.db.models import Q

from sooner.access.decide import NOTHING, Reader

Reach = Callable[[Reader], Q]
_reaches: list[Reach] = []


def register_reach(reach: Reach) -> None:
    """Add a room's rule for which persons its rows lead a reader to; called once, at start."""
    if reach not in _reaches:
        _reaches.append(reach)


def persons(reader: Reader) -> Q:
    found = NOTHING
    for reach in _reaches:
        found |= reach(reader)
    return found
