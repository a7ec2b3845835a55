"""What referrals hold on a person, for that person's own access."""

from collections.abc import Iterable

from sooner.intake.models import Party, Referral
from sooner.people.subject_access import Asked, Section, row


def holds(asked: Asked) -> Iterable[Section]:
    """The referrals that speak of the person, and as what."""
    parties = Party.objects.filter(person__in=asked.numbers, current=True)
    seen = asked.visible(Referral.objects.all())
    shown = parties.filter(referral__in=seen).select_related("referral").order_by("referral", "place")
    rows = [
        row(
            referral=one.referral.reference,
            as_=one.role.replace("-", " "),
            named_as=one.name,
            received=one.referral.received_at,
            lawful_basis="Data Protection Act 2018 Part 3: law enforcement purpose",
        )
        for one in shown
    ]
    yield Section(
        "Referrals that speak of this person",
        rows,
        ("crime", "child-abuse", "others"),
        parties.count() - len(rows),
    )
