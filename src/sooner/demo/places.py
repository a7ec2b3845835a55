"""Where invented people live: districts of every London borough and a few beyond, and addresses that are never given twice.

Districts and the authorities they lie in are real, because referrals are routed by them; streets and numbers are not.
"""

import random
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

from sooner.demo.names import STREETS

SLOTS = 256
"""How many addresses of each district belong to one block of the population."""
_INWARD = "ABDEFGHJLNPQRSTUWXYZ"
_NUMBERS = 200
_FLATS = 7
_PER_STREET = sum(_FLATS if number % 3 == 0 else 1 for number in range(1, _NUMBERS + 1))
CAPACITY = len(STREETS) * _PER_STREET
"""Addresses of one district; it is prime to _STRIDE, so that striding through visits each once."""
_STRIDE = 99_991
_UNITS = 3600
_BANDS = 5


@dataclass(frozen=True, slots=True)
class District:
    """A postcode district: outward code, GSS code of its local authority, post town."""

    outward: str
    authority: str
    town: str


_LONDON: tuple[tuple[str, str, str], ...] = (
    ("E09000001", "London", "EC2Y EC4V"), ("E09000002", "Barking", "IG11 RM8 RM10"), ("E09000003",
     "London", "N3 N12 NW4 NW7"),
    ("E09000004", "Bexleyheath", "DA6 DA7 DA16"), ("E09000005", "Wembley", "HA0 HA9"), ("E09000006",
     "Bromley", "BR1 BR2 BR6"),
    ("E09000007", "London", "NW3 NW5"), ("E09000008", "Croydon", "CR0 CR7 SE25"), ("E09000009", "London",
     "W5 W13 W7"),
    ("E09000010", "Enfield", "EN1 EN2 EN3"), ("E09000011", "London", "SE10 SE18 SE7"), ("E09000012",
     "London", "E5 E8 E9"),
    ("E09000013", "London", "W6 W12"), ("E09000014", "London", "N8 N17 N22 N15"), ("E09000015", "Harrow",
     "HA1 HA2"),
    ("E09000016", "Romford", "RM1 RM2 RM3"), ("E09000017", "Uxbridge", "UB8 UB10"), ("E09000018",
     "Hounslow", "TW3 TW4 TW13"),
    ("E09000019", "London", "N5 N7 N19"), ("E09000020", "London", "W8 W11"), ("E09000021",
     "Kingston upon Thames", "KT2 KT3 KT5"),
    ("E09000022", "London", "SW2 SW9 SE27"), ("E09000023", "London", "SE6 SE13 SE23"), ("E09000024",
     "London", "SW19 SW20"),
    ("E09000025", "London", "E6 E7 E13"), ("E09000026", "Ilford", "IG1 IG2 IG5"), ("E09000027", "Richmond",
     "TW9 TW10 TW11"),
    ("E09000028", "London", "SE15 SE16 SE17"), ("E09000029", "Sutton", "SM1 SM2 SM5"), ("E09000030",
     "London", "E1 E14"),
    ("E09000031", "London", "E4 E10 E17"), ("E09000032", "London", "SW11 SW15 SW18"), ("E09000033",
     "London", "W2 W9 SW1V"),
)  # fmt: skip
_BEYOND: tuple[tuple[str, str, str], ...] = (
    ("E10000030", "Guildford", "GU1 GU2"), ("E10000016", "Maidstone", "ME14"), ("E10000016", "Canterbury",
     "CT1"),
    ("E10000012", "Chelmsford", "CM1 CM2"), ("W06000015", "Cardiff", "CF11 CF14 CF24"),
)  # fmt: skip


def _districts(rows: tuple[tuple[str, str, str], ...]) -> tuple[District, ...]:
    return tuple(
        District(outward, code, town) for code, town, outwards in rows for outward in outwards.split()
    )


LONDON, BEYOND = _districts(_LONDON), _districts(_BEYOND)
WALES = frozenset(district.authority for district in BEYOND if district.authority.startswith("W"))


@dataclass(frozen=True, slots=True)
class Home:
    """A place with a true address. `authority` is its local authority's code."""

    line1: str
    town: str
    postcode: str
    authority: str


class Homes:
    """Gives out the addresses of one block of the population, each once."""

    def __init__(self, *, block: int, dice: random.Random, beyond: float) -> None:
        self._block, self._dice, self._beyond = block, dice, beyond
        self._given: dict[District, int] = {}

    def new(self, *, not_in: str = "") -> Home:
        """An address nobody was given; in another authority than `not_in`."""
        while True:
            district = self._dice.choice(BEYOND if self._dice.random() < self._beyond else LONDON)
            given = self._given.get(district, 0)
            if district.authority != not_in and given < SLOTS:
                self._given[district] = given + 1
                return home_at(district, self._block * SLOTS + given)


def home_at(district: District, slot: int) -> Home:
    """The address in that place of the district's order. Different slots below CAPACITY are different addresses."""
    start = crc32(district.outward.encode())
    street, unit = divmod((start + slot * _STRIDE) % CAPACITY, _PER_STREET)
    number, flat = _doors()[unit]
    code = _code(street * _BANDS + number * _BANDS // (_NUMBERS + 1))
    door = f"Flat {flat}, {number}" if flat else str(number)
    return Home(f"{door} {STREETS[street]}", district.town, f"{district.outward} {code}", district.authority)


@lru_cache(maxsize=1)
def _doors() -> list[tuple[int, int]]:
    """Every door of a street: house number and flat, 0 for a whole house. Each third building has flats."""
    return [
        (number, flat)
        for number in range(1, _NUMBERS + 1)
        for flat in (range(1, _FLATS + 1) if number % 3 == 0 else (0,))
    ]


def _code(unit: int) -> str:
    """The inward part of the postcode of that stretch of street."""
    digit, letters = divmod(unit * 7 % _UNITS, 400)
    return f"{digit + 1}{_INWARD[letters // 20]}{_INWARD[letters % 20]}"


_MOBILES = "07700 900"
_OTHER_RANGES = (
    "029 2018 0", "01632 960", "0113 496 0", "0114 496 0", "0115 496 0", "0116 496 0", "0117 496 0",
    "0118 496 0", "0121 496 0", "0131 496 0", "0141 496 0", "0151 496 0", "0161 496 0", "0191 498 0",
)  # fmt: skip
_HOUSEHOLD_RANGE = "020 7946 0"
DRAMA = (_MOBILES, _HOUSEHOLD_RANGE, *_OTHER_RANGES)
"""The ranges that Ofcom keeps for drama; three digits follow."""


def phone(number: int) -> str:
    """A number for the n-th person: fifteen thousand are used before one is used again, the mobiles among the first."""
    place = number % (1000 * (1 + len(_OTHER_RANGES)))
    if place < 2000 and place % 2 == 0:
        return f"{_MOBILES}{place // 2:03d}"
    rest = place // 2 if place < 2000 else place - 1000
    return f"{_OTHER_RANGES[rest // 1000]}{rest % 1000:03d}"


def landline(number: int) -> str:
    """A household's number: London's range, which repeats after a thousand."""
    return f"{_HOUSEHOLD_RANGE}{number * 7 % 1000:03d}"
