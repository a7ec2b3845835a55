"""Invented people in invented families, streamed from a seed: the truth that demonstrations and measurements know.

Standard library only, and no code shared with what finds people, so that it measures something. The population is made
in blocks, each from its own seed: any block can be made alone, and a million people take no more memory than one family.
"""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import count

from sooner.demo.institutions import Position, School, gp, position, school
from sooner.demo.names import JOBS, ORIGINS, WEIGHTS
from sooner.demo.places import Home, Homes, landline, phone

TODAY_DEFAULT = date(2026, 6, 1)
BLOCK = 10_000
"""Numbers that one block of people may take."""
_LARGEST_FAMILY = 24
_SERVICES = ("Example Chat", "Example Photos", "Example Games", "Example Social")


class Stay(StrEnum):
    """How somebody lives at a place."""

    HOME = "home"
    SECOND = "second-home"
    PLACEMENT = "placement"
    LODGING = "lodging"


@dataclass(frozen=True, slots=True)
class Residence:
    """Who lived where, since when and until when (None: still)."""

    home: Home
    household: int
    since: date
    until: date | None = None
    stay: Stay = Stay.HOME


@dataclass(frozen=True, slots=True)
class Carer:
    """Somebody who brings a child up, and the word that records use: Mother, Step-father, Foster carer …"""

    person: "Person"
    relationship: str


@dataclass(eq=False, slots=True)
class Person:
    """An invented person and the truth about them. The first residence is the one they mostly live at."""

    id: int
    given: str
    middle: str
    family: str
    sex: str
    dob: date
    origin: str
    residences: list[Residence]
    phone: str = ""
    landline: str = ""
    email: str = ""
    accounts: tuple[tuple[str, str], ...] = ()
    """Online accounts: service and screen name."""
    job: str = ""
    positions: tuple[Position, ...] = ()
    """Work and volunteering with children."""
    school: School | None = None
    gp: str = ""
    carers: list[Carer] = field(default_factory=list)
    """Parents and others who bring the person up, those who live with them first."""
    status: str = ""
    """What social care knows: child protection plan, looked after, child in need, or nothing."""
    responsible: str = ""
    """The authority that looks after the child, which can be another than where the child lives."""

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def home(self) -> Home:
        return self.residences[0].home

    @property
    def household(self) -> int:
        return self.residences[0].household

    @property
    def second_home(self) -> Home | None:
        return next((stay.home for stay in self.residences[1:] if stay.until is None), None)

    @property
    def previous_home(self) -> Home | None:
        return next((stay.home for stay in self.residences if stay.until is not None), None)

    @property
    def parents(self) -> tuple["Person", ...]:
        return tuple(carer.person for carer in self.carers if carer.relationship in ("Mother", "Father"))

    @property
    def employer(self) -> str:
        return next((held.organisation for held in self.positions if held.paid), "")

    @property
    def works_with_children(self) -> bool:
        return bool(self.positions)

    @property
    def nhs_number(self) -> str:
        """In the range 999, which is given to nobody."""
        return f"999{self.id % 10_000_000:07d}"

    @property
    def upn(self) -> str:
        """A pupil number of the authority 000, which does not exist."""
        return f"X{self.id:012d}"

    def age(self, today: date) -> int:
        return today.year - self.dob.year - ((today.month, today.day) < (self.dob.month, self.dob.day))


@dataclass(eq=False, slots=True)
class Household:
    """Who truly lives at an address. Children who live there only part of the time are in `part_time`."""

    id: int
    home: Home
    since: date
    adults: list[Person] = field(default_factory=list)
    children: list[Person] = field(default_factory=list)
    part_time: list[Person] = field(default_factory=list)

    @property
    def people(self) -> list[Person]:
        """Those who mostly live there: everybody is in the `people` of one household."""
        return [*self.adults, *self.children]


@dataclass(eq=False, slots=True)
class Family:
    """Households that share parents or children; one, for most."""

    kind: str
    households: list[Household]

    @property
    def people(self) -> list[Person]:
        return [person for household in self.households for person in household.people]

    @property
    def adults(self) -> list[Person]:
        return [person for household in self.households for person in household.adults]

    @property
    def children(self) -> list[Person]:
        return [person for household in self.households for person in household.children]

    def children_with(self, person: Person) -> list[Person]:
        """The children who live, always or part of the time, where the person lives."""
        mine = {stay.household for stay in person.residences if stay.until is None}
        there = [one for h in self.households if h.id in mine for one in (*h.children, *h.part_time)]
        return [one for one in dict.fromkeys(there) if one is not person]

    def children_of(self, person: Person) -> list[Person]:
        """The person's own children, wherever they live."""
        return [one for one in self.children if person in one.parents]


