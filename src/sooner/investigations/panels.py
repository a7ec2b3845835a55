"""What investigations add to pages of the rooms below: a referral's page says where it is worked on."""

from typing import Any

from django.http import HttpRequest

from sooner.access.decide import may
from sooner.access.models import User


def of_referral(request: HttpRequest, referral: Any) -> dict[str, Any] | None:
    """The referral's investigations, for those whose role sees any."""
    from sooner.investigations import queries  # apps.py imports this module before the models are ready

    user = request.user
    if not isinstance(user, User) or not may(user, "investigation.view"):
        return None
    return {"investigations": queries.investigations_of(user, referral)}
