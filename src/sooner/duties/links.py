"""Where a duty leads and what the thing it is about is called. Rooms fill in the names, so a list asks once a kind."""

from collections.abc import Callable, Iterable

from django.urls import NoReverseMatch, reverse

from sooner.access.models import User
from sooner.duties.models import Duty

Labels = Callable[[Iterable[int], User], dict[int, str]]
_labels: dict[str, Labels] = {}
PAGES = {
    "child": "child",
    "referral": "referral",
    "document": "document",
    "investigation": "investigation",
    "safeguarding-referral": "safeguarding-referral",
    "strategy-discussion": "strategy-discussion",
    "overt-action": "overt-action",
    "break-glass": "break-glass-review",
    "action": "investigation-action",
    "person": "person",
}


def register_label(kind: str, labels: Labels) -> None:
    """How records of a kind are named to a reader: called once, from a room's apps.py."""
    _labels[kind] = labels


def labels_for(duties: Iterable[Duty], user: User) -> dict[tuple[str, int], str]:
    """A name for what each duty is about, one query a kind."""
    ids: dict[str, set[int]] = {}
    for duty in duties:
        ids.setdefault(duty.subject_kind, set()).add(duty.subject_id)
    named = {
        (kind, pk): f"{kind.replace('-', ' ').capitalize()} {pk}" for kind, pks in ids.items() for pk in pks
    }
    for kind, pks in ids.items():
        if kind in _labels:
            named |= {(kind, pk): label for pk, label in _labels[kind](pks, user).items()}
    return named


def link_of(duty: Duty) -> str:
    """The page of what the duty is about; empty when it has none."""
    name = PAGES.get(duty.subject_kind)
    try:
        return reverse(name, args=[duty.subject_id]) if name else ""
    except NoReverseMatch:
        return ""
