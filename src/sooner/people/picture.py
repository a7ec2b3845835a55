"""From residents and their relationships to the drawing's people and ties."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.urls import reverse

from sooner.access.decide import Reader
from sooner.access.models import User
from sooner.engines import normalise
from sooner.engines.charts import Stay
from sooner.engines.drawings import Edge, Node
from sooner.ledger import clock
from sooner.people.marks import marks_of
from sooner.people.models import Contact, Person, Relationship, Residence
from sooner.people.purpose import FINDING_CHILDREN, permitted
from sooner.people.queries import Resident


def of_household(residents: Sequence[Resident], *, user: User) -> tuple[list[Node], list[Edge]]:
    """The household as drawn for a reader; names masked where the role sees none."""
    numbers = [resident.person.pk for resident in residents]
    marks, masked = marks_of(numbers, user), Reader(user).names_masked
    nodes = [
        Node(
            id=r.person.pk,
            name=f"Person {r.person.pk}" if masked else (r.person.name or f"Person {r.person.pk}"),
            age=r.age,
            kind=marks.get(r.person.pk, "child" if r.is_child else "adult"),
            since=r.since,
            until=r.until,
            url=reverse("person", args=[r.person.pk]),
        )
        for r in residents
    ]
    ties = Relationship.objects.filter(person__in=numbers, other__in=numbers).order_by("pk")
    edges = {
        (row.person_id, row.other_id): Edge(row.person_id, row.other_id, f"{row.kind.replace('-', ' ')} of")
        for row in ties
    }
    return nodes, list(edges.values())


MOST_AROUND = 12
"""People in one drawing: beyond that it says how many more there are, and the lists have them."""


@dataclass(frozen=True, slots=True)
class Around:
    """The people around one, drawn: household, family, and who shares a telephone, address or account with them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    more: int


def around(person: Person, *, user: User) -> Around:
    """Household, family and contacts of a person, the closest first."""
    may, ties = permitted(FINDING_CHILDREN), dict[int, Edge]()
    rows = may.of(Relationship.objects.filter(Q(person=person) | Q(other=person))).order_by("pk")
    for tie in rows[:100]:
        other = tie.other_id if tie.person_id == person.pk else tie.person_id
        ties.setdefault(other, Edge(tie.person_id, tie.other_id, f"{tie.kind.replace('-', ' ')} of"))
    homes = may.of(Residence.objects.filter(person=person)).exclude(kind="work").values("address")
    for other in may.of(Residence.objects.filter(address__in=homes)).values_list("person_id", flat=True)[
        :200
    ]:
        ties.setdefault(other, Edge(person.pk, other, "at the same address as"))
    values = may.of(Contact.objects.filter(person=person)).exclude(kind__in=("ip", "device")).values("value")
    for other in may.of(Contact.objects.filter(value__in=values)).values_list("person_id", flat=True)[:200]:
        ties.setdefault(other, Edge(person.pk, other, "shares a telephone, e-mail or account with"))
    ties.pop(person.pk, None)
    chosen = [person.pk, *list(ties)[: MOST_AROUND - 1]]
    people = Person.objects.filter(joined_into=None).in_bulk(chosen)
    nodes = tuple(_node(people[pk], user=user) for pk in chosen if pk in people)
    edges = tuple(ties[pk] for pk in chosen[1:] if pk in people)
    return Around(nodes, edges, max(len(ties) - len(chosen) + 1, 0))


def _node(person: Person, *, user: User) -> Node:
    masked = Reader(user).names_masked
    born, today = person.dob, clock.now().date()
    age = normalise.age_on(born, today) if born else None
    kind = marks_of([person.pk], user).get(
        person.pk, "child" if age is not None and age < normalise.ADULT else "adult"
    )
    name = f"Person {person.pk}" if masked else (person.name or f"Person {person.pk}")
    return Node(person.pk, name, age, kind, url=reverse("person", args=[person.pk]))


def stays_of(person: Person, *, user: User) -> list[Stay]:
    """Where a person lived when, the latest first."""
    masked = Reader(user).names_masked
    rows = permitted(FINDING_CHILDREN).of(Residence.objects.filter(person=person)).exclude(kind="work")
    found: dict[tuple[int, str], Stay] = {}
    for row in rows.select_related("address", "source").order_by("-as_of", "-pk")[:100]:
        line = f"{row.address.line1}, {row.address.postcode}".strip(", ")
        name = f"Household {row.address_id}" if masked else line
        found.setdefault(
            (row.address_id, row.kind),
            Stay(
                name,
                row.since,
                _until(row),
                row.source.name,
                "adult",
                reverse("household", args=[row.address_id]),
            ),
        )
    return sorted(
        found.values(), key=lambda stay: (stay.until is not None, stay.until and -stay.until.toordinal())
    )


def _until(row: Residence) -> date | None:
    """A previous home without an end ended, as far as is known, when its source spoke."""
    return row.until or (row.as_of.date() if row.kind == "previous" else None)


def stays_at(residents: Sequence[Resident], *, user: User) -> list[Stay]:
    """Who lived at an address when, those who live there now first."""
    masked, today = Reader(user).names_masked, clock.now().date()
    return [
        Stay(
            f"Person {r.person.pk}" if masked else (r.person.name or f"Person {r.person.pk}"),
            r.since,
            r.until or (today if r.gone else None),
            r.source,
            "child" if r.is_child else "adult",
            reverse("person", args=[r.person.pk]),
        )
        for r in residents
    ]
