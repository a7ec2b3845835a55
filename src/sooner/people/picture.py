"""From residents and their relationships to the drawing's people and ties."""

from collections.abc import Sequence

from django.urls import reverse

from sooner.access.decide import Reader
from sooner.access.models import User
from sooner.engines.drawings import Edge, Node
from sooner.people.marks import marks_of
from sooner.people.models import Relationship
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
