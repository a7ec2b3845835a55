"""Reading persons: what is known of one, from whom and since when; who lives at an address; loaded extracts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from sooner.access.decide import Reader, visible
from sooner.access.models import User
from sooner.engines import normalise
from sooner.errors import NotFound
from sooner.ledger import clock
from sooner.people.evidence import Side, side_of
from sooner.people.models import (
    Address,
    Contact,
    ExtractLoad,
    Person,
    Position,
    Record,
    Relationship,
    Residence,
)
from sooner.people.purpose import FINDING_CHILDREN, permitted

PAGE = 25


@dataclass(frozen=True, slots=True)
class Resident:
    """A person at an address: since and until when, by which source, and whether a child now."""

    person: Person
    kind: str
    since: date | None
    until: date | None
    source: str
    is_child: bool
    age: int | None

    @property
    def gone(self) -> bool:
        return self.kind == "previous" or (self.until is not None and self.until < clock.now().date())


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship as seen from one person: `other` is their `kind`, or they are `other`'s."""

    words: str
    other: Person
    source: str


@dataclass(frozen=True, slots=True)
class Known:
    """Everything known of a person, each fact with its source."""

    person: Person
    records: Sequence[Record]
    residences: Sequence[Residence]
    contacts: Sequence[Contact]
    relations: Sequence[Relation]
    positions: Sequence[Position]


@dataclass(frozen=True, slots=True)
class LoadPage:
    """Loaded extracts, newest first."""

    rows: Sequence[ExtractLoad]
    after: int | None
    before: int | None = None


def person_for(user: User, pk: int) -> Person:
    """The person, if a record that the reader may see is about them. Raises NotFound."""
    found = visible(Person.objects.filter(pk=pk), user).distinct().first()
    if found is None:
        raise NotFound("There is no such person, or none of your cases is about them.")
    return found.joined_into if found.joined_into else found


def known_of(person: Person) -> Known:
    """What every source says of a person."""
    numbers = [person.pk, *Person.objects.filter(joined_into=person).values_list("pk", flat=True)]
    may = permitted(FINDING_CHILDREN)
    return Known(
        person,
        list(
            may.of(Record.objects.filter(person__in=numbers))
            .select_related("source")
            .order_by("-as_of", "-pk")[:50]
        ),
        list(_residences(Q(person__in=numbers)).select_related("address")[:50]),
        list(
            may.of(Contact.objects.filter(person__in=numbers))
            .select_related("source")
            .order_by("kind", "value")[:100]
        ),
        _relations(numbers),
        list(
            may.of(Position.objects.filter(person__in=numbers))
            .select_related("source")
            .order_by("-as_of")[:20]
        ),
    )


def _residences(which: Q) -> QuerySet[Residence]:
    return (
        permitted(FINDING_CHILDREN)
        .of(Residence.objects.filter(which))
        .exclude(kind="work")
        .select_related("source", "person")
        .order_by("-as_of", "pk")
    )


def _relations(numbers: Sequence[int]) -> list[Relation]:
    ties = Relationship.objects.filter(Q(person__in=numbers) | Q(other__in=numbers))
    rows = permitted(FINDING_CHILDREN).of(ties)
    found: dict[tuple[str, int], Relation] = {}
    for row in rows.select_related("person", "other", "source").order_by("-as_of")[:100]:
        kind = row.kind.replace("-", " ")
        if row.person_id in numbers:
            relation = Relation(f"{kind} of", row.other, row.source.name)
        else:
            relation = Relation(f"{kind}:", row.person, row.source.name)
        found.setdefault((relation.words, relation.other.pk), relation)
    return list(found.values())


def household_for(user: User, pk: int) -> tuple[Address, list[Resident]]:
    """An address where a person of the reader's cases lives, and everybody recorded there. Raises NotFound."""
    address = Address.objects.filter(pk=pk).first()
    rows = list(_residences(Q(address_id=pk))[:200])
    people = Person.objects.filter(pk__in=[row.person_id for row in rows])
    if address is None or not visible(people, user).exists():
        raise NotFound("There is no such address, or none of your cases is about somebody there.")
    return address, _residents(rows)


def _residents(rows: Sequence[Residence]) -> list[Resident]:
    """One line a person: the latest word of any source."""
    found: dict[int, Resident] = {}
    today = clock.now().date()
    for row in rows:
        age = normalise.age_on(row.person.dob, today) if row.person.dob else None
        resident = Resident(
            row.person,
            row.kind,
            row.since,
            row.until,
            row.source.name,
            age is not None and age < normalise.ADULT,
            age,
        )
        if row.person_id not in found or (found[row.person_id].gone and not resident.gone):
            found[row.person_id] = resident
    return sorted(found.values(), key=lambda r: (r.gone, not r.is_child, -(r.age or 0)))


def age_of(person: Person) -> int | None:
    """Whole years today."""
    return normalise.age_on(person.dob, clock.now().date()) if person.dob else None


def extract_loads(*, after: int | None = None) -> LoadPage:
    """Loaded extracts, newest first."""
    rows = ExtractLoad.objects.select_related("source").order_by("-pk")
    page = list((rows.filter(pk__lt=after) if after else rows)[: PAGE + 1])
    return LoadPage(page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None)


def extract_load(pk: int) -> ExtractLoad:
    """One loading with its report. Raises NotFound."""
    found = ExtractLoad.objects.filter(pk=pk).select_related("source").first()
    if found is None:
        raise NotFound("There is no such loading of an extract.")
    return found


def labels(ids: Iterable[int], user: User) -> dict[int, str]:
    """Persons' names for lists; numbers for readers whose role sees no names."""
    masked = Reader(user).names_masked
    return {p.pk: f"Person {p.pk}" if masked else p.name for p in Person.objects.filter(pk__in=list(ids))}


def records_of(person: Person) -> list[Side]:
    """The records that make up a person, as a reviewer compares them."""
    rows = Record.objects.filter(person=person).select_related("source").order_by("pk")
    return [side_of(one) for one in permitted(FINDING_CHILDREN).of(rows)[:100]]
