"""Parties follow their person's number when it becomes another."""

from collections.abc import Mapping

from sooner.intake.models import Party


def follow(joined: Mapping[int, int]) -> None:
    """Give each party the number that its person's leads to."""
    for party in Party.objects.filter(person__in=joined).only("pk", "person_id"):
        Party.objects.filter(pk=party.pk).update(person_id=joined[party.person_id])  # type: ignore[index]  # never null here
