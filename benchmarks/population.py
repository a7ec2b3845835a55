"""An invented British population as records in partners' extracts, with the truth of who each record is of.

The people come from the demonstration's generator, which shares no code with what links them. Faults follow what studies of
real lists found (see FAULTS); one family in ten moved house lately, and half of the records of those still say the old address.
"""

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from sooner.demo.extracts import Faults, rows
from sooner.demo.places import LONDON, Home, home_at
from sooner.demo.population import TODAY_DEFAULT, Family, Person, Residence, block
from sooner.engines.linkage import batch
from sooner.people import linkage
from sooner.people.commands.extracts import BadRow, described
from sooner.people.matching import Sought
from sooner.policy.loader import get_policy

FAULTS = Faults(missing=0.03, mistyped=0.04, short_name=0.06, old_address=0.5, swapped_date=0.005, absent=0.0)
"""A value is missing in 3 of 100, mistyped in 4: the upper end of what Christen and Vatsalan (2013) take for typed names."""
MOVED = 0.1
POLICE_SHARE = 0.3
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Known:
    """A record as a partner holds it, whom it is truly of, and whether that person moved house lately."""

    sought: Sought
    person: int
    origin: str
    moved: bool


def records(block_number: int, *, seed: int = 1) -> Iterator[Known]:
    """The records of one block of nearly ten thousand people."""
    dice = random.Random(f"records {seed} {block_number}")
    for family in block(block_number, seed=seed, today=TODAY_DEFAULT):
        moved = {house.id for house in family.households if dice.random() < MOVED}
        _live_apart(family, moved, block_number, dice)
        for house in family.households:
            people = {one.id: one for one in family.people}
            for key, row in rows(
                [house], seed=dice.getrandbits(40), faults=FAULTS, police_share=POLICE_SHARE
            ):
                yield from _known(key, row, people, moved)


def _live_apart(family: Family, moved: set[int], number: int, dice: random.Random) -> None:
    """Phones that nobody else has, and an earlier home for every family that moved."""
    for one in family.people:
        one.phone = f"07700 9000 {one.id:08d}" if one.phone else ""
        one.landline = f"020 7946 0 {one.household:08d}" if one.landline else ""
    for house in family.households:
        if house.id in moved:
            old, since = _elsewhere(dice), TODAY_DEFAULT - timedelta(days=dice.randint(10, 500))
            for one in house.people:
                first = one.residences[0]
                one.residences = [replace(first, since=since), Residence(old, 0, one.dob, since)]


def _elsewhere(dice: random.Random) -> Home:
    return home_at(dice.choice(LONDON), dice.randrange(100_000))


def _known(
    key: str, row: Mapping[str, str], people: Mapping[int, Person], moved: set[int]
) -> Iterator[Known]:
    try:
        sought, relatives = described(get_policy().extracts[key], row, AS_OF)
    except BadRow:  # a name mistyped to nothing: the real loader reports it, and there is nothing to link
        return
    number = int(re.sub(r"-\d+$", "", sought.external_id).lstrip("XSCNT") or 0)
    person = _by_number(people, key, number)
    yield _of(sought, person, moved)
    for _, relative in relatives:
        known = next((one.person for one in person.carers if one.person.name == relative.display_name), None)
        if known is not None:
            yield _of(relative, known, moved)


def _by_number(people: Mapping[int, Person], key: str, number: int) -> Person:
    if key != "child-health":
        return people[number]
    return next(one for one in people.values() if one.nhs_number == f"{number:010d}")


def _of(sought: Sought, person: Person, moved: set[int]) -> Known:
    return Known(sought, person.id, person.origin, person.household in moved)


def truth(known: Iterable[Known]) -> dict[int, list[int]]:
    """The places of each person's records."""
    found: dict[int, list[int]] = {}
    for place, one in enumerate(known):
        found.setdefault(one.person, []).append(place)
    return found


def tables(known: Sequence[Known], *, first: int = 0) -> tuple[pa.Table, pa.Table]:
    """What the engine reads: the columns and the keys of every record, numbered by place from `first` on."""
    people = batch.schema(linkage.untrained())
    prepared = [linkage.prepare(one.sought) for one in known]
    columns = list(zip(*(one.values for one in prepared), strict=True))
    heads = [list(range(first, first + len(known))), [one.sought.source for one in known]]
    arrays = [pa.array(list(one), people.field(at).type) for at, one in enumerate([*heads, *columns])]
    numbers = [place for place, one in enumerate(prepared, first) for _ in one.keys]
    keys = [key for one in prepared for key in one.keys]
    return pa.Table.from_arrays(arrays, schema=people), pa.table([numbers, keys], schema=batch.KEYS_SCHEMA)