def households(people: int, *, seed: int = 1, today: date = TODAY_DEFAULT) -> Iterator[Household]:
    """Households until at least `people` persons were made; one family in memory at a time."""
    for family in families(people, seed=seed, today=today):
        yield from family.households


def families(people: int, *, seed: int = 1, today: date = TODAY_DEFAULT) -> Iterator[Family]:
    """Families until at least `people` persons were made."""
    made = 0
    for index in count():
        for family in block(index, seed=seed, today=today):
            if made >= people:
                return
            yield family
            made += len(family.people)


def block(index: int, *, seed: int = 1, today: date = TODAY_DEFAULT) -> Iterator[Family]:
    """The families of one block, a little under BLOCK people, whose numbers begin at `index * BLOCK + 1`."""
    make = _Block(index, random.Random(f"sooner {seed} {index}"), today)  # invented people, no secrets
    while make.made < BLOCK - _LARGEST_FAMILY:
        yield make.family()


KINDS = {
    "single": 28, "couple": 22, "sharers": 9, "nuclear": 18, "lone": 7, "two-homes": 5, "blended": 4,
    "three-generations": 3, "kinship": 1, "foster": 1, "lodger": 1, "two-mothers": 1,
}  # fmt: skip
"""Kinds of family, and how many of a hundred."""


