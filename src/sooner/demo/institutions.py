"""Invented schools, clubs and surgeries, and who works or volunteers with children in them.

A school is one authority's, and no two have the same name, so that a name in a report points to one.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from sooner.demo.names import SCHOOLS, STREET_NAMES, TRUSTED_JOBS, VOLUNTEER_ROLES
from sooner.demo.places import BEYOND, LONDON

PRIMARIES, SECONDARIES = 10, 5
"""Schools of each kind in each authority."""
_PRIMARY = (
    "Primary School",
    "Junior School",
    "Church Primary School",
    "Community School",
    "Infant School",
    "Free School",
)
_SECONDARY = ("Academy", "High School", "College")
_PRACTICES = ("Surgery", "Health Centre", "Medical Practice")
_NAMES = (*SCHOOLS, *STREET_NAMES)
_AUTHORITIES = tuple(dict.fromkeys(district.authority for district in (*LONDON, *BEYOND)))
_FIRST_URN = 900_001


@dataclass(frozen=True, slots=True)
class School:
    """A school. `urn` is above the range that real schools have."""

    name: str
    urn: str
    authority: str


@dataclass(frozen=True, slots=True)
class Position:
    """Work or volunteering with children: in which organisation and authority, since when, paid or not."""

    role: str
    organisation: str
    authority: str
    since: date
    paid: bool
    urn: str = ""


@lru_cache(maxsize=1)
def _schools() -> dict[tuple[str, bool], list[School]]:
    """The schools of each authority: primary (True) and secondary (False)."""
    found: dict[tuple[str, bool], list[School]] = {}
    urn = _FIRST_URN
    for primary, each, words in ((True, PRIMARIES, _PRIMARY), (False, SECONDARIES, _SECONDARY)):
        names = (f"{name} {word}" for word in words for name in _NAMES)
        for authority in _AUTHORITIES:
            for _ in range(each):
                found.setdefault((authority, primary), []).append(School(next(names), str(urn), authority))
                urn += 1
    return found


def school(authority: str, *, age: int, dice: random.Random) -> School | None:
    """The school of a child of that age who lives there: none under four, a secondary from eleven. Some are large."""
    if age < 4:
        return None
    schools = _schools()[authority, age < 11]
    return schools[int(len(schools) * dice.random() ** 2)]


def position(authority: str, *, paid: bool, dice: random.Random, today: date) -> Position:
    """A role with children near home, held for some years."""
    role, kind = dice.choice(TRUSTED_JOBS if paid else VOLUNTEER_ROLES)
    since = today - timedelta(days=dice.randint(30, 3000))
    if kind in ("school", "academy"):
        place = school(authority, age=6 if kind == "school" else 14, dice=dice)
        if place is not None:
            return Position(role, place.name, authority, since, paid, place.urn)
    organisation = f"{dice.choice(_NAMES)} {kind}" if kind else "Self-employed"
    return Position(role, organisation, authority, since, paid)


def gp(authority: str, *, dice: random.Random) -> str:
    """The name of a surgery near home."""
    place = _AUTHORITIES.index(authority) * 3 + dice.randrange(3)
    return f"{_NAMES[place % len(_NAMES)]} {_PRACTICES[place // len(_NAMES) % len(_PRACTICES)]}"
