"""References that people read out (`R-000123`) and the threads of the ledger behind them (`referral:123`)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps

from sooner.access.models import RestrictedThread
from sooner.errors import Refused

KINDS = {
    "R": ("referral", "intake.Referral"),
    "I": ("investigation", "investigations.Investigation"),
    "D": ("document", "intake.Document"),
}
REFERENCE = re.compile(r"([A-Z])-?0*([1-9]\d{0,17})")


@dataclass(frozen=True)
class Thread:
    """A compartment: kind and number of the record that gives it its name."""

    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def reference(self) -> str:
        """As people say it."""
        letter = next(letter for letter, (kind, _) in KINDS.items() if kind == self.kind)
        return f"{letter}-{self.id:06}"


def read_reference(text: str) -> Thread:
    """The thread of `R-000123`, `r123` or `referral:123`; Refused when there is no such record."""
    cleaned = text.strip()
    for letter, (kind, _) in KINDS.items():
        cleaned = cleaned.replace(f"{kind}:", f"{letter}-") if cleaned.startswith(f"{kind}:") else cleaned
    found = REFERENCE.fullmatch(cleaned.upper())
    if found is None or found[1] not in KINDS:
        raise Refused("The reference is not understood: write it as R-000123, I-000123 or D-000123.")
    kind, model = KINDS[found[1]]
    # Named, not imported: the rooms above own these tables, and this one asks only whether the number exists.
    if not apps.get_model(model)._default_manager.filter(pk=int(found[2])).exists():
        raise Refused(f"There is no record {text.strip()}. Check the reference.")
    return Thread(kind, int(found[2]))


def parse(thread: str) -> Thread:
    """The thread as kept in a row."""
    kind, _, number = thread.partition(":")
    return Thread(kind, int(number))


def restricted_threads() -> frozenset[str]:
    """All restricted threads; there are few."""
    return frozenset(RestrictedThread.objects.values_list("thread", flat=True))


def is_restricted(thread: str) -> bool:
    """Whether the thread is a restricted compartment."""
    return RestrictedThread.objects.filter(pk=thread).exists()


def mark_restricted(threads: Iterable[str], *, since: datetime) -> None:
    """Make compartments restricted; those that are stay so. Called by the command that restricts their records."""
    RestrictedThread.objects.bulk_create(
        [RestrictedThread(thread=thread, since=since) for thread in threads], ignore_conflicts=True
    )
