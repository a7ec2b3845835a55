"""Invented people in invented households, streamed from a seed: the truth that demonstrations and measurements know.

Standard library only, and no code shared with what finds people, so that it measures something.
"""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from sooner.demo.names import JOBS, ORIGINS, SCHOOLS, STREETS, TRUSTED_JOBS, WEIGHTS

TODAY_DEFAULT = date(2026, 6, 1)
AREAS: tuple[tuple[str, str, str], ...] = (
    ("N8", "E09000014", "London"), ("N17", "E09000014", "London"), ("E8", "E09000012", "London"), ("E14", "E09000030", "London"),
    ("SE15", "E09000028", "London"), ("SW2", "E09000022", "London"), ("CR7", "E09000008", "London"), ("BR6", "E09000006", "Bromley"),
    ("W5", "E09000009", "London"), ("UB8", "E09000017", "Uxbridge"), ("NW3", "E09000007", "London"), ("N5", "E09000019", "London"),
    ("E13", "E09000025", "London"), ("E17", "E09000031", "London"), ("IG1", "E09000026", "Ilford"), ("RM1", "E09000016", "Romford"),
    ("SW15", "E09000032", "London"), ("TW9", "E09000027", "Richmond"), ("SE13", "E09000023", "London"), ("DA6", "E09000004", "Bexleyheath"),
    ("HA1", "E09000015", "Harrow"), ("W12", "E09000013", "London"), ("EN1", "E09000010", "Enfield"), ("SM5", "E09000029", "Carshalton"),
    ("N3", "E09000003", "London"), ("W11", "E09000020", "London"), ("KT2", "E09000021", "Kingston"), ("SE10", "E09000011", "London"),
)  # fmt: skip
OUTSIDE: tuple[tuple[str, str, str], ...] = (
    ("GU1", "E10000030", "Guildford"), ("ME14", "E10000016", "Maidstone"), ("CM1", "E10000012", "Chelmsford"), ("CF11", "W06000015", "Cardiff"),
)  # fmt: skip
INWARD = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(slots=True)
class Home:
    """A place with a true address. `authority` is its local authority's code."""

    line1: str
    town: str
    postcode: str
    authority: str


@dataclass(slots=True)
class Person:
    """An invented person and the truth about them."""

    id: int
    given: str
    family: str
    sex: str
    dob: date
    home: Home
    origin: str
    phone: str = ""
    email: str = ""
    job: str = ""
    employer: str = ""
    works_with_children: bool = False
    school: str = ""
    previous_home: Home | None = None
    second_home: Home | None = None
    parents: list[int] = field(default_factory=list)
    status: str = ""
    """What social care knows: child protection plan, looked after, child in need, or nothing."""

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    def age(self, today: date) -> int:
        return today.year - self.dob.year - ((today.month, today.day) < (self.dob.month, self.dob.day))


@dataclass(slots=True)
class Household:
    """Who truly lives together."""

    home: Home
    adults: list[Person]
    children: list[Person]

    @property
    def people(self) -> list[Person]:
        return [*self.adults, *self.children]


def households(people: int, *, seed: int = 1, today: date = TODAY_DEFAULT) -> Iterator[Household]:
    """Households until about `people` persons were made; one household in memory at a time."""
    make = _Maker(random.Random(seed), today)
    while make.count < people:
        yield make.household()


