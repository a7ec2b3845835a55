"""What this room adds to the pages of others: the children around a referral, and where a person is a child at risk."""

from typing import Any

from django.http import HttpRequest

from sooner.access.decide import may
from sooner.intake.models import Referral
from sooner.people.models import Person
from sooner.safeguarding import queries


def of_referral(request: HttpRequest, referral: Referral) -> dict[str, Any] | None:
    """The children, each with how found and who was told."""
    user = request.user
    if not may(user, "child.view"):  # type: ignore[arg-type]  # behind the gate
        return None
    return {
        "referral": referral,
        "rows": queries.children_of(user, referral),  # type: ignore[arg-type]
        "officers": queries.designated_officer_referrals(user, referral),  # type: ignore[arg-type]
        "discussions": queries.discussions_of(user, referral),  # type: ignore[arg-type]
        "may_decide": may(user, "child.decide"),  # type: ignore[arg-type]
    }


def of_person(request: HttpRequest, person: Person) -> dict[str, Any] | None:
    """Where this person is a child at risk."""
    rows = queries.children_of_person(request.user, person)  # type: ignore[arg-type]
    return {"rows": rows} if rows else None
