"""Where a duty leads and what the thing it is about is called. Rooms fill in the names, so a list asks once a kind."""

from collections.abc import Callable, Iterable

from django.urls import NoReverseMatch, reverse

from sooner.access.decide import may
from sooner.access.models import User
from sooner.duties.models import Duty

Labels = Callable[[Iterable[int], User], dict[int, str]]
_labels: dict[str, Labels] = {}
PAGES = {
    "child": (("child", "child.view"),),
    "referral": (("referral", "referral.view"),),
    "document": (("document", "document.view"),),
    "investigation": (("investigation", "investigation.view"),),
    "safeguarding-referral": (
        ("inbox-referral", "social-care-inbox.view"),
        ("safeguarding-referral", "safeguarding-referral.view"),
    ),
    "strategy-discussion": (("strategy-discussion", "strategy-discussion.view"),),
    "overt-action": (("overt-action", "strategy-discussion.view"),),
    "break-glass": (("break-glass-review", "break-glass.review"),),
    "action": (("investigation-action", "investigation.view"),),
    "person": (("person", "person.view"),),
}
"""The pages of each kind of record, and the capability that each asks for."""


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


def link_of(duty: Duty, user: User) -> str:
    """The page of what the duty is about that this reader may open; empty when there is none."""
    for name, capability in PAGES.get(duty.subject_kind, ()):
        if may(user, capability):
            try:
                return reverse(name, args=[duty.subject_id])
            except NoReverseMatch:
                return ""
    return ""