class _Maker:
    def __init__(self, dice: random.Random, today: date) -> None:
        self.dice, self.today, self.count = dice, today, 0
        self.origins, self.weights = list(WEIGHTS), list(WEIGHTS.values())

    def household(self) -> Household:
        dice = self.dice
        home = self.home()
        origin = dice.choices(self.origins, self.weights)[0]
        family = dice.choice(ORIGINS[origin][2])
        kind = dice.choices(
            ("couple", "lone", "blended", "single", "sharers", "three-generations", "foster"),
            (30, 14, 8, 22, 10, 6, 1),
        )[0]
        adults = self._adults(kind, home, origin, family)
        children = self._children(kind, home, origin, adults)
        return Household(home, adults, children)

    def home(self) -> Home:
        dice = self.dice
        outward, authority, town = dice.choice(AREAS) if dice.random() > 0.06 else dice.choice(OUTSIDE)
        flat = f"Flat {dice.randint(1, 40)}, " if dice.random() < 0.3 else ""
        postcode = f"{outward} {dice.randint(1, 9)}{dice.choice(INWARD)}{dice.choice(INWARD)}"
        return Home(f"{flat}{dice.randint(1, 180)} {dice.choice(STREETS)}", town, postcode, authority)

    def person(self, home: Home, origin: str, family: str, low: int, high: int, sex: str = "") -> Person:
        """A person aged from `low` to `high`."""
        dice = self.dice
        self.count += 1
        sex = sex or dice.choice(("F", "M"))
        given = dice.choice(ORIGINS[origin][0 if sex == "F" else 1])
        dob = self.today - timedelta(
            days=dice.randint(low * 365 + low // 4 + 1, high * 365 + high // 4 + 360)
        )
        made = Person(self.count, given, family, sex, dob, home, origin)
        if low >= 16:
            made.phone = phone(self.count)
            made.email = (
                f"{_plain(given)}.{_plain(family)}{self.count}@example.{dice.choice(('com', 'org', 'net'))}"
            )
        return made

    def _adults(self, kind: str, home: Home, origin: str, family: str) -> list[Person]:
        dice = self.dice
        if kind in ("lone", "single"):
            adults = [self.person(home, origin, family, 20, 70 if kind == "single" else 50)]
        elif kind == "sharers":
            adults = [
                self.person(home, o, dice.choice(ORIGINS[o][2]), 19, 40)
                for o in dice.choices(self.origins, self.weights, k=3)
            ]
        else:
            other = origin if dice.random() < 0.8 else dice.choices(self.origins, self.weights)[0]
            partner = family if dice.random() < 0.6 else dice.choice(ORIGINS[other][2])
            adults = [
                self.person(home, origin, family, 24, 52, "M"),
                self.person(home, other, partner, 22, 50, "F"),
            ]
            if kind == "three-generations":
                adults.append(self.person(home, origin, family, 58, 85))
        for adult in adults:
            self._work(adult)
            if dice.random() < 0.15:
                adult.previous_home = self.home()
        return adults

    def _work(self, adult: Person) -> None:
        dice = self.dice
        if dice.random() < 0.05:
            role, place = dice.choice(TRUSTED_JOBS)
            adult.job, adult.employer = role, f"{dice.choice(SCHOOLS)} {place}"
            adult.works_with_children = True
        else:
            adult.job = dice.choice(JOBS)

    def _children(self, kind: str, home: Home, origin: str, adults: list[Person]) -> list[Person]:
        dice = self.dice
        if kind in ("single", "sharers"):
            return []
        count = (
            dice.choices((1, 2, 3, 4), (40, 38, 16, 6))[0] if kind != "couple" or dice.random() < 0.7 else 0
        )
        children = []
        for _ in range(count):
            mixed = kind in ("blended", "foster") and dice.random() < 0.6
            family = dice.choice(ORIGINS[origin][2]) if mixed else adults[0].family
            child = self.person(home, origin, family, 0, 17)
            child.school = (
                f"{dice.choice(SCHOOLS)} {'Primary' if child.age(self.today) < 11 else 'Academy'}"
                if child.age(self.today) >= 4
                else ""
            )
            child.parents = [] if kind == "foster" else [a.id for a in (adults[1:2] if mixed else adults[:2])]
            if mixed and dice.random() < 0.4:
                child.second_home = self.home()
            child.status = (
                "looked after"
                if kind == "foster"
                else dice.choices(("", "child in need", "child protection plan"), (94, 4, 2))[0]
            )
            children.append(child)
        return children


DRAMA = ("07700 900", "020 7946 0", "0113 496 0", "0114 496 0", "0115 496 0", "0116 496 0", "0117 496 0", "0118 496 0",
         "0121 496 0", "0131 496 0", "0141 496 0", "0151 496 0", "0161 496 0", "0191 498 0", "029 2018 0", "01632 960")  # fmt: skip


def phone(number: int) -> str:
    """A number of the ranges that the regulator keeps for drama; they repeat after sixteen thousand people."""
    return f"{DRAMA[number // 1000 % len(DRAMA)]}{number % 1000:03d}"


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("ı", "i"))
    return "".join(c for c in folded if c.isascii() and c.isalpha()) or "name"
