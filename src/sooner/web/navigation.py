"""The service navigation: which pages a role is offered. The gate, not this, decides what it may open."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from sooner.access.decide import may
from sooner.access.models import User
from sooner.policy.loader import get_policy


@dataclass(frozen=True)
class Place:
    """An entry of the menu: shown to roles that have the capability."""

    label: str
    url_name: str
    capability: str


@dataclass(frozen=True)
class Item:
    """An entry as shown: `current` is this very page, `active` this part of the service."""

    label: str
    url: str
    current: bool
    active: bool


PLACES = (
    Place("My work", "home", "home.view"),
    Place("Inbox", "social-care-inbox", "social-care-inbox.view"),
    Place("Receive", "receive", "document.receive"),
    Place("Documents", "documents", "document.view"),
    Place("Referrals", "referrals", "referral.view"),
    Place("Children", "children", "child.view"),
    Place("Investigations", "investigations", "investigation.view"),
    Place("Late", "late", "late-duties.view"),
    Place("Emergency sight", "break-glass-reviews", "break-glass.review"),
    Place("Staff", "staff", "staff.view"),
    Place("Extracts", "extracts", "extract.view"),
    Place("Linkage", "linkage", "linkage.view"),
    Place("Ledger", "ledger", "ledger.view"),
    Place("Users", "users", "user.manage"),
)


def places_for(user: User, *, path: str) -> list[Item]:
    """The menu of a user at an address."""
    known = get_policy().capabilities
    offered = [place for place in PLACES if place.capability in known and may(user, place.capability)]
    return [item for place in offered if (item := _item(place, path=path))]


def _item(place: Place, *, path: str) -> Item | None:
    try:
        url = reverse(place.url_name)
    except NoReverseMatch:
        return None
    return Item(place.label, url, path == url, path == url or (url != "/" and path.startswith(url)))
