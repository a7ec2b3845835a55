"""What investigations hold on a person, for that person's own access."""

from collections.abc import Iterable

from sooner.investigations.models import Investigation
from sooner.people.subject_access import Asked, Section, row


def holds(asked: Asked) -> Iterable[Section]:
    """Investigations of the person as a suspect. What was done in them is for the officer in the case to weigh."""
    cases = Investigation.objects.filter(suspect__in=asked.numbers).order_by("pk")
    rows = [
        row(investigation=one.reference, opened=one.opened_at, closed=one.closed_at, priority=one.band)
        for one in asked.visible(cases)
    ]
    yield Section("Investigations of this person", rows, ("crime", "others"), cases.count() - len(rows))