class _Block:
    def __init__(self, index: int, dice: random.Random, today: date) -> None:
        self.index, self.dice, self.today = index, dice, today
        self.made = self.houses = 0
        self.homes = Homes(block=index, dice=dice, beyond=0.06)
        self.origins, self.origin_weights = list(WEIGHTS), list(WEIGHTS.values())
        self.kinds, self.kind_weights = list(KINDS), list(KINDS.values())

    def family(self) -> Family:
        kind = self.dice.choices(self.kinds, self.kind_weights)[0]
        made: list[Household] = getattr(self, f"_{kind.replace('-', '_')}")()
        return Family(kind, made)

    # Kinds of family

    def _single(self) -> list[Household]:
        house = self.house()
        self.adult(house, self.origin(), 18, 84)
        return [house]

    def _couple(self) -> list[Household]:
        house = self.house()
        self.couple(house, 21, 78)
        return [house]

    def _sharers(self) -> list[Household]:
        house = self.house()
        for _ in range(self.dice.randint(2, 4)):
            self.adult(house, self.origin(), 19, 40)
        return [house]

    def _nuclear(self) -> list[Household]:
        house = self.house()
        mother, father = self.couple(house, 23, 50)
        for _ in range(self.siblings()):
            self.child(house, (mother, father))
        if mother.age(self.today) > 40 and self.dice.random() < 0.3:
            grown = self.adult(house, father.origin, 18, 22, family=father.family)
            grown.carers += [Carer(mother, "Mother"), Carer(father, "Father")]
        return [house]

    def _lone(self) -> list[Household]:
        house = self.house()
        parent = self.adult(house, self.origin(), 20, 50, sex=self.dice.choices("FM", (85, 15))[0])
        for _ in range(self.siblings()):
            self.child(house, (parent,))
        return [house]

    def _two_homes(self) -> list[Household]:
        """Parents who live apart; the children live with one and, half of the time, in both. New partners, half-siblings."""
        first, second = self.house(), self.house()
        mother = self.adult(first, self.origin(), 25, 48, sex="F")
        age = mother.age(self.today)
        father = self.adult(second, mother.origin, age, age + 8, sex="M")
        steps = [self.partner(first, mother)] if self.dice.random() < 0.4 else []
        for _ in range(self.siblings()):
            child = self.child(
                first, (mother,), family=self.dice.choice((father.family, mother.family)), at_least=2
            )
            child.carers += [*self._steps(steps), Carer(father, "Father")]
            self._both(child, second)
        if steps and self.dice.random() < 0.5:
            self.child(first, (mother, steps[0]), at_most=4)
        if self.dice.random() < 0.3:
            self._new_family(second, father)
        return [first, second]

    def _new_family(self, house: Household, father: Person) -> None:
        """The father's new partner, with a child of her own whose surname is another."""
        partner = self.partner(house, father)
        child = self.child(house, (partner,))
        child.carers.append(Carer(father, "Step-father"))
        for visiting in house.part_time:
            visiting.carers.append(Carer(partner, "Step-mother"))

    def _both(self, child: Person, second: Household) -> None:
        if self.dice.random() < 0.55:
            since = self.after(max(second.since, child.dob))
            child.residences.append(Residence(second.home, second.id, since, stay=Stay.SECOND))
            second.part_time.append(child)

    def _blended(self) -> list[Household]:
        """Her children and his, with different surnames, and one of both: step- and half-siblings."""
        house = self.house()
        mother, father = self.couple(house, 27, 48, married=0.3)
        for _ in range(self.dice.randint(1, 2)):
            child = self.child(house, (mother,), family=self.surname(self.origin()), at_least=3)
            child.carers.append(Carer(father, "Step-father"))
        if self.dice.random() < 0.5:
            child = self.child(house, (father,), at_least=3)
            child.carers.append(Carer(mother, "Step-mother"))
        if self.dice.random() < 0.7:
            self.child(house, (mother, father), at_most=5)
        return [house]

    def _three_generations(self) -> list[Household]:
        house = self.house()
        mother, father = self.couple(house, 25, 46)
        older = self.adult(house, father.origin, 58, 84, family=father.family)
        for _ in range(self.siblings()):
            child = self.child(house, (mother, father))
            child.carers.append(Carer(older, "Grandmother" if older.sex == "F" else "Grandfather"))
        return [house]

    def _kinship(self) -> list[Household]:
        """Grandparents who bring up grandchildren."""
        house = self.house()
        grandmother, grandfather = self.couple(house, 52, 72)
        for _ in range(self.dice.randint(1, 2)):
            child = self.child(
                house, (), family=self.dice.choice((grandfather.family, self.surname(grandfather.origin)))
            )
            child.carers += [Carer(grandmother, "Grandmother"), Carer(grandfather, "Grandfather")]
            child.status = self.dice.choice(("child in need", ""))
        return [house]

    def _foster(self) -> list[Household]:
        """Children looked after by one authority, placed with carers in another; the parent lives where they came from."""
        birth, placed = self.house(), self.house()
        while placed.home.authority == birth.home.authority:
            placed.home = self.homes.new(not_in=birth.home.authority)
        parent = self.adult(birth, self.origin(), 20, 44, sex="F")
        carer, second = self.couple(placed, 35, 62)
        for _ in range(self.dice.choices((1, 2, 3), (60, 30, 10))[0]):
            child = self.child(placed, (parent,))
            child.status, child.responsible = "looked after", birth.home.authority
            self._placed(child, birth, placed)
            child.carers[:0] = [Carer(carer, "Foster carer"), Carer(second, "Foster carer")]
        if self.dice.random() < 0.4:
            self.child(placed, (carer, second), at_least=5)
        return [birth, placed]

    def _placed(self, child: Person, birth: Household, placed: Household) -> None:
        moved = self.after(max(child.dob, self.today - timedelta(days=3 * 365)))
        child.residences = [
            Residence(placed.home, placed.id, moved, stay=Stay.PLACEMENT),
            Residence(birth.home, birth.id, child.dob, moved),
        ]

    def _lodger(self) -> list[Household]:
        house = self._lone()[0]
        self.adult(house, self.origin(), 21, 60, stay=Stay.LODGING)
        return [house]

    def _two_mothers(self) -> list[Household]:
        """Two lone parents who share a home: children of different parents under one roof."""
        house = self.house()
        for _ in range(2):
            parent = self.adult(house, self.origin(), 20, 40, sex="F")
            for _ in range(self.dice.randint(1, 2)):
                self.child(house, (parent,))
        return [house]

    # Parts of a family

    def house(self) -> Household:
        self.houses += 1
        since = self.today - timedelta(days=self.dice.randint(60, 12 * 365))
        return Household(self.index * BLOCK + self.houses, self.homes.new(), since)

    def origin(self) -> str:
        return self.dice.choices(self.origins, self.origin_weights)[0]

    def surname(self, origin: str) -> str:
        return self.dice.choice(ORIGINS[origin][2])

    def siblings(self) -> int:
        return self.dice.choices((1, 2, 3, 4), (40, 38, 16, 6))[0]

    def after(self, day: date) -> date:
        """Some day from then to today."""
        return day + timedelta(days=self.dice.randint(0, max(0, (self.today - day).days)))

    def couple(self, house: Household, low: int, high: int, *, married: float = 0.7) -> tuple[Person, Person]:
        """A woman and a man; seven in ten share the man's surname."""
        father = self.adult(house, self.origin(), low, high, sex="M")
        origin = father.origin if self.dice.random() < 0.8 else self.origin()
        age = father.age(self.today)
        family = father.family if self.dice.random() < married else self.surname(origin)
        mother = self.adult(house, origin, max(low, age - 8), min(high, age + 3), sex="F", family=family)
        return mother, father

    def partner(self, house: Household, of: Person) -> Person:
        age = of.age(self.today)
        return self.adult(house, self.origin(), max(20, age - 6), age + 8, sex="M" if of.sex == "F" else "F")

    def _steps(self, partners: list[Person]) -> list[Carer]:
        return [Carer(one, "Step-father" if one.sex == "M" else "Step-mother") for one in partners]

    def adult(
        self,
        house: Household,
        origin: str,
        low: int,
        high: int,
        *,
        sex: str = "",
        family: str = "",
        stay: Stay = Stay.HOME,
    ) -> Person:
        """An adult of the household from `low` to `high` years old, with work and means of contact."""
        made = self._person(house, origin, sex or self.dice.choice("FM"), self._born(low, high), family, stay)
        number = self.index * 7000 + made.id % BLOCK
        made.phone = phone(number)
        made.landline = landline(house.id) if self.dice.random() < 0.25 else ""
        made.email = f"{_plain(made.given)}.{_plain(made.family)}{made.id}@example.{self.dice.choice(('com', 'org', 'net'))}"
        self._work(made)
        if self.dice.random() < 0.15:
            self._moved(made, house)
        house.adults.append(made)
        return made

    def _moved(self, person: Person, house: Household) -> None:
        """An earlier address, at which nobody of the population lives now."""
        since = person.residences[0].since
        came = max(person.dob, since - timedelta(days=self.dice.randint(200, 3000)))
        person.residences.append(Residence(self.homes.new(), 0, came, since))

    def child(
        self,
        house: Household,
        parents: tuple[Person, ...],
        *,
        family: str = "",
        at_least: int = 0,
        at_most: int = 17,
    ) -> Person:
        """A child of the household, younger than the parents by at least 17 years."""
        oldest = min([at_most, *(parent.age(self.today) - 17 for parent in parents)])
        lead = parents[-1] if parents else house.adults[0]
        born = self._born(min(at_least, max(0, oldest)), max(0, oldest))
        made = self._person(
            house, lead.origin, self.dice.choice("FM"), born, family or lead.family, Stay.HOME
        )
        age = made.age(self.today)
        made.school = school(house.home.authority, age=age, dice=self.dice)
        made.carers = [Carer(one, "Mother" if one.sex == "F" else "Father") for one in parents]
        made.status = self.dice.choices(("", "child in need", "child protection plan"), (94, 4, 2))[0]
        if age >= 13:
            made.phone = phone(self.index * 7000 + made.id % BLOCK)
            made.email = f"{_plain(made.given)}{made.id}@example.com"
        house.children.append(made)
        return made

    def _born(self, low: int, high: int) -> date:
        """A birthday of somebody who is from `low` to `high` years old today."""
        return self.today - timedelta(
            days=self.dice.randint(-(-low * 1461 // 4) + 1, (high + 1) * 1461 // 4 - 1)
        )

    def _person(self, house: Household, origin: str, sex: str, dob: date, family: str, stay: Stay) -> Person:
        self.made += 1
        given = self.dice.choice(ORIGINS[origin][0 if sex == "F" else 1])
        middle = self.dice.choice(ORIGINS[origin][0 if sex == "F" else 1]) if self.dice.random() < 0.4 else ""
        number = self.index * BLOCK + self.made
        since = max(dob, house.since if stay is not Stay.LODGING else self.after(house.since))
        made = Person(
            number, given, "" if middle == given else middle, family or self.surname(origin), sex, dob, origin,
            [Residence(house.home, house.id, since, stay=stay)], gp=gp(house.home.authority, dice=self.dice),
        )  # fmt: skip
        made.accounts = tuple(
            (service, f"{_plain(given)}_{number}")
            for service in self.dice.sample(_SERVICES, self.dice.randint(0, 2))
        )
        return made

    def _work(self, adult: Person) -> None:
        age = adult.age(self.today)
        if age >= 67:
            adult.job = "Retired"
        elif self.dice.random() < 0.05:
            held = position(adult.home.authority, paid=True, dice=self.dice, today=self.today)
            adult.job, adult.positions = held.role, (held,)
        else:
            adult.job = self.dice.choice(JOBS)
        if age >= 21 and self.dice.random() < 0.02:
            adult.positions += (position(adult.home.authority, paid=False, dice=self.dice, today=self.today),)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("ı", "i"))
    return "".join(c for c in folded if c.isascii() and c.isalpha()) or "name"
